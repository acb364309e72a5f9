"""One supervised process, and the keeper that runs it again whenever it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from machine.listening import listens
from machine.problem import Problem
from machine.processes import die_with_parent, give_way

LOG_LIMIT = 5 * 1024 * 1024
"""Bytes from which a log is put aside (as NAME.log.1) when its child is started."""
PROBE_PAUSE = 0.05
PROBE_LIMIT = 3.0
"""Seconds between two questions whether a child is ready, and for one answer."""
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
"""Seconds before a child that died is started again: doubled each time, back to the first after a good run."""


@dataclass(frozen=True)
class Child:
    """What to run, and how to tell that it answers. `environment` is all the process gets."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    after: frozenset[str] = frozenset()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    user: int | None = None
    group: int | None = None
    directory: Path | None = None
    marker: Path | None = None
    ports: tuple[int, ...] = ()
    patience: float = 60.0
    tries: int = 3
    nice: int = 0

    # `ready`: whether it answers. `ports`: what the process itself must listen on before it is asked.
    # `after`: who must end later than this one. `death_signal`: what it gets if the supervisor is killed.
    # `marker`: a file that the child makes once it is ready; it is removed before each start.
    # `patience`: seconds to become ready in. `tries`: how often a first start that fails is repeated at most.
    # `nice`: by how much it gives way to the others where processors are scarce, from 0 to 19.


class ChildFailed(Problem):
    """A child that never became ready; `tail` is the end of what it wrote."""

    def __init__(self, name: str, why: str, tail: str) -> None:
        self.name = name
        self.tail = tail
        last = tail.strip().splitlines()[-1:] or ["it wrote nothing"]
        super().__init__(f"{name} did not start: {why} ({last[0].strip()[:300]}). See its log in the home's logs/.")

    @property
    def wants_other_port(self) -> bool:
        return "address already in use" in self.tail.lower()


class Keeper:
    """Runs one child until `ending` is set, and then ends it."""

    def __init__(
        self,
        child: Child,
        log: Path,
        ending: asyncio.Event,
        say: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self.child = child
        self._log = log
        self._ending = ending
        self._say = say
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Run the child and return when it is ready. Raises ChildFailed, with nothing left running.

        A server killed a moment ago may leave something that its successor stumbles over once: it is tried again.
        """
        for attempt in range(1, self.child.tries + 1):
            process = await self._spawn()
            try:
                await self._until_ready(process)
                break
            except BaseException as error:
                died = process.returncode is not None
                self.kill()
                await process.wait()
                self._changed()
                fatal = not isinstance(error, ChildFailed) or error.wants_other_port or not died
                if fatal or attempt == self.child.tries or await self._ends_within(FIRST_PAUSE * attempt):
                    raise
        self._keeping = asyncio.create_task(self._keep(process), name=f"keep {self.child.name}")

    async def stop(self, deadline: float) -> None:
        """Ask the child to end, and kill it if it still runs at `deadline` (of the monotonic clock)."""
        process = self._process
        if process is not None and process.returncode is None:
            self._signal(self.child.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), max(0.1, deadline - time.monotonic()))
            except TimeoutError:
                self.kill()
                await process.wait()
        if self._keeping is not None:
            await self._keeping

    def kill(self) -> None:
        """End the child now, and with it what it started."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            status = await process.wait()
            if self._ending.is_set():
                return
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self._say(f"{self.child.name} {_how_it_ended(status)}; it is started again. Its log: {self._log}")
            if await self._ends_within(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            process = await self._again(process)

    async def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        return self._ending.is_set()

    async def _again(self, ended: asyncio.subprocess.Process) -> asyncio.subprocess.Process:
        try:
            process = await self._spawn()
        except OSError as error:
            self._say(f"{self.child.name} cannot be started: {error.strerror}.")
            return ended
        if self._ending.is_set():
            self.kill()
            return process
        try:
            await self._until_ready(process)
            self._say(f"{self.child.name} is back.")
        except Problem:
            # It ended, which `_keep` says, or hangs, and then it must end to be started again.
            self.kill()
        except Exception as error:
            # Whatever a probe stumbles over, the child stays in our care.
            self._say(f"{self.child.name} could not be asked whether it is ready ({error}); it is started again.")
            self.kill()
        return process

    async def _spawn(self) -> asyncio.subprocess.Process:
        if self.child.marker is not None:
            self.child.marker.unlink(missing_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT:
            self._log.replace(self._log.with_name(self._log.name + ".1"))
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_start = os.fstat(descriptor).st_size
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.child.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=dict(self.child.environment),
                cwd=self.child.directory,
                user=self.child.user,
                group=self.child.group,
                extra_groups=None if self.child.user is None else [],
                # A session of its own: Ctrl-C is for the supervisor, which ends the children in order.
                start_new_session=True,
                preexec_fn=die_with_parent(self.child.death_signal),
            )
        finally:
            os.close(descriptor)
        if self.child.nice:
            give_way(self._process.pid, self.child.nice)
        self._changed()
        return self._process

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        ended = asyncio.create_task(process.wait())
        deadline = time.monotonic() + self.child.patience
        try:
            while not await self._answers(process.pid):
                if time.monotonic() > deadline:
                    raise self._failed(f"it did not answer within {self.child.patience:.0f} s")
                if ended in (await asyncio.wait([ended], timeout=PROBE_PAUSE))[0]:
                    raise self._failed(_how_it_ended(ended.result()))
        finally:
            ended.cancel()

    async def _answers(self, pid: int) -> bool:
        if not all(listens(pid, port) for port in self.child.ports):
            return False
        try:
            async with asyncio.timeout(PROBE_LIMIT):
                return await self.child.ready()
        except TimeoutError:
            return False

    def _failed(self, why: str) -> ChildFailed:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            tail = log.read()[-4000:].decode(errors="replace")
        return ChildFailed(self.child.name, why, tail)


def _how_it_ended(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
