"""Imports a practice's feed into the database. Each step continues where it was interrupted, and is idempotent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.heartbeats import heartbeats
from integrations.registry import BRINGS_DATA, CLINIC_DATA, FEED
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.records import feed_progress, feeds, linking, plausibility, staging
from playbooks.engine.onboarding import Receipt, Report
from workflows.import_contracts import ImportOrder, ImportQueue, ImportRuling, ImportStep
from workflows.refusals import refusal_in

UPDATE_TIMEOUT = timedelta(seconds=15)


@dataclass(frozen=True)
class FeedImport:
    database: AsyncEngine

    @property
    def all(self) -> tuple[Callable[..., Any], ...]:
        return self.next, self.read, self.check, self.decide, self.apply, self.link, self.report

    @activity.defn(name="next_feed")
    async def next(self, queue: ImportQueue) -> ImportOrder | None:
        """The practice's first unfinished feed; None if all are finished."""
        number = await feeds.first_unfinished(self.database, queue.practice)
        return None if number is None else ImportOrder(practice=queue.practice, number=number)

    @activity.defn(name="read_feed")
    async def read(self, order: ImportOrder) -> ImportStep:
        """Reads the feed and stages what is new in it."""
        return await self._step(
            order, lambda heartbeat: staging.stage_feed(self.database, order.practice, order.number, heartbeat)
        )

    @activity.defn(name="check_feed")
    async def check(self, order: ImportOrder) -> ImportStep:
        """Stops a feed that a person should approve first."""
        return await self._step(
            order, lambda _: plausibility.check_plausibility(self.database, order.practice, order.number)
        )

    @activity.defn(name="rule_feed")
    async def decide(self, ruling: ImportRuling) -> ImportStep:
        """Records a person's decision: to approve the feed or to refuse it."""
        order, decision = ruling.order, ruling.decision
        if decision.approve:
            await feeds.approve_feed(self.database, order.practice, order.number, decision.by, decision.why)
        else:
            await feeds.refuse_feed(self.database, order.practice, order.number, decision.why, decision.by)
        return await self._state(order)

    @activity.defn(name="apply_feed")
    async def apply(self, order: ImportOrder) -> ImportStep:
        """Applies what was staged, links its clients to home-delivery clients (DP9), and finishes the feed."""
        return await self._step(
            order, lambda heartbeat: linking.apply_and_link(self.database, order.practice, order.number, heartbeat)
        )

    @activity.defn(name="link_feed")
    async def link(self, order: ImportOrder) -> ImportStep:
        """Does what `apply` has left: older versions of it linked nothing."""
        return await self.apply(order)

    @activity.defn(name="tell_onboarding")
    async def report(self, order: ImportOrder) -> ImportStep:
        """Reports to the practice's open onboarding that its data have arrived (DP6). Idempotent."""
        clients, patients = await feed_progress.count_records(self.database, order.practice)
        for fact in CLINIC_DATA.facts:
            report = Report(
                data={"clients": clients, "patients": patients},
                by=f"feed {order.number}",
                key=f"feed-{order.number} {fact}",
            )
            await _record(order.practice, fact, report)
        feed = await feed_progress.load_feed(self.database, order.practice, order.number)
        changed_at = feed.made_at if feed.staged_clients or feed.staged_patients else None
        return ImportStep(
            state=feed.state,
            clients=clients,
            patients=patients,
            changed_at=changed_at,
            watch=f"{FEED.prefix}/{order.practice}",
        )

    async def _step(self, order: ImportOrder, work: Callable[[Callable[..., None]], Awaitable[Any]]) -> ImportStep:
        async with heartbeats() as heartbeat:
            try:
                await work(heartbeat)
            except InvalidFeed as problem:
                await feeds.refuse_feed(self.database, order.practice, order.number, str(problem))
        return await self._state(order)

    async def _state(self, order: ImportOrder) -> ImportStep:
        feed = await feed_progress.load_feed(self.database, order.practice, order.number)
        return ImportStep(state=feed.state, why=feed.why or "")


async def _record(practice: str, fact: str, report: Report) -> None:
    """Reports a fact to the practice's open onboarding, if there is one; a refusal is only logged."""
    handle = activity.client().get_workflow_handle(BRINGS_DATA.onboarding(practice))
    try:
        await handle.execute_update(fact, report, result_type=Receipt, rpc_timeout=UPDATE_TIMEOUT)
    except WorkflowUpdateFailedError as failure:
        if not (refusal := refusal_in(failure.cause)):
            raise
        activity.logger.info("The onboarding of %s did not take %s: %s", practice, fact, refusal)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
