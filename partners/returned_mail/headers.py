"""Headers as one line of text, however they are damaged."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

MAX_LENGTH = 5000
"""Letters of a header that are read."""
ADDRESS = re.compile(r"(?<![^\s<>;:,\"()\[\]])[^\s<>;:,\"()\[\]@]{1,64}@[^\s<>;:,\"()\[\]@]{0,250}[^\s<>;:,\"()\[\].@]")


def header(mail: Message, name: str) -> str:
    """Returns a header, named in lower case, on one line. Malformed encoded words, which are frequent, stay as is."""
    written = next((str(value) for key, value in mail.raw_items() if key.lower() == name), "")
    # Bytes that should have been encoded are mostly UTF-8.
    raw = " ".join(written[:MAX_LENGTH].encode(errors="surrogateescape").decode(errors="replace").split())
    try:
        return str(make_header(decode_header(raw)))
    except (ValueError, LookupError, MessageError):
        return raw


def first_address(text: str) -> str | None:
    """Returns the first e-mail address in a text."""
    found = ADDRESS.search(text)
    return found[0] if found else None
