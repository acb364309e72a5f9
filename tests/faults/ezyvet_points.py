"""The steps of a write to ezyVet at which a worker can be killed: each holds one prescription's write just there.

A step is reached by what can be seen from outside: a lock that the worker waits for, a call that the simulator has
received, what the worker has recorded. `check` fails unless all are still there.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.faults.cluster import Cluster
from tests.system.harness import eventually
from tests.system.prescribing import EzyvetPractice

BEGINS, RECORDS, CALLS = "INSERT INTO ezyvet_attempts%", "UPDATE ezyvet_attempts%", "SELECT ezyvet_sites.key, %"
"""What the worker waits for: to record that it begins, to record the answer, the credentials for its call."""
Check = Callable[[], Awaitable[bool]]


@dataclass
class Points:
    """Holds writes of one kind. `act` reports what makes the product write; `done` tells whether ezyVet did it."""

    cluster: Cluster
    live: EzyvetPractice
    method: str
    act: Callable[[str], Awaitable[Any]]
    done: Callable[[dict[str, Any]], bool]
    checks: dict[str, list[Check]] = field(default_factory=dict)
    locks: list[psycopg.AsyncConnection] = field(default_factory=list)
    finish: Callable[[], Awaitable[None]] | None = None

    async def hold(self, ids: Iterator[str]) -> list[str]:
        """Holds one write at each step; returns the prescriptions, in the order of the steps."""
        # Those first that can be held for long; ezyVet's answer is waited for only so long.
        long = (self.before_the_mark, self.before_the_call, self.before_the_answer_is_recorded)
        short = (self.before_it_is_accepted, self.while_it_is_accepted, self.before_the_answer)
        held = []
        for step in (*long, *short, self.before_the_workflow_knows):
            held.append(next(ids))
            await step(held[-1])
        assert self.finish
        await self.finish()
        return held

    async def before_the_mark(self, id: str) -> None:
        await self._lock_mark(id)
        await self.act(id)
        await self._reached("before the mark", self._waits(BEGINS))

    async def before_the_call(self, id: str) -> None:
        """The mark is there. What stops this call stops all others as well, so `finish` holds it at last."""
        waiting = await self._count(BEGINS)
        mark = await self._lock_mark(id)
        await self.act(id)
        await eventually(lambda: self._count(BEGINS), lambda count: count > waiting)

        async def finish() -> None:
            received = await self._received()
            sites = await self._connect()
            await sites.execute("LOCK TABLE ezyvet_sites IN ACCESS EXCLUSIVE MODE")
            await mark.rollback()

            async def not_received() -> bool:
                return await self._received() == received

            await self._reached("before the call", self._marked(id, "sent"), self._waits(CALLS), not_received)

        self.finish = finish

    async def before_it_is_accepted(self, id: str) -> None:
        """ezyVet has received it, and never does it."""
        await self._send(id, {"do": "hold"}, {"do": "cut"})
        await self._reached("before it is accepted", self._marked(id, "sent"), self._not_done(id))

    async def while_it_is_accepted(self, id: str) -> None:
        """ezyVet has received it, and does it when the worker is dead."""
        await self._send(id, {"do": "hold"})
        await self._reached("while it is accepted", self._marked(id, "sent"), self._not_done(id))

    async def before_the_answer(self, id: str) -> None:
        """ezyVet has done it."""
        await self._send(id, {"do": "hold", "when": "after"})
        await self._reached("before the answer", self._marked(id, "sent"), self._is_done(id))

    async def before_the_answer_is_recorded(self, id: str) -> None:
        await self._send(id, {"do": "slow", "when": "after", "seconds": 1.5})
        mark = await self._connect()
        await mark.execute("SELECT 1 FROM ezyvet_attempts WHERE prescription = %s FOR UPDATE", [id])
        name = "before the answer is recorded"
        await self._reached(name, self._marked(id, "sent"), self._is_done(id), self._waits(RECORDS))

    async def before_the_workflow_knows(self, id: str) -> None:
        """The answer is recorded. Temporal is stopped, so nothing can begin after this."""
        await self._send(id, {"do": "slow", "when": "after", "seconds": 1.5})
        self.cluster.signal("temporal", signal.SIGSTOP)
        assert await self._marked(id, "sent")(), "Temporal was to be stopped before the answer came"
        await self._reached("before the workflow knows", self._marked(id, "known"), self._is_done(id))

    async def check(self) -> None:
        """Fails unless each write is where it was held."""
        for name, checks in self.checks.items():
            assert all(await asyncio.gather(*(check() for check in checks))), f"the write went on: {name}"

    async def let_go(self) -> None:
        """Ends what waits for a lock, as who waits is dead, and lets everything else go on."""
        self.cluster.signal("temporal", signal.SIGCONT)
        async with await psycopg.AsyncConnection.connect(self.cluster.database, autocommit=True) as connection:
            for query in (BEGINS, RECORDS, CALLS):
                await connection.execute(f"SELECT pg_terminate_backend(pid) {_WAITING}", [query])
        for lock in self.locks:
            await lock.close()
        (await self.live.ezyvet.http.post("/control/release")).raise_for_status()

    async def _send(self, id: str, *faults: dict[str, Any]) -> None:
        received = await self._received()
        for fault in faults:
            await self.live.break_next({**fault, "endpoint": "externalprescription", "method": self.method})
        await self.act(id)
        await eventually(self._received, lambda count: count == received + 1)
        if any(fault.get("when") == "after" for fault in faults):
            await eventually(self._is_done(id), bool)

    async def _reached(self, name: str, *checks: Check) -> None:
        for check in checks:
            await eventually(check, bool)
        self.checks[name] = list(checks)

    async def _lock_mark(self, id: str) -> psycopg.AsyncConnection:
        lock = await self._connect()
        found = await lock.execute("SELECT 1 FROM ezyvet_attempts WHERE prescription = %s FOR UPDATE", [id])
        if await found.fetchone() is None:
            new = "INSERT INTO ezyvet_attempts (prescription, asked_at, state) VALUES (%s, now(), 'sent')"
            await lock.execute(new, [id])
        return lock

    async def _connect(self) -> psycopg.AsyncConnection:
        connection = await psycopg.AsyncConnection.connect(self.cluster.database)
        self.locks.append(connection)
        return connection

    async def _count(self, query: str) -> int:
        async with await psycopg.AsyncConnection.connect(self.cluster.database, autocommit=True) as connection:
            return len(await (await connection.execute(f"SELECT pid {_WAITING}", [query])).fetchall())

    def _waits(self, query: str) -> Check:
        async def waits() -> bool:
            return await self._count(query) > 0

        return waits

    def _marked(self, id: str, state: str) -> Check:
        async def marked() -> bool:
            async with await psycopg.AsyncConnection.connect(self.cluster.database, autocommit=True) as connection:
                rows = await connection.execute("SELECT state FROM ezyvet_attempts WHERE prescription = %s", [id])
                return await rows.fetchone() == (state,)

        return marked

    def _is_done(self, id: str) -> Check:
        async def is_done() -> bool:
            return any(each["external_reference"] == id and self.done(each) for each in await self.live.held())

        return is_done

    def _not_done(self, id: str) -> Check:
        async def not_done() -> bool:
            return not await self._is_done(id)()

        return not_done

    async def _received(self) -> int:
        calls = await self.live.ezyvet.calls(self.live.site["uid"], endpoint="externalprescription", method=self.method)
        return len(calls)


_WAITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"


@asynccontextmanager
async def holding(points: Points) -> AsyncIterator[Points]:
    """Lets everything go in the end, whatever happens."""
    stack = AsyncExitStack()
    async with stack:
        stack.push_async_callback(points.let_go)
        yield points
