"""Bringing a practice's feed into the database. Every step goes on where it was interrupted, and none acts twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.records import apply, feed_progress, feeds, linking, plausibility, staging
from playbooks.engine.onboarding import Receipt, Report
from workflows.import_contracts import ImportOrder, ImportQueue, ImportRuling, ImportStep

BEAT = 5.0
"""Seconds between two signs of life."""
PATIENCE = timedelta(seconds=15)


@dataclass(frozen=True)
class FeedImport:
    database: AsyncEngine

    @property
    def all(self) -> tuple[Callable[..., Any], ...]:
        return self.next, self.read, self.check, self.rule, self.apply, self.link, self.tell

    @activity.defn(name="next_feed")
    async def next(self, queue: ImportQueue) -> ImportOrder | None:
        """The practice's first feed that is not over."""
        number = await feeds.first_unfinished(self.database, queue.practice)
        return None if number is None else ImportOrder(practice=queue.practice, number=number)

    @activity.defn(name="read_feed")
    async def read(self, order: ImportOrder) -> ImportStep:
        """Reads the feed and lays ready what is new in it."""
        return await self._step(
            order, lambda beat: staging.stage_feed(self.database, order.practice, order.number, beat)
        )

    @activity.defn(name="check_feed")
    async def check(self, order: ImportOrder) -> ImportStep:
        """Stops what a person should see first."""
        return await self._step(
            order, lambda _: plausibility.check_plausibility(self.database, order.practice, order.number)
        )

    @activity.defn(name="rule_feed")
    async def rule(self, ruling: ImportRuling) -> ImportStep:
        """Writes down what a person decided."""
        order, decision = ruling.order, ruling.decision
        if decision.approve:
            await feeds.approve_feed(self.database, order.practice, order.number, decision.by, decision.why)
        else:
            await feeds.refuse_feed(self.database, order.practice, order.number, decision.why, decision.by)
        return await self._stands(order)

    @activity.defn(name="apply_feed")
    async def apply(self, order: ImportOrder) -> ImportStep:
        """Brings in what was laid ready."""
        return await self._step(order, lambda beat: apply.apply_feed(self.database, order.practice, order.number, beat))

    @activity.defn(name="link_feed")
    async def link(self, order: ImportOrder) -> ImportStep:
        """Finds the feed's clients among the home-delivery clients (DP9), and ends the feed."""
        return await self._step(order, lambda _: linking.link_feed(self.database, order.practice, order.number))

    @activity.defn(name="tell_onboarding")
    async def tell(self, order: ImportOrder) -> ImportStep:
        """Records in the practice's open onboarding that its data are here (DP6). Once told, again is nothing new."""
        clients, patients = await feed_progress.count_records(self.database, order.practice)
        for fact in ("data_received", "import_completed"):
            report = Report(
                data={"clients": clients, "patients": patients},
                by=f"feed {order.number}",
                key=f"feed-{order.number} {fact}",
            )
            await _record(order.practice, fact, report)
        feed = await feed_progress.load_feed(self.database, order.practice, order.number)
        changed_at = feed.made_at if feed.staged_clients or feed.staged_patients else None
        return ImportStep(state=feed.state, clients=clients, patients=patients, changed_at=changed_at)

    async def _step(self, order: ImportOrder, work: Callable[[Callable[..., None]], Awaitable[Any]]) -> ImportStep:
        async with _beating() as beat:
            try:
                await work(beat)
            except InvalidFeed as problem:
                await feeds.refuse_feed(self.database, order.practice, order.number, str(problem))
        return await self._stands(order)

    async def _stands(self, order: ImportOrder) -> ImportStep:
        feed = await feed_progress.load_feed(self.database, order.practice, order.number)
        return ImportStep(state=feed.state, why=feed.why or "")


async def _record(practice: str, fact: str, report: Report) -> None:
    """Reports a fact to the onboarding, if there is an open one that does not know it yet."""
    handle = activity.client().get_workflow_handle(f"datapoint/{practice}")
    try:
        await handle.execute_update(fact, report, id=f"{fact} {report.key}", result_type=Receipt, rpc_timeout=PATIENCE)
    except WorkflowUpdateFailedError as failure:
        if not (isinstance(failure.cause, ApplicationError) and failure.cause.type == "Refused"):
            raise
        activity.logger.info("The onboarding of %s did not take %s: %s", practice, fact, failure.cause.message)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


@asynccontextmanager
async def _beating() -> AsyncIterator[Callable[..., None]]:
    """Tells Temporal that somebody is at it, and how far, for as long as the block runs."""
    last: tuple[Any, ...] = ()

    def beat(*progress: Any) -> None:
        nonlocal last
        last = progress
        activity.heartbeat(*progress)

    async def keep() -> None:
        while True:
            activity.heartbeat(*last)
            await asyncio.sleep(BEAT)

    task = asyncio.create_task(keep())
    try:
        yield beat
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
