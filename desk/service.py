"""The desk: everything that the onboarding team can do, for the command line and the console.

The open workflow is queried first, because it has the latest facts; closed ones are read from the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from configuration.settings import Settings
from desk import secrets
from desk.clock import present
from desk.colleagues import colleague
from desk.mentions import mentioned
from desk.onboarding_detail import OnboardingDetail, detail_of
from desk.practice_files import playbook_called, playbook_of, practice_calendar, unknown
from desk.problem import AlreadyOpen, DeskProblem, EndedOutside, NoAnswer, Uncertain
from desk.queries import query_open
from desk.renaming import correct_watched, rename_elsewhere, rename_watched
from desk.updates import PATIENCE, NotOpen, trouble, update
from integrations.registry import integration_of
from partners.holidays import calendar_for
from playbooks.calendar.values import Calendar
from playbooks.engine import steps
from playbooks.engine.commands import COMMANDS, command
from playbooks.engine.idempotency import CLOCK_SKEW
from playbooks.engine.model import Role
from playbooks.engine.onboarding import Command, Entry, Onboarding, Receipt, Report, Request
from playbooks.engine.partner_knowledge import to_tell
from playbooks.engine.practice_commands import corrected_practice, corrects_name
from playbooks.engine.stages import on_hold
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Refused, Result
from playbooks.engine.validation import validate_fact
from playbooks.engine.view import view
from store.database import DatabaseDown
from store.journal import journal
from store.mail import outbox
from workflows import visibility
from workflows.contracts import Reported, Start, State

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """Acts on onboardings. Every method may raise `DeskProblem` or `Refused` with a sentence."""

    client: Client
    database: AsyncEngine
    settings: Settings

    async def start(self, playbook: str, request: Request, by: str, facts: Sequence[Reported] = ()) -> Receipt:
        """Opens an onboarding, with these facts reported already.

        Raises `AlreadyOpen` if the practice has an open one with this playbook.
        """
        rules = playbook_called(playbook)
        now = datetime.now(UTC)
        if request.requested_at and request.requested_at > now + CLOCK_SKEW:
            raise Refused(
                f"requested_at ({request.requested_at.isoformat()}) is in the future; give the time of the request."
            )
        request = request.model_copy(update={"requested_at": min(request.requested_at or now, now)})
        if request.assignee:
            handle = await colleague(self.database, self.settings, request.assignee)
            request = request.model_copy(update={"assignee": handle})
        team = self.team_calendar()
        practice = practice_calendar(request.practice, now.date() - timedelta(days=31))
        start = Start(
            playbook=rules.name,
            request=request,
            by=by,
            team_calendar=team,
            practice_calendar=practice,
            initial_facts=tuple(facts),
        )
        opened = steps.begin(rules, request, "", by, team, practice, now).onboarding
        identity = f"{rules.name}/{request.practice.id}"
        try:
            await self.client.start_workflow(
                "Onboarding",
                start,
                id=identity,
                task_queue=self.settings.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                search_attributes=visibility.attributes_at_start(view(rules, opened, now)),
                static_summary=f"{request.practice.name} · {rules.title}",
                static_details=_details(request),
                rpc_timeout=PATIENCE,
            )
        except WorkflowAlreadyStartedError:
            raise await self._why_not_again(identity) from None
        except RPCError as error:
            raise trouble(error) from None
        return Receipt(outcome="recorded", text=f"Started {identity}.", stage=rules.stages[0].name, status="open")

    async def _why_not_again(self, identity: str) -> AlreadyOpen:
        """Returns why an onboarding cannot be started: the one that is open, or a mail that the last one holds."""
        with suppress(NoAnswer):
            known = await query_open(self.client, identity, State)
            if known and detail_of(playbook_of(identity), known.onboarding, known.now, ()).status in CLOSED:
                held = any(mail.state == "held" for mail in known.onboarding.mails)
                todo = "held; send it or drop it first" if held else "still being sent; wait for that"
                return AlreadyOpen(f"{identity} has ended, but a mail of it is {todo}.")
        open_already = f"{identity} is open already"
        return AlreadyOpen(f"{open_already}; see it with: onboard show {identity}", plain=f"{open_already}.")

    async def record(self, identity: str, fact: str, report: Report) -> Receipt:
        """Reports a fact. A repeated key or an identical report is answered as already known.

        Its secrets are stored encrypted; Temporal is given references to them.
        """
        playbook = playbook_of(identity)
        kind, _ = validate_fact(playbook, fact, report.data)
        if check := integration_of(playbook.name).check:
            await check(self.database, identity, fact, report)
        async with secrets.stored(self.database, self.settings, identity, kind, report) as given:
            receipt = await self._update(
                identity, fact, given, lambda onboarding, now: steps.record(playbook, onboarding, fact, given, now)
            )
        return await self._with_what_to_tell(identity, receipt, kind.contact) if kind.contact else receipt

    async def command(self, identity: str, name: str, order: Command) -> Receipt:
        """Carries out a command such as hold, retract or resend."""
        playbook = playbook_of(identity)
        if name not in COMMANDS:
            raise Refused(f"'{name}' is not a command; choose one of {', '.join(COMMANDS)}.")
        if order.assignee:
            handle = await colleague(self.database, self.settings, order.assignee)
            order = order.model_copy(update={"assignee": handle})
        if name == "correct_practice":
            before = (await self.state(identity)).onboarding.practice
            practice = corrected_practice(before, order)
            practice_calendar(practice, datetime.now(UTC).date(), years=0)
            await rename_watched(self.client, before, practice, order)
        closed = name == "correct_contact" and await self.ended_at(identity) is not None
        if closed:
            onboarding = (await self.state(identity)).onboarding
            await correct_watched(self.client, onboarding.practice.id, onboarding.primary_contact, order)
        if name == "note" and order.why:
            named = await mentioned(self.database, self.settings, order.why)
            order = order.model_copy(update={"mentions": named or None})
        receipt = await self._update(
            identity, name, order, lambda onboarding, now: command(playbook, onboarding, name, order, now)
        )
        told = name == "correct_contact" and not closed
        return await self._with_what_to_tell(identity, receipt, Role.PRIMARY_CONTACT) if told else receipt

    async def each(
        self, identities: Iterable[str], act: Callable[[str], Awaitable[T]], *, at_once: int = 8
    ) -> AsyncIterator[tuple[str, T | Exception]]:
        """Acts on many onboardings; yields each with the result, such as a receipt, or its error."""
        gate = asyncio.Semaphore(at_once)

        async def one(identity: str) -> tuple[str, T | Exception]:
            async with gate:
                try:
                    return identity, await act(identity)
                except Exception as problem:
                    return identity, problem

        for done in asyncio.as_completed([one(identity) for identity in identities]):
            yield await done

    async def show(self, identity: str, state: State | None = None) -> OnboardingDetail:
        """Returns an onboarding in detail: from the open workflow, or from the journal once closed.

        `state` is the onboarding's, if it is known.
        """
        playbook = playbook_of(identity)
        state = state or await self.state(identity)
        try:
            letters = await outbox.mails_of(self.database, identity, state.onboarding.run)
            held = on_hold(state.onboarding, state.now)
            lines = await journal.lines(self.database, identity, state.onboarding.run) if held else []
        except DatabaseDown as problem:
            detail = detail_of(playbook, state.onboarding, state.now, ())
            return detail.model_copy(update={"caveat": f"The state of some mails is not known: {problem}"})
        return detail_of(playbook, state.onboarding, state.now, letters, lines)

    async def state(self, identity: str) -> State:
        """Returns an onboarding's state, and the time on its own clock."""
        return await self._query_open(identity) or await self._load_closed(identity)

    async def ended_at(self, identity: str) -> datetime | None:
        """Returns when the latest onboarding with this ID ended; None if it has not, as far as the journal knows."""
        row = await journal.find(self.database, identity)
        return row.closed_at if row else None

    def team_calendar(self) -> Calendar:
        """The calendar that the team's deadlines follow (DP1)."""
        settings = self.settings
        first_day = datetime.now(UTC).date() - timedelta(days=31)
        return calendar_for(settings.team_time_zone, settings.team_country, settings.team_state, first_day=first_day)

    async def _update(
        self,
        identity: str,
        name: str,
        order: Report | Command,
        offline: Callable[[Onboarding, datetime], Result],
    ) -> Receipt:
        unanswered = Uncertain(
            f"No worker answered within {PATIENCE.seconds} seconds; is one running? ('onboard doctor' checks that.)"
            " Your request may still be carried out: check with 'onboard show' before you repeat it."
        )
        try:
            handle = self.client.get_workflow_handle(identity)
            return await update(handle, name, order, Receipt, unanswered=unanswered)
        except NotOpen:
            # A closed onboarding's last state gives the answer that the workflow would have given.
            state = await self._load_closed(identity)
        result = offline(state.onboarding, state.now)
        assert result.receipt is not None
        if result.receipt.outcome == "recorded":
            await self._publish_closed(result, state.now)
        return result.receipt

    async def _publish_closed(self, result: Result, now: datetime) -> None:
        """Stores what was corrected of a closed onboarding. Raises `Refused` if somebody else was faster."""
        onboarding, playbook = result.onboarding, playbook_called(result.onboarding.playbook)
        lines = [effect for effect in result.effects if isinstance(effect, Entry)]
        corrected = visibility.row(playbook, onboarding, view(playbook, onboarding, now))
        await journal.publish(self.database, corrected, lines, [])
        stored = await journal.find(self.database, onboarding.id, onboarding.run)
        if stored is None or stored.record != corrected.record:
            raise Refused(f"{onboarding.id} was corrected by somebody else meanwhile; look at it, and try again.")
        if any(map(corrects_name, lines)):
            await rename_elsewhere(self.database, onboarding.practice, lines[0].by)
        if follow := integration_of(onboarding.playbook).follow:
            await follow(self.database, corrected)

    async def _with_what_to_tell(self, identity: str, receipt: Receipt, role: str) -> Receipt:
        """Adds to a receipt what the partner has to be told of a contact who has changed."""
        with suppress(DeskProblem):
            state = await self.state(identity)
            if sentence := to_tell(playbook_of(identity), state.onboarding, role):
                return receipt.model_copy(update={"text": f"{receipt.text} {sentence}"})
        return receipt

    async def _load_closed(self, identity: str) -> State:
        row = await journal.find(self.database, identity)
        if row is None:
            raise unknown(identity)
        if row.record is None:
            raise EndedOutside(f"{identity} was ended in Temporal; start the practice again to continue.")
        onboarding = Onboarding.model_validate(row.record)
        # Its clock may have been ahead of ours (time travel).
        return State(onboarding=onboarding, now=max(datetime.now(UTC), row.closed_at or datetime.now(UTC)))

    async def _query_open(self, identity: str) -> State | None:
        answer = await query_open(self.client, identity, State)
        if answer is None:
            return None
        # The answer has the time of the last step, which may be weeks ago.
        now = await present(self.client, identity, answer.now, may_move=self.settings.development)
        return answer.model_copy(update={"now": now})


def _details(request: Request) -> str:
    """Returns the constant details for Temporal UI, without addresses; a worker adds the link to the console."""
    practice = request.practice
    place = ", ".join(part for part in (practice.state, practice.country, practice.time_zone) if part)
    return f"**{practice.name}** ({practice.id})\n\n{place}\n\nContact: {request.primary_contact.name}"
