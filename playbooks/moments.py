"""The moments at which the clock alone makes something happen to an onboarding.

Derived like everything else: for the stage an onboarding is in, when it is due soon, breached, escalated, and when
somebody is reminded. Which of them have been acted on is remembered by key (`Onboarding.done`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from playbooks import calendar
from playbooks.calendar import BusinessDays, Elapsed
from playbooks.derive import Standing, Visit, contact, on_hold
from playbooks.model import Playbook, Reminders, Role
from playbooks.onboarding import Hold, Onboarding

# Holidays are computed for two years; asked for again while this much of them is left.
CALENDAR_RESERVE = timedelta(days=60)


@dataclass(frozen=True)
class Moment:
    """Something the clock brings. `urgency` decides when several came due together: the highest is told."""

    key: str
    at: datetime
    what: Literal["due_soon", "breached", "escalated", "reminder", "hold_ends", "calendar"]
    text: str
    mail: str | None = None
    to: Role | None = None
    urgency: int = 0


def moments(playbook: Playbook, onboarding: Onboarding, standing: Standing, now: datetime) -> list[Moment]:
    """What the clock still has to do, soonest first. Nothing but the end of the hold while on hold, and nothing
    once the onboarding is closed. A moment at or before `now` is due."""
    if standing.complete or onboarding.withdrawn:
        return []
    if hold := on_hold(onboarding, now):
        ahead = [_hold_end(hold)]
    else:
        ahead = [_hold_end(hold) for hold in onboarding.holds if hold.resumed_at is None and hold.until <= now]
        ahead += _deadline(onboarding, standing.visit)
        if reminders := standing.stage.reminders:
            ahead += _reminders(playbook, onboarding, standing.visit, reminders, now)
    ahead += _calendar(onboarding)
    return sorted((each for each in ahead if each.key not in onboarding.done), key=lambda each: each.at)


def _hold_end(hold: Hold) -> Moment:
    return Moment(f"hold {hold.start.isoformat()}", hold.until, "hold_ends", "The hold is over; the clocks run again")


def _deadline(onboarding: Onboarding, visit: Visit) -> Iterator[Moment]:
    stage, target = visit.stage, visit.stage.target
    if target is None or visit.due_at is None or visit.soon_at is None or visit.breach_at is None:
        return
    # The deadline is part of the key: one that was moved can come due, and be missed, again.
    key = f"{stage.name} {visit.due_at.isoformat()}"
    yield Moment(f"{key} due soon", visit.soon_at, "due_soon", f"{stage.title}: due soon")
    yield Moment(f"{key} breached", visit.breach_at, "breached", f"{stage.title}: overdue", urgency=1)
    for kind, role in target.tells:
        yield Moment(f"{key} {kind}", visit.breach_at, "escalated", f"{stage.title}: {_name(role)} told", kind, role, 1)
    pauses = [hold.pause for hold in onboarding.holds]
    for step, rung in enumerate(target.ladder, start=2):
        at = visit.breach_at
        if rung.after:
            at = calendar.due(onboarding.team_calendar, at, BusinessDays(days=rung.after), pauses)
        yield Moment(
            f"{key} rung {step - 1}",
            at,
            "escalated",
            f"{stage.title}: escalated to the {_name(rung.to)}",
            target.escalation,
            rung.to,
            step,
        )


def _name(role: Role) -> str:
    return role.value.replace("_", " ")


def _reminders(
    playbook: Playbook, onboarding: Onboarding, visit: Visit, reminders: Reminders, now: datetime
) -> Iterator[Moment]:
    to = contact(playbook, onboarding, reminders.to)
    if to is None:
        return
    pauses = [hold.pause for hold in onboarding.holds]
    for day in _days(reminders):
        key = f"{visit.stage.name} {visit.entered_at.isoformat()} reminder {day}"
        if key in onboarding.done:
            continue
        place = onboarding.practice_calendar
        at = calendar.due(place, visit.entered_at, Elapsed(hours=24 * day), pauses)
        at = calendar.working_moment(place, max(at, now) if at <= now else at)
        last = onboarding.reminded.get(to.email)
        if last is not None and last.astimezone(place.zone).date() == at.astimezone(place.zone).date():
            at = calendar.next_working_morning(place, at)
        yield Moment(
            key,
            at,
            "reminder",
            f"{visit.stage.title}: reminder after {day} days",
            reminders.kind,
            reminders.to,
            day,
        )
        if at > now:
            return


def _days(reminders: Reminders) -> Iterator[int]:
    yield from reminders.days
    day = reminders.days[-1]
    while True:
        day += reminders.then_every
        yield day


def _calendar(onboarding: Onboarding) -> Iterator[Moment]:
    known_until = min(onboarding.team_calendar.known_until, onboarding.practice_calendar.known_until)
    if known_until.year < 9000:
        at = datetime.combine(known_until, datetime.min.time(), onboarding.team_calendar.zone) - CALENDAR_RESERVE
        yield Moment(f"calendar {known_until}", at, "calendar", "The known holidays end soon; they are computed anew")
