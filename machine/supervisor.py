"""Children that are kept running: started when they can, restarted when they die, ended together.

    async with Supervisor(home.logs, home.run / "children.json", print) as supervisor:
        await supervisor.start(Child("mailbox", command, ready=answers))
        ...

What is left of an earlier supervisor is ended first, so that nobody holds a port, a lock or a file.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from machine import processes
from machine.child import Child, ChildFailed, Keeper

ENDING_SECONDS = 9.0
"""How long all children together may take to end after they were asked to; then they are killed."""


class Supervisor:
    """Starts children and keeps them running until the block is left.

    `say` gets one sentence when a child dies or is back. Nothing here sleeps for a guessed time: a start ends
    when the child's own probe answers, an end when its process is gone.
    """

    def __init__(self, logs: Path, list_of_children: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._list = list_of_children
        self._say = say
        self._keepers: dict[str, Keeper] = {}
        self._ending = asyncio.Event()

    async def __aenter__(self) -> Supervisor:
        left = await asyncio.to_thread(processes.end_leftovers, self._list)
        if left:
            self._say(f"Ended what an earlier start left running ({left}).")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second Ctrl-C cancels the wait below; the children must be gone all the same.
        try:
            await self.stop()
        finally:
            for keeper in self._keepers.values():
                keeper.kill()
            self._list.unlink(missing_ok=True)

    async def start(self, child: Child) -> None:
        """Start a child and return once it is ready; from then on it is restarted whenever it ends.

        Raises ChildFailed if it ends, or is silent for `child.patience` seconds, before it was ever ready;
        nothing of it is left then.
        """
        if self._ending.is_set():
            raise ChildFailed(child.name, "everything is being ended", "")
        keeper = Keeper(child, self._logs / f"{child.name}.log", self._ending, self._say, self._remember)
        self._keepers[child.name] = keeper
        try:
            await keeper.start()
        except ChildFailed:
            del self._keepers[child.name]
            raise

    async def stop(self) -> None:
        """End all children: first those that need others, side by side where they do not need each other."""
        self._ending.set()
        deadline = time.monotonic() + ENDING_SECONDS
        left = dict(self._keepers)
        while left:
            needed = {name for keeper in left.values() for name in keeper.child.after}
            # A circle would be a mistake in the parts; it is no reason to leave anything running.
            now = [name for name in left if name not in needed] or list(left)
            await asyncio.gather(*(left.pop(name).stop(deadline) for name in now))

    def pids(self) -> dict[str, int]:
        """The process id of each child that runs now."""
        return {name: keeper.pid for name, keeper in self._keepers.items() if keeper.pid is not None}

    def _remember(self) -> None:
        running = (
            processes.Identity.of(keeper.pid, keeper.child.stop_signal)
            for keeper in self._keepers.values()
            if keeper.pid is not None
        )
        processes.remember(self._list, [identity for identity in running if identity])
