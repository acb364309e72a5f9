"""The components of a system, and how they start side by side.

A component is a name and a way to start it; a new server is one more component in the list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from machine.child import Child, ChildFailed
from machine.home import Addresses, Home
from machine.ports import free_port, save
from machine.problem import MachineProblem
from machine.supervisor import Supervisor

PORT_TRIES = 5


@dataclass(frozen=True)
class ExternalServers:
    """URLs of servers that run elsewhere and are only used; None for those to be started here."""

    database_url: str | None = None
    smtp_url: str | None = None


@dataclass
class Machine:
    """What the components share while they start.

    Each component adds where it answers to `addresses`. `extra` are environment variables for every process of the
    product, besides those that name the servers. `public_url` is where people reach the web, by default this machine.
    """

    home: Home
    supervisor: Supervisor
    ports: dict[str, int]
    time_travel: bool = False
    external: ExternalServers = ExternalServers()
    extra: dict[str, str] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=dict)
    ready: dict[str, asyncio.Event] = field(default_factory=dict)
    public_url: str = ""

    def __post_init__(self) -> None:
        self.public_url = self.public_url or f"http://127.0.0.1:{self.ports.get('web')}"

    @property
    def simulates_partners(self) -> bool:
        """Whether partners are simulated. Never where mail leaves for real: nobody may get mail in their name."""
        return self.extra.get("ONBOARD_STANDINS") != "false" and not self.external.smtp_url

    async def wait_for(self, *components: str) -> None:
        """Wait until these components are ready; ignores those that are not started at all."""
        for name in components:
            if name in self.ready:
                await self.ready[name].wait()

    async def start_child(self, make: Callable[[], Child], ports: Collection[str] = ()) -> None:
        """Start the child that `make` returns; try again with other `ports` (names) if one was taken meanwhile.

        Raises ChildFailed if it does not become ready.
        """
        for _ in range(PORT_TRIES):
            try:
                return await self.supervisor.start(make())
            except ChildFailed as failure:
                if not (ports and failure.port_taken):
                    raise
            self.ports.update({name: free_port() for name in ports})
            save(self.home.ports, self.ports)
        raise MachineProblem(f"No free port was found for {', '.join(ports)}: start again.")


@dataclass(frozen=True)
class Component:
    """One thing to start. `start` prepares, waits for the components that it needs, and returns when it is ready."""

    name: str
    start: Callable[[Machine], Awaitable[None]]


async def start_components(machine: Machine, components: Sequence[Component]) -> None:
    """Start all components side by side, and return when every one is ready.

    Raises the first MachineProblem of a component; the other starts are cancelled then.
    """
    machine.ready.update({component.name: asyncio.Event() for component in components})

    async def start(component: Component) -> None:
        await component.start(machine)
        machine.ready[component.name].set()

    try:
        async with asyncio.TaskGroup() as group:
            for component in components:
                group.create_task(start(component), name=f"start {component.name}")
    except* MachineProblem as problems:
        first: BaseException = problems
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
