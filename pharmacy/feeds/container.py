"""Opens the files of a feed, packed or not, as streams of limited size."""

from __future__ import annotations

import errno
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.file_kinds import SPREADSHEETS, refuse_workbook

MAX_MEMBERS = 20
"""Files that an archive may hold: a feed has three, and some programs add a readme or two."""
TOTAL_LIMIT = 2_000_000_000
"""Bytes that an unpacked feed may have: twenty times the largest practice known."""
RATIO_LIMIT = 100
"""How many times larger than packed a file may be: tables of clients shrink to a fifth or a tenth."""
RATIO_FLOOR = 10_000_000
"""Bytes up to which the ratio does not matter."""

_DAMAGED = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


@dataclass(frozen=True)
class Member:
    """One file of a feed; `path` is the file itself or the archive that has it."""

    name: str
    path: Path
    packing: str

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Opens the unpacked content. Reading raises `InvalidFeed` for a damaged or far too large file."""
        if self.packing == "zip":
            with zipfile.ZipFile(self.path) as archive:
                entry = archive.getinfo(self.name)
                if entry.flag_bits & 1:
                    raise InvalidFeed(f"{self.name} is locked with a password: pack the feed without one.")
                with _damage_refused(self.name):
                    unpacked = archive.open(entry)
                with unpacked:
                    yield _limited(unpacked, self.name, entry.compress_size)
        elif self.packing == "gzip":
            with gzip.open(self.path) as stream:
                yield _limited(stream, self.name, self.path.stat().st_size)
        else:
            with self.path.open("rb") as stream:
                yield stream

    @property
    def title(self) -> str:
        """Returns the name without folders, in lower case."""
        return PurePosixPath(self.name).name.lower()


def list_members(path: Path, name: str) -> list[Member]:
    """Returns the files of the feed at `path`, which is called `name`. Raises `InvalidFeed`."""
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        return [Member(name.removesuffix(".gz"), path, "gzip")]
    if start == b"PK\x03\x04" or start == b"PK\x05\x06":
        with _damage_refused(name), zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        refuse_workbook(name, [entry.filename for entry in entries])
        found = [Member(entry.filename, path, "zip") for entry in entries]
        found = [each for each in found if not each.title.startswith(".") and "__MACOSX" not in each.name]
        if len(found) > MAX_MEMBERS:
            # Each is opened by itself, which takes the longer the more there are.
            raise InvalidFeed(f"{name} holds {len(found):,} files: send clients.csv and patients.csv, or NDJSON.")
        return found
    return [Member(name, path, "plain")]


@contextmanager
def _damage_refused(name: str) -> Iterator[None]:
    """Raises `InvalidFeed` for what damaged archives raise."""
    try:
        yield
    except (*_DAMAGED, OSError) as error:
        # A damaged archive may point before its own start (EINVAL), and bzip2 raises OSError without a number.
        if isinstance(error, OSError) and not isinstance(error, _DAMAGED) and error.errno not in (None, errno.EINVAL):
            raise
        # Python's zip does not know every way of packing.
        how = "packed in an unusual way" if isinstance(error, NotImplementedError) else "damaged"
        instead = "save it as CSV" if name.lower().endswith(SPREADSHEETS) else "send it as a plain zip file"
        raise InvalidFeed(f"{name} is {how} and cannot be opened: {instead}.") from None


def _limited(stream: IO[bytes] | gzip.GzipFile, name: str, packed: int) -> IO[bytes]:
    limited: Any = _LimitedStream(stream, name, packed)
    return io.BufferedReader(limited)


class _LimitedStream(io.RawIOBase):
    """A stream that stops at the limit while it is unpacked: the sizes that an archive states may be false."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, name: str, packed: int) -> None:
        self._stream = stream
        self._name = name
        self._limit = min(TOTAL_LIMIT, max(RATIO_FLOOR, packed * RATIO_LIMIT))
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        with _damage_refused(self._name):
            content = self._stream.read(len(buffer))
        self._size += len(content)
        if self._size > self._limit:
            raise InvalidFeed(
                f"{self._name} unpacks to more than {self._limit // 1_000_000} MB, which no list of clients does: "
                "nothing was imported; send it unpacked if it is right."
            )
        buffer[: len(content)] = content
        return len(content)
