"""Where a search finds its words: hits at the start of a word first, those inside words only if there are no others.

"Erin" means Erin Shaw; "Veterinary" is meant only if nobody is called so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Hit = Callable[[str, str], bool]
"""Whether a word hits a text."""


def start_pattern(word: str) -> str:
    """Returns a pattern, for Python and for PostgreSQL, of this word at the start of a word; both ignore case.

    What has no letter, such as a part of a telephone number, begins anywhere.
    """
    anywhere = not any(map(str.isalpha, word))
    return ("" if anywhere else r"(?:^|\W|_)") + re.escape(word)


def is_inside(word: str, text: str) -> bool:
    """Returns whether the text has the word anywhere."""
    return word.casefold() in text.casefold()


def is_start(word: str, text: str) -> bool:
    """Returns whether a word in the text begins so."""
    return re.search(start_pattern(word), text, re.IGNORECASE) is not None


HITS: tuple[Hit, ...] = (is_start, is_inside)
"""Each is asked only where those before it find nothing."""
