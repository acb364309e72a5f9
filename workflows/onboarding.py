"""The durable shell around the engine: one workflow runs any playbook.

Facts and commands arrive as updates named after them, and are answered at once; the journal and the mails follow.
All decisions are the engine's: this file keeps the value, one timer, and the order of things.
"""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from playbooks.engine import steps
    from playbooks.engine.commands import COMMANDS, command
    from playbooks.engine.model import role_phrase
    from playbooks.engine.onboarding import (
        Command,
        Effect,
        Entry,
        Handover,
        MailDrop,
        MailOrder,
        Receipt,
        RefreshCalendars,
        Report,
    )
    from playbooks.engine.transition import Refused, Result
    from playbooks.engine.view import view
    from playbooks.registry import PLAYBOOKS
    from workflows.contracts import (
        MailOutcome,
        MailResult,
        Outcome,
        Publication,
        Reported,
        Start,
        State,
        Unsent,
    )
    from workflows.effects import calendars, launch, send_mail, write
    from workflows.entity import Entity, read
    from workflows.visibility import attribute, attributes_by_name, cut, details, row, summary_of

# What piled up while the database was away is written in portions: a payload that is too large ends its workflow.
AT_ONCE = 20


@workflow.defn(name="Onboarding")
class OnboardingWorkflow(Entity):
    """One practice's onboarding, for as long as it takes (DP14)."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.playbook = PLAYBOOKS[start.playbook]
        self.start = start
        self.outbox: list[Effect] = []
        self.unsent: dict[str, Unsent] = {}
        self.last_to: dict[str, asyncio.Task[None]] = {}
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
                self._record(each)

    @workflow.run
    async def run(self, start: Start) -> Outcome:
        # Timers begin here and not before: a refused update in the first step would change their place in a replay.
        self.runs = True
        self._set_timer()
        for mail in start.unsent:
            self._send(mail)
        await self.live()
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
    def report(self, reported: Reported) -> None:
        """Records a fact that another workflow reports; one that is refused is only logged."""
        self._record(reported)

    def _record(self, reported: Reported) -> None:
        # The other workflow's clock may have been moved ahead of this one's.
        now = workflow.now()
        report = reported.report.model_copy(update={"at": min(reported.report.at or now, now)})
        try:
            self._take(steps.record(self.playbook, self.onboarding, reported.fact, report, now))
        except Refused as refusal:
            workflow.logger.warning("%s was told what cannot be recorded: %s", self.onboarding.id, refusal)

    def _decide(self, name: str, given: RawValue) -> Result:
        if name in COMMANDS:
            return command(self.playbook, self.onboarding, name, read(given, Command), workflow.now())
        return steps.record(self.playbook, self.onboarding, name, read(given, Report), workflow.now())

    def _carry_out(self, decision: Result) -> Receipt:
        return self._take(decision)

    def _take(self, result: Result) -> Receipt:
        """Makes the result of a step the present state, and queues its effects."""
        assert result.receipt is not None
        if result.receipt.outcome == "recorded":
            self.onboarding = result.onboarding
            self.outbox.extend(result.effects)
            self._show()
        return result.receipt

    def _show(self) -> None:
        """Keeps all that shows the onboarding in step with it: search attributes, details, and the one timer."""
        self.shown = view(self.playbook, self.onboarding, workflow.now())
        wanted = self.shown.search_attributes
        changed = {name: value for name, value in wanted.items() if self.attributes.get(name) != value}
        if changed:
            self.attributes = wanted
            workflow.upsert_search_attributes([attribute(name, value) for name, value in changed.items()])
        workflow.set_current_details(details(self.shown, self.onboarding.team_calendar.zone))
        self._set_timer()

    def _set_timer(self) -> None:
        upcoming, at = self.shown.next, self.shown.next_wakeup
        if self.runs:
            nothing = "Nothing is due; the holidays are looked up again"
            self._start_timer(at, cut(upcoming.what) if upcoming and upcoming.at == at else nothing)

    def _wake(self) -> None:
        self._take(steps.wake(self.playbook, self.onboarding, workflow.now()))
        self._show()

    def _has_news(self) -> bool:
        return bool(self.outbox)

    def _carried(self) -> dict[str, Any]:
        # Mails under way are taken up again by their keys.
        return {"carried": self.onboarding, "unsent": tuple(self.unsent.values())}

    def _is_over(self) -> bool:
        return self.shown.closed and not self.outbox and not self.unsent and not self._holds_mail()

    def _holds_mail(self) -> bool:
        return any(mail.state == "held" for mail in self.onboarding.mails)

    async def _act(self) -> None:
        """Writes what happened into the journal, in order, and then sends the mails that came with it."""
        batch, self.outbox = self.outbox[:AT_ONCE], self.outbox[AT_ONCE:]
        lines = tuple(effect for effect in batch if isinstance(effect, Entry))
        mails = tuple(effect for effect in batch if isinstance(effect, MailOrder))
        unsent = [
            Unsent(key=mail.key, kind=mail.kind, to=mail.to, reader=mail.email or mail.handle or mail.to)
            for mail in mails
            if not mail.held
        ]
        self.unsent |= {mail.key: mail for mail in unsent}
        drops = tuple(effect for effect in batch if isinstance(effect, MailDrop))
        news = Publication(row=row(self.playbook, self.onboarding, self.shown), lines=lines, mails=mails, drops=drops)
        await write("journal", news, summary_of(lines, self.shown))
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
            what = f"E-mail to the {role_phrase(mail.to)}: {mail.kind.replace('_', ' ')}"
            result = await send_mail(mail.key, what)
        except ActivityError as failure:
            result = MailResult(state="failed", reason=str(failure.cause or failure))
        del self.unsent[mail.key]
        now = workflow.now()
        self._take(steps.settle(self.playbook, self.onboarding, mail.key, result.state, result.reason, now))

    async def _refresh_calendars(self) -> None:
        team, practice = self.onboarding.team_calendar, self.onboarding.practice_calendar
        known = await calendars(team, practice)
        self._take(steps.refresh(self.playbook, self.onboarding, known.team, known.practice, workflow.now()))
