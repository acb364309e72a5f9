"""Detects the encoding of a feed from all of its text, before the first row is read, and mends text encoded twice."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from pharmacy.feeds.container import TOTAL_LIMIT, Member
from pharmacy.feeds.errors import InvalidFeed

CHUNK_BYTES = 1 << 20
LOST = "\ufffd"
"""Stands for bytes that are no letter."""
UNKNOWN = "ascii"
"""An encoding that was not recognized: only plain letters are read, the others are lost."""
STRAYS = "single bytes of Windows-1252"
"""The error handler that reads each byte that is not UTF-8 as Windows-1252."""
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII = bytes(range(128))
_UTF8_LETTER = re.compile(rb"[\xc2-\xc9][\x80-\xbf]")
_UTF8_SHARE = 0.1
"""Lines with valid UTF-8, in times of those without, from which on the file is UTF-8."""
_STRANGE = re.compile(
    rb"[a-z][\x8a\x8c\x8e\x9f\xc0-\xde]|[\x81\x8d\x8f\x90\x9d]"
    rb"|[A-Za-z][\x82-\x84\x86-\x89\x8b\x98\x9b\xa1-\xa9\xac\xaf-\xb3\xb5\xb6\xb8\xb9\xbc-\xbf]"
)
"""Bytes that, read as Windows-1252, would be a capital or a sign within a word."""
_STRANGE_SHARE = 0.2
_TWICE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€]")


@dataclass(frozen=True)
class TextFormat:
    """The encoding by Python's name, and the number of lines. `strays` are the first lines with bytes of another."""

    encoding: str
    lines: int
    strays: tuple[int, ...] = ()

    @property
    def errors(self) -> str:
        return STRAYS if self.strays else "replace"


def detect_format(member: Member) -> TextFormat:
    """Reads the whole file, twice if it is not UTF-8. Raises `InvalidFeed` if it is far too large."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, is_utf8, lines, size = "", True, 0, 0
    with member.open() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if not size:
                encoding = encoding_by_start(chunk)
            size += len(chunk)
            if size > TOTAL_LIMIT:
                raise InvalidFeed(f"{member.name} is larger than {TOTAL_LIMIT // 1_000_000} MB: split it by patients.")
            lines += chunk.count(b"\n") or chunk.count(b"\r")
            if is_utf8 and encoding in ("", "utf-8-sig"):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
    return TextFormat(encoding or "utf-8", lines) if is_utf8 else _detect_without_utf8(member, encoding, lines)


def _detect_without_utf8(member: Member, marked: str, lines: int) -> TextFormat:
    """Returns whether a file is UTF-8 but for some lines, Windows-1252, or neither."""
    good = bad = high = strange = number = 0
    strays: list[int] = []
    with member.open() as stream:
        while line := stream.readline(CHUNK_BYTES):
            number += 1
            if line.isascii():
                continue
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
                good += bool(_UTF8_LETTER.search(line))
                high += len(line.translate(None, _ASCII))
                strange += len(_STRANGE.findall(line))
                if len(strays) < 3:
                    strays.append(number)
    if marked or good > _UTF8_SHARE * bad:
        return TextFormat(marked or "utf-8", lines, tuple(strays))
    return TextFormat(UNKNOWN if strange > _STRANGE_SHARE * high else "cp1252", lines)


def encoding_by_start(start: bytes) -> str:
    """Returns the encoding that the beginning of a file tells, empty if it tells none."""
    marked = (found for mark, found in _BYTE_ORDER_MARKS if start.startswith(mark))
    return next(marked, "") or _by_nulls(start)


def _by_nulls(start: bytes) -> str:
    """Recognizes UTF-16 without a byte order mark: in Western text nearly every second byte is zero."""
    sample = start[: len(start) // 2 * 2][:4096]
    if not sample:
        return ""
    even, odd = sample[::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else ""


def is_encoded_twice(text: str) -> bool:
    """Returns whether a text looks as if UTF-8 had been taken for Windows-1252, as `JosÃ©`."""
    return bool(_TWICE.search(text))


def decode_again(text: str) -> str:
    """Returns the text with the words mended that were encoded twice or three times; others stay as they are."""
    return re.sub(r"\S+", lambda word: _decode_word(word[0]), text)


def _decode_word(word: str) -> str:
    for _ in range(2):
        try:
            word = b"".join(_bytes_of(letter) for letter in word).decode()
        except UnicodeError:
            break
    return word


def _bytes_of(letter: str) -> bytes:
    # Windows-1252 leaves five bytes open, which programs read as control characters.
    return bytes([ord(letter)]) if ord(letter) < 0xA0 else letter.encode("cp1252")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(STRAYS, _as_windows)
