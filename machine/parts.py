"""What a system consists of, and in which order it starts.

A part is a name and how to start it; a further server is one more part in the list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from machine.child import Child, ChildFailed
from machine.home import Addresses, Home
from machine.ports import any_free, remember
from machine.problem import Problem
from machine.supervisor import Supervisor

PORT_TRIES = 5


@dataclass(frozen=True)
class Elsewhere:
    """Servers that are only used, because they run elsewhere; None for those to be started here."""

    database_url: str | None = None
    smtp_url: str | None = None


@dataclass
class Machine:
    """What parts share while they start: each adds where it answers to `addresses`.

    `extra` are variables for every process of the product, besides those that name the servers. `public_url` is where
    people reach the web: this machine's own address unless another is given.
    """

    home: Home
    supervisor: Supervisor
    ports: dict[str, int]
    time_travel: bool = False
    elsewhere: Elsewhere = Elsewhere()
    extra: dict[str, str] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=dict)
    ready: dict[str, asyncio.Event] = field(default_factory=dict)
    public_url: str = ""

    def __post_init__(self) -> None:
        self.public_url = self.public_url or f"http://127.0.0.1:{self.ports.get('web')}"

    async def wait_for(self, *parts: str) -> None:
        """Wait until these parts are ready; those that are not to be started are not missed."""
        for name in parts:
            if name in self.ready:
                await self.ready[name].wait()

    async def start_child(self, make: Callable[[], Child], ports: Collection[str] = ()) -> None:
        """Start the child that `make` makes; again with other `ports` (names) if one was taken meanwhile.

        Raises ChildFailed if it does not become ready.
        """
        for _ in range(PORT_TRIES):
            try:
                return await self.supervisor.start(make())
            except ChildFailed as failure:
                if not (ports and failure.wants_other_port):
                    raise
            self.ports.update({name: any_free() for name in ports})
            remember(self.home.ports, self.ports)
        raise Problem(f"No free port was found for {', '.join(ports)}: start again.")


@dataclass(frozen=True)
class Part:
    """One thing to start. `start` prepares what it can, waits for the parts it needs, and returns when it is ready."""

    name: str
    start: Callable[[Machine], Awaitable[None]]


async def start_all(machine: Machine, parts: Sequence[Part]) -> None:
    """Start all parts side by side, and return when every one is ready.

    Raises the first Problem that a part meets; the others are given up then.
    """
    machine.ready.update({part.name: asyncio.Event() for part in parts})

    async def start(part: Part) -> None:
        await part.start(machine)
        machine.ready[part.name].set()

    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(start(part), name=f"start {part.name}")
    except* Problem as problems:
        first: BaseException = problems
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
