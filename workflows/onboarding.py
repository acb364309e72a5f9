"""The durable shell around the engine: one workflow runs any playbook.

Facts and commands arrive as updates named after them, and are answered at once; the journal and the mails follow.
All decisions are the engine's: this file keeps the value, one timer, and the order of things.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from playbooks.engine import steps
    from playbooks.engine.commands import COMMANDS, command
    from playbooks.engine.model import spoken
    from playbooks.engine.onboarding import (
        Command,
        Effect,
        Entry,
        Handover,
        MailOrder,
        Receipt,
        RefreshCalendars,
        Report,
    )
    from playbooks.engine.transition import Refused, Result
    from playbooks.engine.view import view
    from playbooks.registry import PLAYBOOKS
    from workflows.contracts import (
        Calendars,
        MailOutcome,
        MailResult,
        Outcome,
        Places,
        Publication,
        Reported,
        Start,
        State,
        Unsent,
    )
    from workflows.effects import PATIENT, launch, publish, send_mail
    from workflows.refusals import failure_of
    from workflows.visibility import attribute, attributes_by_name, cut, details, row, summary_of

# What piled up while the database was away is written in portions: a payload that is too large ends its workflow.
AT_ONCE = 20


@workflow.defn(name="Onboarding")
class OnboardingWorkflow:
    """One practice's onboarding, for as long as it takes (DP14)."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.playbook = PLAYBOOKS[start.playbook]
        self.start = start
        self.outbox: list[Effect] = []
        self.unsent: dict[str, Unsent] = {}
        self.last_to: dict[str, asyncio.Task[None]] = {}
        self.alarm: asyncio.Task[None] | None = None
        self.alarm_at: datetime | None = None
        self.awake = False
        self.runs = False
        self.attributes = attributes_by_name(workflow.info().typed_search_attributes)
        if start.carried is not None:
            self.onboarding = start.carried
            self._show()
        else:
            run, now = workflow.info().first_execution_run_id, workflow.now()
            team, practice = start.team_calendar, start.practice_calendar
            self._take(steps.begin(self.playbook, start.request, run, start.by, team, practice, now))
            for each in start.initial_facts:
                self._heed(each)
        for fact in self.playbook.facts:
            self._answer(fact.name, Report, steps.record)
        for name in COMMANDS:
            self._answer(name, Command, command)

    @workflow.run
    async def run(self, start: Start) -> Outcome:
        # Timers begin here and not before: a refused update in the first step would change their place in a replay.
        self.runs = True
        self._set_alarm()
        for mail in start.unsent:
            self._send(mail)
        while not self._is_over():
            if self.awake:
                self.awake = False
                self._take(steps.wake(self.playbook, self.onboarding, workflow.now()))
                self._show()
            if self.outbox:
                await self._publish()
            elif self._history_is_long():
                await self._continue_as_new()
            else:
                await workflow.wait_condition(lambda: self.awake or bool(self.outbox) or self._is_over())
        await workflow.wait_condition(workflow.all_handlers_finished)
        return Outcome(status=self.shown.status, stage=self.shown.stage)

    @workflow.query
    def state(self) -> State:
        """The onboarding as it is now, and what time it is for it."""
        return State(onboarding=self.onboarding, now=workflow.now())

    @workflow.update
    async def mail_outcome(self, outcome: MailOutcome) -> None:
        """A mail came back after it had been sent."""
        self._take(
            steps.settle(self.playbook, self.onboarding, outcome.key, outcome.state, outcome.reason, workflow.now())
        )

    @workflow.signal
    def report(self, said: Reported) -> None:
        """A fact that another workflow reports; one that cannot be is passed over."""
        self._heed(said)

    def _heed(self, said: Reported) -> None:
        # Its clock may have been moved ahead of ours.
        now = workflow.now()
        report = said.report.model_copy(update={"at": min(said.report.at or now, now)})
        try:
            self._take(steps.record(self.playbook, self.onboarding, said.fact, report, now))
        except Refused as refusal:
            workflow.logger.warning("%s was told what cannot be recorded: %s", self.onboarding.id, refusal)

    def _answer(self, name: str, message: type[Any], decide: Callable[..., Result]) -> None:
        """Takes updates called `name`; what cannot be is refused before it leaves a trace."""

        def turn(order: Any) -> Result:
            try:
                return decide(self.playbook, self.onboarding, name, order, workflow.now())
            except Refused as refusal:
                raise failure_of(refusal) from None

        async def handle(order: Any) -> Receipt:
            return self._take(turn(order))

        def validate(order: Any) -> None:
            turn(order)

        handle.__annotations__["order"] = message
        workflow.set_update_handler(name, handle, validator=validate)

    def _take(self, turn: Result) -> Receipt:
        """Makes a step of the engine the present state, and queues what it wants done."""
        assert turn.receipt is not None
        if turn.receipt.outcome == "recorded":
            self.onboarding = turn.onboarding
            self.outbox.extend(turn.effects)
            self._show()
        return turn.receipt

    def _show(self) -> None:
        """Keeps all that shows the onboarding in step with it: search attributes, details, and the one timer."""
        self.shown = view(self.playbook, self.onboarding, workflow.now())
        wanted = self.shown.search_attributes
        changed = {name: value for name, value in wanted.items() if self.attributes.get(name) != value}
        if changed:
            self.attributes = wanted
            workflow.upsert_search_attributes([attribute(name, value) for name, value in changed.items()])
        workflow.set_current_details(details(self.shown, self.onboarding.team_calendar.zone))
        self._set_alarm()

    def _set_alarm(self) -> None:
        at = self.shown.next_wakeup
        if not self.runs or (at == self.alarm_at and self.alarm is not None):
            return
        if self.alarm is not None:
            self.alarm.cancel()
        self.alarm, self.alarm_at = None, at
        if at is not None:
            self.alarm = asyncio.create_task(self._ring(at))

    async def _ring(self, at: datetime) -> None:
        upcoming = self.shown.next
        what = upcoming.what if upcoming and upcoming.at == at else "Nothing is due; the holidays are looked up again"
        # Rounded up: a timer that fires a moment early would only be set again.
        seconds = max(1, -((workflow.now() - at) // timedelta(seconds=1)))
        await workflow.sleep(timedelta(seconds=seconds), summary=cut(what))
        self.alarm, self.awake = None, True

    def _is_over(self) -> bool:
        return self.shown.closed and not self.outbox and not self.unsent

    async def _publish(self) -> None:
        """Writes what happened into the journal, in order, and then sends the mails that came with it."""
        batch, self.outbox = self.outbox[:AT_ONCE], self.outbox[AT_ONCE:]
        lines = tuple(effect for effect in batch if isinstance(effect, Entry))
        mails = tuple(effect for effect in batch if isinstance(effect, MailOrder))
        unsent = [
            Unsent(key=mail.key, kind=mail.kind, to=mail.to, reader=mail.email or mail.handle or mail.to)
            for mail in mails
        ]
        self.unsent |= {mail.key: mail for mail in unsent}
        news = Publication(
            row=row(self.playbook, self.onboarding, self.shown, workflow.now()), lines=lines, mails=mails
        )
        await publish(news, summary_of(lines, self.shown))
        for mail in unsent:
            self._send(mail)
        if any(isinstance(effect, RefreshCalendars) for effect in batch):
            await self._refresh_calendars()
        for effect in batch:
            if isinstance(effect, Handover):
                await launch(effect)

    def _send(self, mail: Unsent) -> None:
        self.unsent[mail.key] = mail
        self.last_to[mail.reader] = asyncio.create_task(self._deliver(mail, self.last_to.get(mail.reader)))

    async def _deliver(self, mail: Unsent, before: asyncio.Task[None] | None) -> None:
        """Sends one mail, after those written earlier to the same reader. The onboarding waits for it only to end."""
        if before is not None:
            await workflow.wait([before])
        try:
            what = f"E-mail to the {spoken(mail.to)}: {mail.kind.replace('_', ' ')}"
            result = await send_mail(mail.key, what)
        except ActivityError as failure:
            result = MailResult(state="failed", reason=str(failure.cause or failure))
        del self.unsent[mail.key]
        now = workflow.now()
        self._take(steps.settle(self.playbook, self.onboarding, mail.key, result.state, result.reason, now))

    async def _refresh_calendars(self) -> None:
        team, practice = self.onboarding.team_calendar, self.onboarding.practice_calendar
        known = await workflow.execute_activity(
            "compute_calendars",
            Places(team=team, practice=practice, first_day=workflow.now()),
            result_type=Calendars,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
            summary="Holidays of the next two years",
        )
        self._take(steps.refresh(self.playbook, self.onboarding, known.team, known.practice, workflow.now()))

    def _history_is_long(self) -> bool:
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.get_current_history_length() > self.start.history_limit

    async def _continue_as_new(self) -> None:
        """Goes on in a fresh history, with the same value; mails under way are taken up again by their keys."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self.outbox:
            unsent = tuple(self.unsent.values())
            workflow.continue_as_new(self.start.model_copy(update={"carried": self.onboarding, "unsent": unsent}))
