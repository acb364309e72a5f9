"""Detects the encoding of a feed from all of its text, before the first row is read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from pharmacy.feeds.container import TOTAL_LIMIT, Member
from pharmacy.feeds.errors import InvalidFeed

CHUNK_BYTES = 1 << 20
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextFormat:
    """The encoding by Python's name, and the number of lines."""

    encoding: str
    lines: int


def detect_format(member: Member) -> TextFormat:
    """Reads the whole file once. Raises `InvalidFeed` if it is far too large."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, is_utf8, lines, size = "", True, 0, 0
    with member.open() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if not size:
                marked = (found for mark, found in _BYTE_ORDER_MARKS if chunk.startswith(mark))
                encoding = next(marked, "") or _by_nulls(chunk)
            size += len(chunk)
            if size > TOTAL_LIMIT:
                raise InvalidFeed(f"{member.name} is larger than {TOTAL_LIMIT // 1_000_000} MB: split it by patients.")
            lines += chunk.count(b"\n") or chunk.count(b"\r")
            if is_utf8 and not encoding:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
    if encoding:
        return TextFormat(encoding, lines)
    return TextFormat("utf-8" if is_utf8 else "cp1252", lines)


def _by_nulls(start: bytes) -> str:
    """Recognizes UTF-16 without a byte order mark: in Western text nearly every second byte is zero."""
    sample = start[: len(start) // 2 * 2][:4096]
    if not sample:
        return ""
    even, odd = sample[::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else ""
