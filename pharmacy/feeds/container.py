"""A feed's files, whatever they are packed in: each opened as a stream, and none allowed to burst."""

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
from typing import IO, Any, Protocol

from pharmacy.feeds.problem import FeedProblem

TOTAL_LIMIT = 2_000_000_000
"""Bytes that a feed may have once it is unpacked: twenty times the largest practice known."""
RATIO_LIMIT = 100
"""How many times larger than packed: tables of clients shrink to a fifth or a tenth, never to a hundredth."""
RATIO_FROM = 10_000_000
"""Below this size the ratio does not matter."""

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
    """One file of a feed; `path` is where it lies or the archive that holds it."""

    name: str
    path: Path
    packing: str

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Its content as it is unpacked. Reading raises `FeedProblem` for what is damaged or far too large."""
        if self.packing == "zip":
            with zipfile.ZipFile(self.path) as archive:
                entry = archive.getinfo(self.name)
                if entry.flag_bits & 1:
                    raise FeedProblem(f"{self.name} is locked with a password: pack the feed without one.")
                with _unpacking(self.name):
                    unpacked = archive.open(entry)
                with unpacked:
                    yield _guarded(unpacked, self.name, entry.compress_size)
        elif self.packing == "gzip":
            with gzip.open(self.path) as stream:
                yield _guarded(stream, self.name, self.path.stat().st_size)
        else:
            with self.path.open("rb") as stream:
                yield stream

    @property
    def title(self) -> str:
        """The name without folders, in lower case."""
        return PurePosixPath(self.name).name.lower()


def members(path: Path, name: str) -> list[Member]:
    """The files that the feed at `path`, called `name`, is made of. Raises `FeedProblem`."""
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        return [Member(name.removesuffix(".gz"), path, "gzip")]
    if start == b"PK\x03\x04" or start == b"PK\x05\x06":
        with _unpacking(name), zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        found = [Member(entry.filename, path, "zip") for entry in entries]
        return [each for each in found if not each.title.startswith(".") and "__MACOSX" not in each.name]
    return [Member(name, path, "plain")]


@contextmanager
def _unpacking(name: str) -> Iterator[None]:
    """Tells what is damaged as a `FeedProblem`."""
    try:
        yield
    except (*_DAMAGED, OSError) as error:
        # A damaged archive, too, points before its own start, and what unpacks bzip2 raises one without a number.
        if isinstance(error, OSError) and not isinstance(error, _DAMAGED) and error.errno not in (None, errno.EINVAL):
            raise
        raise FeedProblem(f"{name} is damaged ({error}): pack and send it again.") from None


class Readable(Protocol):
    """What is being unpacked."""

    def read(self, size: int, /) -> bytes: ...


def _guarded(stream: Readable, name: str, packed: int) -> IO[bytes]:
    watched: Any = _Guarded(stream, name, packed)
    return io.BufferedReader(watched)


class _Guarded(io.RawIOBase):
    """A stream that is being unpacked, watched while it grows: what an archive says of itself is not believed."""

    def __init__(self, stream: Readable, name: str, packed: int) -> None:
        self._stream = stream
        self._name = name
        self._limit = min(TOTAL_LIMIT, max(RATIO_FROM, packed * RATIO_LIMIT))
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        with _unpacking(self._name):
            content = self._stream.read(len(buffer))
        self._size += len(content)
        if self._size > self._limit:
            raise FeedProblem(
                f"{self._name} unpacks to more than {self._limit // 1_000_000} MB, which no list of clients does: "
                "nothing was imported; send it unpacked if it is right."
            )
        buffer[: len(content)] = content
        return len(content)
