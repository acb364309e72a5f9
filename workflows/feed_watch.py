"""The workflow around `playbooks.feed_watch`: watches a connected practice's feed until the practice leaves (DP10).

Heartbeats and feeds arrive as signals, people's orders as updates.
"""

from __future__ import annotations

import asyncio
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
        Evidence,
        FeedEffect,
        FeedReceipt,
        FeedRow,
        GatherEvidence,
        Heartbeat,
        OpenReconnection,
        Order,
        Records,
        RefreshHolidays,
        ReportToReconnection,
        Result,
        TellTeam,
        Watch,
    )
    from playbooks.registry import feed_watched_as
    from workflows.contracts import FeedNews, FeedStart, MailResult, Silence
    from workflows.effects import answered, calendars, send_mail, signal, write
    from workflows.entity import Entity, read
    from workflows.feed_visibility import contacts, details, is_news, row, search_attributes
    from workflows.reconnection import fact_of, open_reconnection
    from workflows.visibility import cut


@workflow.defn(name="FeedWatch")
class FeedWatchWorkflow(Entity):
    @workflow.init
    def __init__(self, start: FeedStart) -> None:
        self.start = start
        self.effects: list[FeedEffect] = []
        self.published: FeedRow | None = None
        self.shown_state: str | None = None
        self.sending: set[asyncio.Task[MailResult]] = set()
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
        """The whole state of the feed."""
        return self.watch

    @workflow.signal
    def heartbeat(self, sign: Heartbeat) -> None:
        """The agent was seen."""
        self._take(watch.record_sign_of_life(self.watch, sign, workflow.now()))

    @workflow.signal
    def records(self, sign: Records) -> None:
        """A feed arrived."""
        self._take(watch.record_sign_of_life(self.watch, sign, workflow.now()))

    @workflow.signal
    def introduced(self, handover: Handover) -> None:
        """An onboarding or a reconnection of the practice is complete."""
        self._take(watch.connect_again(self.watch, handover, workflow.now()))

    def _decide(self, name: str, given: RawValue) -> tuple[Result, FeedReceipt]:
        return order(self.watch, name, read(given, Order), workflow.now())

    def _carry_out(self, decision: tuple[Result, FeedReceipt]) -> FeedReceipt:
        result, receipt = decision
        self._take(result)
        return receipt

    def _take(self, result: Result) -> None:
        self.watch = result.watch
        self.effects.extend(result.effects)

    def _is_over(self) -> bool:
        return self.watch.ended is not None and not self._has_news() and not self.sending

    def _wake(self) -> None:
        self._take(watch.wake(self.watch, workflow.now()))

    def _has_work(self) -> bool:
        return super()._has_work() or self._timer_is_late()

    def _has_news(self) -> bool:
        return bool(self.effects) or self.published is None or is_news(self.published, row(self.watch))

    async def _act(self) -> None:
        effects, self.effects = self.effects, []
        self._show()
        told = [effect for effect in effects if isinstance(effect, TellTeam)]
        await self._publish([effect for effect in effects if isinstance(effect, Entry)], told)
        for effect in effects:
            if isinstance(effect, TellTeam):
                self._send(effect.key)
            elif isinstance(effect, GatherEvidence):
                await self._weigh_evidence(effect)
            elif isinstance(effect, OpenReconnection):
                await self._reconnect(effect)
            elif isinstance(effect, ReportToReconnection):
                await signal(self._reconnection, "report", fact_of(self._rules, effect))
            elif isinstance(effect, RefreshHolidays):
                await self._refresh()

    def _show(self) -> None:
        """Updates the search attributes and details in Temporal."""
        if self.shown_state != self.watch.state:
            self.shown_state = self.watch.state
            workflow.upsert_search_attributes(search_attributes(self._prefix, self.watch))
        workflow.set_current_details(details(self.watch))

    def _send(self, key: str) -> None:
        """Has a mail sent, while the watch goes on; it waits for that only to continue as new and to end."""
        task = asyncio.create_task(send_mail(key, "E-mail to the assignee: practice said"))
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)

    async def _continue_as_new(self) -> None:
        await workflow.wait_condition(lambda: not self.sending)
        await super()._continue_as_new()

    async def _publish(self, entries: list[Entry], messages: list[TellTeam]) -> None:
        self.published = row(self.watch)
        people = contacts(self.watch)
        news = FeedNews(row=self.published, lines=tuple(entries), messages=tuple(messages), contacts=people)
        what = cut("; ".join(entry.text for entry in entries))
        await write("write_feed", news, what or f"Feed: {self.watch.state}")

    async def _weigh_evidence(self, effect: GatherEvidence) -> None:
        silence = Silence(practice=self.watch.subject.practice.id, since=effect.since)
        evidence = await answered("feed_evidence", silence, Evidence, "Silence: is it our own?")
        self._take(watch.weigh(self.watch, evidence, workflow.now()))

    async def _reconnect(self, effect: OpenReconnection) -> None:
        """Opens a reconnection, unless one is open."""
        try:
            await open_reconnection(self._rules, self._reconnection, self.watch, effect.lost)
        except WorkflowAlreadyStartedError:
            workflow.logger.info("a reconnection is open already")
        # Continue-as-new drops it as a child: with children, this workflow's clock could not be moved.
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
        new = await calendars(subject.team_calendar, subject.practice_calendar)
        self._take(watch.refresh(self.watch, new.team, new.practice, workflow.now()))

    def _timer_is_late(self) -> bool:
        at = watch.next_wakeup(self.watch)
        return at is not None and (self.timer_at is None or at < self.timer_at)

    def _set_timer(self) -> None:
        # One that fires too early stays: each heartbeat moves the time on, and would add two events to the history.
        if self._timer_is_late():
            self._start_timer(watch.next_wakeup(self.watch), "Until the feed is looked at again")

    def _carried(self) -> dict[str, Any]:
        return {"carried": self.watch}
