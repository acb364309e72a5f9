"""Searching on more than one core: helper processes, each with the existing clients, take turns at portions of a file.

A helper is `python -m pharmacy.merge.processes`. It reads people, as JSON, from its standard input, writes what it
found to its standard output, and ends when the input is closed: so none is left behind by a parent that was killed.
People are passed on as they came from the database, because to read them is a good part of the work.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import BinaryIO, Protocol

from pharmacy.merge.people import read_written
from pharmacy.merge.search import Found, Search

_SIZE = 8
"""Bytes that tell how long a value is."""


class SearchEnded(Exception):
    """A helper process ended before its work was done; whoever searches begins anew."""


class Searcher(Protocol):
    async def find(self, imported: Sequence[str]) -> Found:
        """Whom of the existing clients each of these may be; they are written as `read_written` reads them."""


class _Thread:
    """Searches in this process, beside the loop."""

    def __init__(self, search: Search) -> None:
        self._search = search

    async def find(self, imported: Sequence[str]) -> Found:
        return await asyncio.to_thread(lambda: self._search.find(read_written(imported)))


class _Helper:
    """Searches in a process of its own."""

    def __init__(self, process: Process) -> None:
        assert process.stdin and process.stdout
        self._process, self._out, self._in = process, process.stdin, process.stdout

    async def find(self, imported: Sequence[str]) -> Found:
        await self.send(_framed(json.dumps(imported).encode()))
        with _ended():
            size = int.from_bytes(await self._in.readexactly(_SIZE), "big")
            found: Found = pickle.loads(await self._in.readexactly(size))  # noqa: S301 - from our own child
        return found

    async def send(self, data: bytes) -> None:
        with _ended():
            self._out.write(data)
            await self._out.drain()

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@contextmanager
def _ended() -> Iterator[None]:
    try:
        yield
    except (ConnectionError, EOFError) as error:
        raise SearchEnded("A process that compares clients ended before its time: is memory short?") from error


@asynccontextmanager
async def searching(
    existing: Sequence[str],
    different: Collection[tuple[str, str]],
    merged: Collection[tuple[str, str]],
    processes: int,
) -> AsyncIterator[list[Searcher]]:
    """A `Search` in as many processes, each for one portion at a time; with less than two, one in this process.

    Whoever waits for a helper that dies gets `SearchEnded`.
    """
    if processes < 2:
        yield [_Thread(await asyncio.to_thread(lambda: Search(read_written(existing), different)))]
        return
    helpers: list[_Helper] = []
    try:
        for _ in range(processes):
            # In a session of its own: who interrupts the worker at the keyboard interrupts the worker alone.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
            helpers.append(_Helper(process))
        begun = _framed(json.dumps((existing, list(different), list(merged))).encode())
        await asyncio.gather(*(helper.send(begun) for helper in helpers))
        yield list(helpers)
    finally:
        for helper in helpers:
            await helper.end()


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_SIZE, "big") + data


def _serve(source: BinaryIO, target: BinaryIO) -> None:
    begun = _following(source)
    if not begun:
        return
    existing, *pairs = json.loads(begun)
    different, merged = ({(one, other) for one, other in each} for each in pairs)
    search = Search(read_written(existing), different, merged)
    while imported := _following(source):
        found = search.find(read_written(json.loads(imported)))
        target.write(_framed(pickle.dumps(found, pickle.HIGHEST_PROTOCOL)))
        target.flush()


def _following(source: BinaryIO) -> bytes:
    """What was sent next; nothing if whoever sends is gone, in the middle of it or before."""
    size = int.from_bytes(source.read(_SIZE), "big")
    data = source.read(size)
    return data if len(data) == size else b""


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
