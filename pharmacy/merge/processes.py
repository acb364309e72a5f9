"""Searches candidates in helper processes, each of which has all existing clients and takes portions of a file.

A helper is `python -m pharmacy.merge.processes`. It reads people as JSON from standard input, writes candidates to
standard output, and ends when the input is closed, also by a parent that was killed. Several searches share the
helpers: each has a number, which every message begins with. The parent does not parse the database's JSON, because
parsing is a good part of the work.
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
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO, Protocol

from pharmacy.merge.candidates import Candidates, CandidateSearch
from pharmacy.merge.people import people_from_json, people_of

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


class _Helper:
    """A process, which answers one search after the other."""

    def __init__(self, process: Process) -> None:
        assert process.stdin and process.stdout
        self._process, self._out, self._in = process, process.stdin, process.stdout
        self._answering = asyncio.Lock()

    async def ask(self, message: str) -> Candidates:
        async with self._answering:
            try:
                await self.send(message)
                with _raises_helper_died():
                    size = int.from_bytes(await self._in.readexactly(_SIZE), "big")
                    answer = await self._in.readexactly(size)
            except BaseException:
                # An answer that is not read to its end would be taken for that of the next search.
                await self.end()
                raise
        candidates: Candidates = pickle.loads(answer)  # noqa: S301 - from our own child
        return candidates

    async def send(self, message: str) -> None:
        with _raises_helper_died():
            self._out.write(_with_length(message.encode()))
            await self._out.drain()

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@dataclass(frozen=True)
class _ProcessSearcher:
    helper: _Helper
    number: int

    async def find(self, imported: Sequence[str]) -> Candidates:
        return await self.helper.ask(f"[{self.number}, [{','.join(imported)}]]")


@contextmanager
def _raises_helper_died() -> Iterator[None]:
    try:
        yield
    except (ConnectionError, EOFError) as error:
        raise HelperDied("A process that compares clients ended before its time: is memory short?") from error


class Helpers:
    """Processes that are started when they are first needed, for all who search at the same time."""

    def __init__(self) -> None:
        self._helpers: list[_Helper] = []
        self._starting = asyncio.Lock()
        self._numbers = count()

    @asynccontextmanager
    async def searchers(
        self,
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
        number, helpers = next(self._numbers), await self._started(processes)
        pairs = (json.dumps(list(each)) for each in (different, merged))
        await _send(helpers, f"[{number}, [{','.join(existing)}], {', '.join(pairs)}]")
        yield [_ProcessSearcher(helper, number) for helper in helpers]
        # Who needs a helper that has died since, is told.
        with suppress(HelperDied):
            await _send(helpers, f"[{number}]")

    async def _started(self, processes: int) -> list[_Helper]:
        async with self._starting:
            while len(self._helpers) < processes:
                # In a session of its own, so that Ctrl+C reaches the worker only.
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, start_new_session=True
                )
                self._helpers.append(_Helper(process))
        return self._helpers[:processes]

    async def end(self) -> None:
        for helper in self._helpers:
            await helper.end()


@asynccontextmanager
async def helper_processes() -> AsyncIterator[Helpers]:
    """Yields helpers, which end with the block."""
    helpers = Helpers()
    try:
        yield helpers
    finally:
        await helpers.end()


async def _send(helpers: Sequence[_Helper], message: str) -> None:
    await asyncio.gather(*(helper.send(message) for helper in helpers))


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(_SIZE, "big") + data


def _serve(source: BinaryIO, target: BinaryIO) -> None:
    # Nothing here refers to itself, and looking for what does took a sixth of the time.
    gc.disable()
    searches: dict[int, CandidateSearch] = {}
    while message := _read_message(source):
        match json.loads(message):
            case [number, existing, different, merged]:
                searches[number] = CandidateSearch(people_of(existing), *map(_pairs, (different, merged)))
            case [number, imported]:
                candidates = searches[number].find(people_of(imported))
                target.write(_with_length(pickle.dumps(candidates, pickle.HIGHEST_PROTOCOL)))
                target.flush()
            case [number]:
                del searches[number]


def _pairs(pairs: list[list[str]]) -> set[tuple[str, str]]:
    return {(one, other) for one, other in pairs}


def _read_message(source: BinaryIO) -> bytes:
    """Returns the next message; empty if the sender is gone, even in the middle of one."""
    size = int.from_bytes(source.read(_SIZE), "big")
    data = source.read(size)
    return data if len(data) == size else b""


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
