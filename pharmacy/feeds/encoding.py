"""How a feed's text is written: found out from all of it, before the first row is taken."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from pharmacy.feeds.container import TOTAL_LIMIT, Member
from pharmacy.feeds.problem import FeedProblem

CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252"}


@dataclass(frozen=True)
class Writing:
    """The encoding by Python's name, and how many lines there are."""

    encoding: str
    lines: int

    @property
    def name(self) -> str:
        return NAMES.get(self.encoding, "UTF-16")


def writing(member: Member) -> Writing:
    """Reads all of a file once. Raises `FeedProblem` if it is no text, or far too large."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, is_utf8, lines, size = "", True, 0, 0
    with member.opened() as stream:
        while chunk := stream.read(CHUNK):
            if not size:
                encoding = _by_mark(chunk) or _by_nulls(chunk)
            size += len(chunk)
            if size > TOTAL_LIMIT:
                raise FeedProblem(f"{member.name} is larger than {TOTAL_LIMIT // 1_000_000} MB: split it by patients.")
            lines += chunk.count(b"\n") or chunk.count(b"\r")
            if is_utf8 and not encoding:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
    if encoding:
        return Writing(encoding, lines)
    return Writing("utf-8" if is_utf8 else "cp1252", lines)


def _by_mark(start: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "")


def _by_nulls(start: bytes) -> str:
    """UTF-16 without a mark: nearly every second byte of a table in Western letters is zero."""
    sample = start[: len(start) // 2 * 2][:4096]
    if not sample:
        return ""
    even, odd = sample[::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else ""
