"""Searches candidates in helper processes, each of which has all existing clients and takes portions of a file.

A helper is `python -m pharmacy.merge.processes`. It reads people as JSON from standard input, writes candidates to
standard output, and ends when the input is closed, also by a parent that was killed. Several searches share the
helpers, and may share what is read of a file: each has a number. The parent does not parse the database's JSON, because
parsing is a good part of the work.
"""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from itertools import count
from typing import BinaryIO, Protocol

from pharmacy.merge.candidates import Candidates, CandidateSearch, find_together
from pharmacy.merge.people import people_of

_SIZE = 8
"""Bytes of the length that precedes each message."""
_PORTIONS = 2
"""What a helper has at a time: the next portion is there when it has done with one."""

Searches = dict[int, CandidateSearch]


class HelperDied(Exception):
    """A helper process ended before its work was done; the search can be repeated."""


class _Helper(Protocol):
    async def tell(self, message: str) -> None:
        """Has a search begun or ended."""

    async def ask(self, message: str) -> list[Candidates]:
        """Returns what is found in a portion, by each search that is asked."""

    async def end(self) -> None: ...


class _Here:
    """Searches in this process."""

    def __init__(self) -> None:
        self._searches: Searches = {}

    async def tell(self, message: str) -> None:
        await self.ask(message)

    async def ask(self, message: str) -> list[Candidates]:
        return await asyncio.to_thread(_answer, self._searches, message) or []

    async def end(self) -> None:
        self._searches.clear()


class _InProcess:
    """Searches in a process, which answers one portion after the other."""

    def __init__(self, process: Process) -> None:
        assert process.stdin and process.stdout
        self._process, self._out, self._in = process, process.stdin, process.stdout
        self._answering = asyncio.Lock()

    async def tell(self, message: str) -> None:
        with _raises_helper_died():
            self._out.write(_with_length(message.encode()))
            await self._out.drain()

    async def ask(self, message: str) -> list[Candidates]:
        try:
            # Answers come in the order of the questions. Nobody waits until a question is taken: the helper may be
            # writing an answer, and would wait for whoever reads it.
            self._out.write(_with_length(message.encode()))
            async with self._answering:
                with _raises_helper_died():
                    size = int.from_bytes(await self._in.readexactly(_SIZE), "big")
                    answer = await self._in.readexactly(size)
        except BaseException:
            # An answer that is not read to its end would be taken for that of the next question.
            await self.end()
            raise
        found: list[Candidates] = pickle.loads(answer)  # noqa: S301 - from our own child
        return found

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


class Helpers:
    """As many processes as given, started when they are first needed; this process, if it is fewer than two."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._helpers: list[_Helper] = []
        self._starting = asyncio.Lock()
        self._numbers = count()

    @asynccontextmanager
    async def search(
        self,
        existing: Sequence[str],
        different: Collection[tuple[str, str]],
        merged: Collection[tuple[str, str]] = (),
        wanted: Collection[str] | None = None,
    ) -> AsyncIterator[int]:
        """Yields the number of a search among these clients, each given as `people_of` takes it, in JSON.

        The rest is that of `CandidateSearch`. Raises `HelperDied` if a process ends early, as `find` does.
        """
        number, helpers = next(self._numbers), await self._started()
        rest = (json.dumps(None if each is None else list(each)) for each in (different, merged, wanted))
        await _tell(helpers, f"[{number}, [{','.join(existing)}], {', '.join(rest)}]")
        yield number
        # Who needs a helper that has died since, is told.
        with suppress(HelperDied):
            await _tell(helpers, f"[{number}]")

    async def find(self, searches: Sequence[int], chunks: AsyncGenerator[Sequence[str]]) -> list[Candidates]:
        """Returns what each search finds in all chunks, which are fetched only as fast as they are searched.

        However it ends, it closes `chunks`: they may come from a cursor of the database.
        """
        if not searches:
            return []
        free, busy = (await self._started()) * _PORTIONS, dict[asyncio.Task[list[Candidates]], _Helper]()
        tasks: list[asyncio.Task[list[Candidates]]] = []
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    if not free:
                        done, _ = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
                        for task in done:
                            task.result()
                            free.append(busy.pop(task))
                    helper = free.pop()
                    tasks.append(asyncio.create_task(helper.ask(f"[{list(searches)}, [{','.join(chunk)}]]")))
                    busy[tasks[-1]] = helper
            candidates = [Candidates() for _ in searches]
            for task in tasks:
                for one, part in zip(candidates, await task, strict=True):
                    one.add(part)
            return candidates
        finally:
            for task in tasks:
                task.cancel()

    async def _started(self) -> list[_Helper]:
        async with self._starting:
            if not self._helpers and self._processes < 2:
                self._helpers.append(_Here())
            while len(self._helpers) < self._processes:
                # In a session of its own, so that Ctrl+C reaches the worker only.
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, start_new_session=True
                )
                self._helpers.append(_InProcess(process))
        return self._helpers

    async def end(self) -> None:
        for helper in self._helpers:
            await helper.end()


@asynccontextmanager
async def helper_processes(processes: int = 0) -> AsyncIterator[Helpers]:
    """Yields helpers, which end with the block."""
    helpers = Helpers(processes)
    try:
        yield helpers
    finally:
        await helpers.end()


async def _tell(helpers: Sequence[_Helper], message: str) -> None:
    await asyncio.gather(*(helper.tell(message) for helper in helpers))


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(_SIZE, "big") + data


def _serve(source: BinaryIO, target: BinaryIO) -> None:
    # Nothing here refers to itself, and looking for what does took a sixth of the time.
    gc.disable()
    searches: Searches = {}
    while message := _read_message(source):
        if (found := _answer(searches, message)) is not None:
            target.write(_with_length(pickle.dumps(found, pickle.HIGHEST_PROTOCOL)))
            target.flush()


def _answer(searches: Searches, message: str | bytes) -> list[Candidates] | None:
    """Begins or ends a search, or returns what some of them find in a portion."""
    match json.loads(message):
        case [number, existing, different, merged, wanted]:
            those = None if wanted is None else frozenset(wanted)
            searches[number] = CandidateSearch(people_of(existing), _pairs(different), _pairs(merged), those)
        case [[*numbers], imported]:
            return find_together([searches[number] for number in numbers], people_of(imported))
        case [number]:
            del searches[number]
    return None


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
