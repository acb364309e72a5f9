"""What a supervised process is, and how it is started, restarted and stopped."""

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
from machine.problem import MachineProblem
from machine.processes import die_with_parent, lower_priority

LOG_LIMIT = 5 * 1024 * 1024
"""Bytes. A larger log is renamed to NAME.log.1 when its child is started."""
PROBE_INTERVAL = 0.05
PROBE_TIMEOUT = 3.0
"""Seconds between two readiness probes, and for one probe to answer."""
FIRST_BACKOFF = 0.2
MAX_BACKOFF = 10.0
"""Seconds before a child that died is restarted: doubled each time, back to the first after a run of MAX_BACKOFF."""


async def always_ready() -> bool:
    """The probe of a child that is ready as soon as it listens on its `ports`."""
    return True


@dataclass(frozen=True)
class Child:
    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]] = always_ready
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The whole environment of the process."""
    depends_on: frozenset[str] = frozenset()
    """The names of children that are stopped only after this one."""
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """What it gets if the supervisor is killed."""
    user: int | None = None
    group: int | None = None
    directory: Path | None = None
    marker: Path | None = None
    """A file that the child creates once it is ready; removed before each start."""
    ports: tuple[int, ...] = ()
    """What the process itself must listen on before `ready` is asked."""
    start_timeout: float = 180.0
    """Seconds to become ready in."""
    start_attempts: int = 3
    """How often the first start is tried, if the child dies."""
    nice: int = 0
    """Its niceness, from 0 to 19: how far it yields to other processes where processors are scarce."""


class ChildFailed(MachineProblem):
    """A child did not become ready; `tail` is the end of its output."""

    def __init__(self, name: str, why: str, tail: str) -> None:
        self.name = name
        self.tail = tail
        last = tail.strip().splitlines()[-1:] or ["it wrote nothing"]
        super().__init__(f"{name} did not start: {why} ({last[0].strip()[:300]}). See its log in the home's logs/.")

    @property
    def port_taken(self) -> bool:
        return "address already in use" in self.tail.lower()


class SupervisedProcess:
    """Runs one child, and restarts it whenever it ends, until `stopping` is set."""

    def __init__(
        self,
        child: Child,
        log: Path,
        stopping: asyncio.Event,
        report: Callable[[str], None],
        on_change: Callable[[], None],
    ) -> None:
        self.child = child
        self._log = log
        self._stopping = stopping
        self._report = report
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Run the child and return when it is ready. Raises ChildFailed, with nothing left running.

        A child that dies is tried again, `start_attempts` times in all: what a server killed just before left behind
        can make its successor fail once.
        """
        for attempt in range(1, self.child.start_attempts + 1):
            process = await self._spawn()
            try:
                await self._wait_until_ready(process)
                break
            except BaseException as error:
                died = process.returncode is not None
                self.kill()
                await process.wait()
                self._on_change()
                fatal = not isinstance(error, ChildFailed) or error.port_taken or not died
                last = attempt == self.child.start_attempts
                if fatal or last or await self._stopping_within(FIRST_BACKOFF * attempt):
                    raise
        self._restarting = asyncio.create_task(self._restart_forever(process), name=f"restart {self.child.name}")

    async def stop(self, deadline: float) -> None:
        """Ask the child to end; kill it if it still runs at `deadline` (of the monotonic clock)."""
        process = self._process
        if process is not None and process.returncode is None:
            self._signal(self.child.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), max(0.1, deadline - time.monotonic()))
            except TimeoutError:
                self.kill()
                await process.wait()
        if self._restarting is not None:
            await self._restarting

    def kill(self) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _restart_forever(self, process: asyncio.subprocess.Process) -> None:
        backoff = FIRST_BACKOFF
        while True:
            started = time.monotonic()
            status = await process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > MAX_BACKOFF:
                backoff = FIRST_BACKOFF
            self._report(f"{self.child.name} {_exit_reason(status)}; it is started again. Its log: {self._log}")
            if await self._stopping_within(backoff):
                return
            backoff = min(2 * backoff, MAX_BACKOFF)
            process = await self._restart(process)

    async def _stopping_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self._stopping.is_set()

    async def _restart(self, ended: asyncio.subprocess.Process) -> asyncio.subprocess.Process:
        try:
            process = await self._spawn()
        except OSError as error:
            self._report(f"{self.child.name} cannot be started: {error.strerror}.")
            return ended
        if self._stopping.is_set():
            self.kill()
            return process
        try:
            await self._wait_until_ready(process)
            self._report(f"{self.child.name} is back.")
        except MachineProblem:
            # It ended, which `_restart_forever` reports, or it hangs and must be killed to be restarted.
            self.kill()
        except Exception as error:
            # Whatever a probe raises, the child stays supervised.
            self._report(f"{self.child.name} could not be asked whether it is ready ({error}); it is started again.")
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
                # A session of its own: only the supervisor gets Ctrl-C, and stops the children in order.
                start_new_session=True,
                preexec_fn=die_with_parent(self.child.death_signal),
            )
        finally:
            os.close(descriptor)
        if self.child.nice:
            lower_priority(self._process.pid, self.child.nice)
        self._on_change()
        return self._process

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        ended = asyncio.create_task(process.wait())
        deadline = time.monotonic() + self.child.start_timeout
        try:
            while not await self._is_ready(process.pid):
                if time.monotonic() > deadline:
                    raise self._failed(f"it did not answer within {self.child.start_timeout:.0f} s")
                if ended in (await asyncio.wait([ended], timeout=PROBE_INTERVAL))[0]:
                    raise self._failed(_exit_reason(ended.result()))
        finally:
            ended.cancel()

    async def _is_ready(self, pid: int) -> bool:
        if not all(listens(pid, port) for port in self.child.ports):
            return False
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                return await self.child.ready()
        except TimeoutError:
            return False

    def _failed(self, why: str) -> ChildFailed:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            tail = log.read()[-4000:].decode(errors="replace")
        return ChildFailed(self.child.name, why, tail)


def _exit_reason(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
