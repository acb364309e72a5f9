"""What is probably on record already, when somebody adds it: it is shown, and they choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pharmacy.sharing.taking import Suggestion

KNOWN = "One like this is on record already: look at what is listed at the form, or press Add anyway."


class Known(NamedTuple):
    """Something on record: its name, the address of its page, and what else one knows it by."""

    name: str
    address: str
    details: str


class AlreadyKnown(Exception):
    """Nothing was added, since what is `found`, or `offered` by a sister clinic, may be the same."""

    def __init__(self, found: Sequence[Known], offered: Sequence[Suggestion] = ()) -> None:
        super().__init__(KNOWN)
        self.found = list(found)
        self.offered = list(offered)
