"""A connected practice's feed, watched for as long as the practice stays: the durable shell around `feed_watch`.

Signs of life arrive as signals, people's decisions as updates. One timer runs, and the history is renewed when it has
grown, so that nothing accumulates over the years.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from playbooks.engine.onboarding import Entry, Handover
    from playbooks.engine.transition import Refused
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
    from workflows.contracts import Calendars, FeedNews, FeedStart, Places, Silence
    from workflows.effects import ONCE, PATIENT, PROMPT, signal
    from workflows.feed_visibility import details, is_news, row, search_attributes
    from workflows.reconnection import open_reconnection, reported
    from workflows.refusals import failure_of
    from workflows.visibility import cut


@workflow.defn(name="FeedWatch")
class FeedWatchWorkflow:
    """One practice's feed (DP10)."""

    @workflow.init
    def __init__(self, start: FeedStart) -> None:
        self.start = start
        self.effects: list[FeedEffect] = []
        self.written: FeedRow | None = None
        self.marked: str | None = None
        self.alarm: asyncio.Task[None] | None = None
        self.alarm_at: datetime | None = None
        self.awake = self.renew = False
        if start.carried is not None:
            self.watch = start.carried
        else:
            run = workflow.info().first_execution_run_id
            self._take(watch.begin(start.handover, run, workflow.now()))

    @workflow.run
    async def run(self, start: FeedStart) -> str:
        while True:
            self._set_alarm()
            if self.awake:
                self.awake = False
                self._take(watch.wake(self.watch, workflow.now()))
            elif self._has_news():
                await self._act()
            elif self.watch.ended:
                break
            elif self._should_renew():
                await self._continue_as_new()
            else:
                await workflow.wait_condition(self._has_work)
        await workflow.wait_condition(workflow.all_handlers_finished)
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

    @workflow.update
    def paused(self, given: Order) -> FeedReceipt:
        """A person pauses the watch, as while a clinic is rebuilt."""
        return self._carry_out("paused", given)

    @workflow.update
    def resumed(self, given: Order) -> FeedReceipt:
        """A person ends a pause; silence counts anew."""
        return self._carry_out("resumed", given)

    @workflow.update
    def contact(self, given: Order) -> FeedReceipt:
        """A person says who is asked when the connection is lost."""
        return self._carry_out("contact", given)

    @workflow.update
    def ended(self, given: Order) -> FeedReceipt:
        """The practice leaves."""
        return self._carry_out("ended", given)

    @paused.validator
    def _may_pause(self, given: Order) -> None:
        self._try("paused", given)

    @resumed.validator
    def _may_resume(self, given: Order) -> None:
        self._try("resumed", given)

    @contact.validator
    def _may_change_contact(self, given: Order) -> None:
        self._try("contact", given)

    @ended.validator
    def _may_end(self, given: Order) -> None:
        self._try("ended", given)

    def _carry_out(self, name: str, given: Order) -> FeedReceipt:
        step, receipt = self._try(name, given)
        self._take(step)
        return receipt

    def _try(self, name: str, given: Order) -> tuple[Step, FeedReceipt]:
        try:
            return order(self.watch, name, given, workflow.now())
        except Refused as refusal:
            raise failure_of(refusal) from None

    def _take(self, step: Step) -> None:
        self.watch = step.watch
        self.effects.extend(step.effects)

    def _has_work(self) -> bool:
        return self.awake or self._has_news() or self._rings_too_late() or self._should_renew()

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
        summary = what or f"Feed: {self.watch.state}"
        try:
            await workflow.execute_local_activity(
                "write_feed", news, start_to_close_timeout=PROMPT, retry_policy=ONCE, summary=summary
            )
        except FailureError:
            await workflow.execute_activity(
                "write_feed",
                news,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=PATIENT,
                summary=summary,
            )

    async def _ask(self, effect: Ask) -> None:
        evidence = await workflow.execute_activity(
            "feed_evidence",
            Silence(practice=self.watch.subject.practice.id, since=effect.since),
            result_type=Evidence,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
            summary="Silence: is it our own?",
        )
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
        known = await workflow.execute_activity(
            "compute_calendars",
            Places(team=subject.team_calendar, practice=subject.practice_calendar, first_day=workflow.now()),
            result_type=Calendars,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
            summary="Holidays of the next two years",
        )
        self._take(watch.refreshed(self.watch, known.team, known.practice, workflow.now()))

    def _rings_too_late(self) -> bool:
        at = watch.next_wakeup(self.watch)
        return at is not None and (self.alarm_at is None or at < self.alarm_at)

    def _set_alarm(self) -> None:
        """One timer. One that rings too early stays: each heartbeat moves the time on, and would leave two events."""
        at = watch.next_wakeup(self.watch)
        if at is None or self.awake or not self._rings_too_late():
            return
        if self.alarm is not None:
            self.alarm.cancel()
        self.alarm_at = at
        self.alarm = asyncio.create_task(self._ring(at))

    async def _ring(self, at: datetime) -> None:
        # Rounded up: a timer that fires a moment early would only be set again.
        seconds = max(1, -((workflow.now() - at) // timedelta(seconds=1)))
        await workflow.sleep(timedelta(seconds=seconds), summary="Until the feed is looked at again")
        self.alarm, self.alarm_at, self.awake = None, None, True

    def _should_renew(self) -> bool:
        info, limit = workflow.info(), self.start.history_limit
        return self.renew or info.is_continue_as_new_suggested() or info.get_current_history_length() > limit

    async def _continue_as_new(self) -> None:
        """Goes on in a fresh history, with the same value."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._has_news():
            workflow.continue_as_new(self.start.model_copy(update={"carried": self.watch}))
