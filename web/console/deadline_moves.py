"""The deadlines of several onboardings moved at once: each from where it is, or back to where it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.date_presets import DAYS_LATER, moved
from desk.problem import DeskProblem
from playbooks.calendar.values import Calendar
from playbooks.engine.onboarding import Command, Receipt
from store.journal.board import Chosen
from web.console.commands import end_from
from web.services import Services

SEEN, BACK = "due.", "back."
"""Begin the names of a form's inputs for a deadline: as its sender saw it, and as it was before; the ID follows."""


@dataclass(frozen=True)
class Move:
    """One deadline, where it is and where it goes."""

    id: str
    name: str
    before: datetime
    after: datetime


def moves_later(
    form: Mapping[str, str], found: Sequence[Chosen], zone: ZoneInfo, calendar: Calendar, now: datetime
) -> list[Move]:
    """Returns the moves by as much as the form says, on the days of the team's calendar. Raises `DeskProblem`."""
    days = DAYS_LATER.get(form.get("later", ""))
    if days is None:
        raise DeskProblem("Say how much later.")
    return _moves(form, found, zone, lambda _, seen: moved(seen, days, calendar, now))


def moves_back(form: Mapping[str, str], found: Sequence[Chosen], zone: ZoneInfo) -> list[Move]:
    """Returns the moves that undo those which the form names. Raises `DeskProblem`."""
    return _moves(form, found, zone, lambda one, _: end_from(form.get(BACK + one.id, ""), zone))


def _moves(
    form: Mapping[str, str], found: Sequence[Chosen], zone: ZoneInfo, target: Callable[[Chosen, datetime], datetime]
) -> list[Move]:
    seen = {one.id: end_from(form[SEEN + one.id], zone) for one in found if SEEN + one.id in form}
    return [Move(one.id, one.practice_name, seen[one.id], target(one, seen[one.id])) for one in found if one.id in seen]


def mover(
    web: Services, found: Sequence[Chosen], moves: Sequence[Move], order: Command
) -> Callable[[str], Awaitable[Receipt]]:
    """Returns what moves the deadline of one, unless somebody else has moved it since the form was seen.

    It raises `DeskProblem` and `Refused`.
    """
    due = {one.id: one.due_at for one in found}
    by_id = {move.id: move for move in moves}

    async def move_deadline(identity: str) -> Receipt:
        now, move = due.get(identity), by_id.get(identity)
        if now is None or move is None:
            raise DeskProblem("It has no deadline now, so there is none to move.")
        # Sent twice, the form finds its own move done.
        if min(abs(now - move.before), abs(now - move.after)) >= timedelta(minutes=1):
            raise DeskProblem("Its deadline has been moved meanwhile; look at it before you move it.")
        return await web.desk.command(identity, "extend", order.model_copy(update={"until": move.after}))

    return move_deadline


def hidden_for_back(moves: Sequence[Move]) -> dict[str, str]:
    """Returns the inputs of the form that undoes these moves."""
    return {
        name: at.isoformat()
        for move in moves
        for name, at in ((SEEN + move.id, move.after), (BACK + move.id, move.before))
    }
