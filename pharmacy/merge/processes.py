"""Searches candidates in helper processes, each of which has all existing clients and takes portions of a file.

A helper is `python -m pharmacy.merge.processes`. It reads people as JSON from standard input, writes candidates to
standard output, and ends when the input is closed, also by a parent that was killed. The parent does not parse the
database's JSON, because parsing is a good part of the work.
"""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import BinaryIO, Protocol

from pharmacy.merge.candidates import Candidates, CandidateSearch
from pharmacy.merge.people import people_from_json

_SIZE = 8
"""Bytes of the length that precedes each message."""


class HelperDied(Exception):
    """A helper process ended before its work was done; the search can be repeated."""


class Searcher(Protocol):
    async def find(self, imported: Sequence[str]) -> Candidates:
        """Returns the candidates of these imported clients, given as `people_from_json` takes them."""


class _ThreadSearcher:
    def __init__(self, search: CandidateSearch) -> None:
        self._search = search

    async def find(self, imported: Sequence[str]) -> Candidates:
        return await asyncio.to_thread(lambda: self._search.find(people_from_json(imported)))


class _ProcessSearcher:
    def __init__(self, process: Process) -> None:
        assert process.stdin and process.stdout
        self._process, self._out, self._in = process, process.stdin, process.stdout

    async def find(self, imported: Sequence[str]) -> Candidates:
        await self.send(_with_length(json.dumps(imported).encode()))
        with _raises_helper_died():
            size = int.from_bytes(await self._in.readexactly(_SIZE), "big")
            candidates: Candidates = pickle.loads(await self._in.readexactly(size))  # noqa: S301 - from our own child
        return candidates

    async def send(self, data: bytes) -> None:
        with _raises_helper_died():
            self._out.write(data)
            await self._out.drain()

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@contextmanager
def _raises_helper_died() -> Iterator[None]:
    try:
        yield
    except (ConnectionError, EOFError) as error:
        raise HelperDied("A process that compares clients ended before its time: is memory short?") from error


@asynccontextmanager
async def candidate_searchers(
    existing: Sequence[str],
    different: Collection[tuple[str, str]],
    merged: Collection[tuple[str, str]],
    processes: int,
) -> AsyncIterator[list[Searcher]]:
    """Yields a searcher for each process, each for one portion at a time; with fewer than two, one in this process.

    `find` raises `HelperDied` if its process ends early.
    """
    if processes < 2:
        search = await asyncio.to_thread(lambda: CandidateSearch(people_from_json(existing), different, merged))
        yield [_ThreadSearcher(search)]
        return
    helpers: list[_ProcessSearcher] = []
    try:
        for _ in range(processes):
            # In a session of its own, so that Ctrl+C reaches the worker only.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
            helpers.append(_ProcessSearcher(process))
        setup = _with_length(json.dumps((existing, list(different), list(merged))).encode())
        await asyncio.gather(*(helper.send(setup) for helper in helpers))
        yield list(helpers)
    finally:
        for helper in helpers:
            await helper.end()


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(_SIZE, "big") + data


def _serve(source: BinaryIO, target: BinaryIO) -> None:
    setup = _read_message(source)
    if not setup:
        return
    # Nothing here refers to itself, and looking for what does took a sixth of the time.
    gc.disable()
    existing, *pairs = json.loads(setup)
    different, merged = ({(one, other) for one, other in each} for each in pairs)
    search = CandidateSearch(people_from_json(existing), different, merged)
    while imported := _read_message(source):
        candidates = search.find(people_from_json(json.loads(imported)))
        target.write(_with_length(pickle.dumps(candidates, pickle.HIGHEST_PROTOCOL)))
        target.flush()


def _read_message(source: BinaryIO) -> bytes:
    """Returns the next message; empty if the sender is gone, even in the middle of one."""
    size = int.from_bytes(source.read(_SIZE), "big")
    data = source.read(size)
    return data if len(data) == size else b""


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
