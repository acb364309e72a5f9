"""A connected practice's feed, watched for as long as the practice stays: the durable shell around `feed_watch`.

Signs of life arrive as signals, people's decisions as updates. One timer runs, and the history is renewed when it has
grown, so that nothing accumulates over the years.
"""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from playbooks.engine.onboarding import Entry, Handover
    from playbooks.feed_watch import watch
    from playbooks.feed_watch.model import Reconnection
    from playbooks.feed_watch.orders import order
    from playbooks.feed_watch.values import (
        Ask,
        Evidence,
        FeedEffect,
        FeedReceipt,
        FeedRow,
        Heartbeat,
        Order,
        Reconnect,
        Records,
        Refresh,
        Step,
        Tell,
        Watch,
    )
    from playbooks.registry import feed_watched_as
    from workflows.contracts import FeedNews, FeedStart, Silence
    from workflows.effects import answered, calendars, signal, write
    from workflows.entity import Entity, read
    from workflows.feed_visibility import details, is_news, row, search_attributes
    from workflows.reconnection import open_reconnection, reported
    from workflows.visibility import cut


@workflow.defn(name="FeedWatch")
class FeedWatchWorkflow(Entity):
    """One practice's feed (DP10)."""

    @workflow.init
    def __init__(self, start: FeedStart) -> None:
        self.start = start
        self.effects: list[FeedEffect] = []
        self.written: FeedRow | None = None
        self.marked: str | None = None
        if start.carried is not None:
            self.watch = start.carried
        else:
            run = workflow.info().first_execution_run_id
            self._take(watch.begin(start.handover, run, workflow.now()))

    @workflow.run
    async def run(self, start: FeedStart) -> str:
        await self.live()
        return self.watch.state

    @workflow.query
    def state(self) -> Watch:
        """Everything that is known of the feed."""
        return self.watch

    @workflow.signal
    def heartbeat(self, sign: Heartbeat) -> None:
        """The agent was seen."""
        self._take(watch.heard(self.watch, sign, workflow.now()))

    @workflow.signal
    def records(self, sign: Records) -> None:
        """A feed arrived."""
        self._take(watch.heard(self.watch, sign, workflow.now()))

    @workflow.signal
    def introduced(self, handover: Handover) -> None:
        """An onboarding or a reconnection of the practice has ended; its contacts are the present ones."""
        self._take(watch.introduce(self.watch, handover, workflow.now()))

    def _decide(self, name: str, given: RawValue) -> tuple[Step, FeedReceipt]:
        return order(self.watch, name, read(given, Order), workflow.now())

    def _carry_out(self, decision: tuple[Step, FeedReceipt]) -> FeedReceipt:
        step, receipt = decision
        self._take(step)
        return receipt

    def _take(self, step: Step) -> None:
        self.watch = step.watch
        self.effects.extend(step.effects)

    def _is_over(self) -> bool:
        return self.watch.ended is not None and not self._has_news()

    def _wake(self) -> None:
        self._take(watch.wake(self.watch, workflow.now()))

    def _has_work(self) -> bool:
        return super()._has_work() or self._rings_too_late()

    def _has_news(self) -> bool:
        return bool(self.effects) or self.written is None or is_news(self.written, row(self.watch))

    async def _act(self) -> None:
        """Writes down how it stands, and has done what follows."""
        effects, self.effects = self.effects, []
        self._mark()
        await self._write([effect for effect in effects if isinstance(effect, Entry)])
        for effect in effects:
            if isinstance(effect, Ask):
                await self._ask(effect)
            elif isinstance(effect, Reconnect):
                await self._reconnect(effect)
            elif isinstance(effect, Tell):
                await signal(self._reconnection, "report", reported(self._rules, effect))
            elif isinstance(effect, Refresh):
                await self._refresh()

    def _mark(self) -> None:
        """Keeps what Temporal shows in step: state and practice, and the story in a few words."""
        if self.marked != self.watch.state:
            self.marked = self.watch.state
            workflow.upsert_search_attributes(search_attributes(self._prefix, self.watch))
        workflow.set_current_details(details(self.watch))

    async def _write(self, lines: list[Entry]) -> None:
        self.written = row(self.watch)
        news, what = FeedNews(row=self.written, lines=tuple(lines)), cut("; ".join(line.text for line in lines))
        await write("write_feed", news, what or f"Feed: {self.watch.state}")

    async def _ask(self, effect: Ask) -> None:
        silence = Silence(practice=self.watch.subject.practice.id, since=effect.since)
        evidence = await answered("feed_evidence", silence, Evidence, "Silence: is it our own?")
        self._take(watch.answered(self.watch, evidence, workflow.now()))

    async def _reconnect(self, effect: Reconnect) -> None:
        """Opens a reconnection, apart from this workflow's own life. There is at most one open at a time."""
        try:
            await open_reconnection(self._rules, self._reconnection, self.watch, effect.lost)
        except WorkflowAlreadyStartedError:
            workflow.logger.info("a reconnection is open already")
        # Without it as a child, this workflow's clock can be moved on.
        self.renew = True

    @property
    def _rules(self) -> Reconnection:
        return feed_watched_as(self._prefix).reconnection

    @property
    def _prefix(self) -> str:
        return workflow.info().workflow_id.partition("/")[0]

    @property
    def _reconnection(self) -> str:
        return f"{self._rules.playbook}/{self.watch.subject.practice.id}"

    async def _refresh(self) -> None:
        subject = self.watch.subject
        known = await calendars(subject.team_calendar, subject.practice_calendar)
        self._take(watch.refreshed(self.watch, known.team, known.practice, workflow.now()))

    def _rings_too_late(self) -> bool:
        at = watch.next_wakeup(self.watch)
        return at is not None and (self.alarm_at is None or at < self.alarm_at)

    def _set_alarm(self) -> None:
        """One timer. One that rings too early stays: each heartbeat moves the time on, and would leave two events."""
        if self._rings_too_late():
            self._ring_at(watch.next_wakeup(self.watch), "Until the feed is looked at again")

    def _carried(self) -> dict[str, Any]:
        return {"carried": self.watch}
