"""Supervises child processes: starts them, restarts those that die, and stops all together.

    async with Supervisor(home.logs, home.run / "children.json", print) as supervisor:
        await supervisor.start(Child("mailbox", command, ready=answers))
        ...

First stops what an earlier supervisor left running, so that it holds no port, lock or file.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from machine import processes
from machine.child import Child, ChildFailed, SupervisedProcess

STOP_TIMEOUT = 9.0
"""Seconds in which all children together must end once they are asked to; then they are killed."""


class Supervisor:
    """Starts children and keeps them running until the block ends.

    `report` gets one sentence when a child dies or is back. `child_list` is the file that names the running children.
    """

    def __init__(self, logs: Path, child_list: Path, report: Callable[[str], None]) -> None:
        self._logs = logs
        self._child_list = child_list
        self._report = report
        self._children: dict[str, SupervisedProcess] = {}
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Supervisor:
        stopped = await asyncio.to_thread(processes.stop_leftovers, self._child_list)
        if stopped:
            self._report(f"Ended what an earlier start left running ({stopped}).")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second Ctrl-C cancels the wait below; the children must end nevertheless.
        try:
            await self.stop()
        finally:
            for child in self._children.values():
                child.kill()
            self._child_list.unlink(missing_ok=True)

    async def start(self, child: Child) -> None:
        """Start a child and return once it is ready; from then on restart it whenever it ends.

        Raises ChildFailed if it ends, or does not answer for `child.start_timeout` seconds, before it was ever ready;
        nothing of it is left running then.
        """
        if self._stopping.is_set():
            raise ChildFailed(child.name, "everything is being ended", "")
        log = self._logs / f"{child.name}.log"
        process = SupervisedProcess(child, log, self._stopping, self._report, self._save_child_list)
        self._children[child.name] = process
        try:
            await process.start()
        except ChildFailed:
            del self._children[child.name]
            raise

    async def stop(self) -> None:
        """Stop all children: dependents before what they depend on, otherwise side by side."""
        self._stopping.set()
        deadline = time.monotonic() + STOP_TIMEOUT
        left = dict(self._children)
        while left:
            needed = {name for process in left.values() for name in process.child.depends_on}
            # A circle would be a defect of the components, but no reason to leave anything running.
            now = [name for name in left if name not in needed] or list(left)
            await asyncio.gather(*(left.pop(name).stop(deadline) for name in now))

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._children.items() if process.pid is not None}

    def _save_child_list(self) -> None:
        running = (
            processes.ProcessIdentity.of(process.pid, process.child.stop_signal)
            for process in self._children.values()
            if process.pid is not None
        )
        processes.save(self._child_list, [identity for identity in running if identity])
