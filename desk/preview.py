"""Previews the consequences of a fact or a command, by the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from desk.practice_files import playbook_called, practice_calendar
from desk.secrets import referenced
from desk.service import Desk
from playbooks.engine import steps
from playbooks.engine.commands import command
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Command, MailOrder, Report, Request
from playbooks.engine.stages import position_of
from playbooks.engine.states import CLOSED
from playbooks.engine.timers import is_request, timers
from playbooks.engine.transition import Result
from playbooks.engine.validation import validate_fact
from workflows.contracts import State

USUAL_LEAD = timedelta(days=1)
"""What has happened longer than this before the request is more likely a slip in the date."""


@dataclass(frozen=True)
class Consequences:
    """What would come of a step for the practice of that name.

    `mails` would be sent at once, unless they are held, those `due` at once by the clock, as after a hold, and those
    `later` when the clock reaches their time.

    `closes`: the onboarding ends, which cannot be undone. `requested_at` is that of the onboarding if the fact would
    have happened long before: deadlines that count from it may be missed at once. `restarted` is the deadline of the
    present stage if it starts again.
    """

    practice_name: str
    closes: bool
    stage_title: str
    mails: tuple[MailOrder, ...]
    due: tuple[MailOrder, ...] = ()
    later: tuple[MailOrder, ...] = ()
    requested_at: datetime | None = None
    restarted: datetime | None = None


async def of_fact(desk: Desk, identity: str, fact: str, report: Report, state: State | None = None) -> Consequences:
    """Raises `Refused` if the fact would be, and `NotFound`. `state` is the onboarding's, if it is known."""
    playbook = playbook_called(identity.partition("/")[0])
    state = state or await desk.state(identity)
    kind, _ = validate_fact(playbook, fact, report.data)
    given = await referenced(desk.database, desk.settings, identity, kind, report)
    recorded = steps.record(playbook, state.onboarding, fact, given, state.now)
    found = _consequences(playbook, state, recorded)
    if report.at:
        # Deadlines that count from a time in the past may be missed at once.
        found = _with_due(playbook, state, recorded, found)
    requested_at = state.onboarding.requested_at
    is_early = report.at is not None and report.at < requested_at - USUAL_LEAD
    return replace(found, requested_at=requested_at) if is_early else found


async def of_command(desk: Desk, identity: str, name: str, order: Command, state: State | None = None) -> Consequences:
    """Raises `Refused` if the command would be, and `NotFound`."""
    playbook = playbook_called(identity.partition("/")[0])
    state = state or await desk.state(identity)
    result = command(playbook, state.onboarding, name, order, state.now)
    # What fell due meanwhile, as during a hold, is sent at once.
    return _with_due(playbook, state, result, _consequences(playbook, state, result))


def of_start(desk: Desk, playbook: str, request: Request, by: str) -> Consequences:
    """Returns what the clock does as soon as such an onboarding is open: a request in the past may be overdue."""
    rules, now = playbook_called(playbook), datetime.now(UTC)
    practice = practice_calendar(request.practice, now.date() - timedelta(days=31))
    begun = steps.begin(rules, request, "", by, desk.team_calendar(), practice, now)
    due = _mails(steps.wake(rules, begun.onboarding, now))
    return Consequences(request.practice.name, False, rules.stages[0].title, (*_mails(begun), *due))


def is_final(playbook: Playbook, fact: str) -> bool:
    """Whether a fact ends the onboarding by itself, or the last stage, after which nothing more is waited for."""
    last = [stage for stage in playbook.stages if stage.until][-1:]
    return playbook.fact(fact).ends is not None or any(fact in stage.until for stage in last)


def _consequences(playbook: Playbook, state: State, result: Result) -> Consequences:
    receipt = result.receipt
    assert receipt is not None
    closes = receipt.outcome == "recorded" and receipt.status in CLOSED
    later = tuple(_requests(playbook, state, result))
    name = state.onboarding.practice.name
    before, after = position_of(playbook, state.onboarding).visit, position_of(playbook, result.onboarding).visit
    same = before.stage.name == after.stage.name
    restarted = after.due_at if same and after.clock_from > before.clock_from else None
    return Consequences(
        name, closes, playbook.stage(receipt.stage).title, _mails(result), later=later, restarted=restarted
    )


def _with_due(playbook: Playbook, state: State, result: Result, found: Consequences) -> Consequences:
    """Adds the mails that are due once the step is taken."""
    due = _mails(steps.wake(playbook, result.onboarding, state.now))
    keys = {mail.key for mail in due}
    return replace(found, due=due, later=tuple(each for each in found.later if each.key not in keys))


def _mails(result: Result) -> tuple[MailOrder, ...]:
    return tuple(effect for effect in result.effects if isinstance(effect, MailOrder))


def _requests(playbook: Playbook, state: State, result: Result) -> Iterator[MailOrder]:
    """Yields the mails with which the clock opens a stage that was just entered: in its reader's working hours."""
    before, after = position_of(playbook, state.onboarding), position_of(playbook, result.onboarding)
    if after.stage == before.stage:
        return
    for timer in timers(playbook, result.onboarding, after, state.now):
        if is_request(timer):
            woken = steps.wake(playbook, result.onboarding, timer.at)
            yield from (each for each in woken.effects if isinstance(each, MailOrder) and each.kind == timer.mail)
            return
