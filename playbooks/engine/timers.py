"""What the clock alone makes happen to an onboarding.

Derived like everything else: for the stage an onboarding is in, when it is due soon, breached, escalated, when somebody
is reminded, and which facts the clock records. Which of them have been acted on is remembered by key
(`Onboarding.fired_timers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from playbooks.calendar import arithmetic
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed
from playbooks.engine.facts import contact, holders
from playbooks.engine.fields import utc
from playbooks.engine.model import Playbook, Reminders, spoken, which
from playbooks.engine.onboarding import Contact, Hold, Onboarding
from playbooks.engine.stages import Position, Visit, on_hold

# Holidays are computed for two years; asked for again while this much of them is left.
CALENDAR_RESERVE = timedelta(days=60)


# What is told when several came due together: the higher rank, and within it the later step.
REMINDING, TELLING, ESCALATING = range(3)


@dataclass(frozen=True)
class Timer:
    """Something the clock brings. `urgency` decides when several came due together: the highest is told.

    One that records a fact has the fact's name as its key, and is never remembered: the fact itself is.
    """

    key: str
    at: datetime
    what: Literal["due_soon", "breached", "escalated", "reminder", "fact", "hold_ends", "calendar"]
    text: str
    mail: str | None = None
    to: str | None = None
    of: str | None = None
    urgency: tuple[int, int] = (REMINDING, 0)


def timers(playbook: Playbook, onboarding: Onboarding, position: Position, now: datetime) -> list[Timer]:
    """What the clock still has to do, soonest first. Nothing but the end of the hold while on hold, and nothing
    once the onboarding is closed. A timer at or before `now` is due."""
    if position.outcome:
        return []
    now = utc(now)
    if hold := on_hold(onboarding, now):
        ahead = [_hold_end(hold)]
    else:
        ahead = [_hold_end(hold) for hold in onboarding.holds if hold.resumed_at is None and hold.until <= now]
        ahead += _deadline(playbook, onboarding, position)
        ahead += _clock_facts(playbook, onboarding, position)
        if reminders := position.stage.reminders:
            for of in _waited_on(playbook, onboarding, position, reminders.to):
                ahead += _reminders(playbook, onboarding, position.visit, reminders, of, now)
    ahead += _calendar(onboarding)
    # By the instant: two local times of one zone would be compared by what the wall shows.
    return sorted(
        (each for each in ahead if each.key not in onboarding.fired_timers), key=lambda each: each.at.timestamp()
    )


def _hold_end(hold: Hold) -> Timer:
    return Timer(f"hold {hold.start.isoformat()}", hold.until, "hold_ends", "The hold is over; the clocks run again")


def _deadline(playbook: Playbook, onboarding: Onboarding, position: Position) -> Iterator[Timer]:
    visit = position.visit
    stage, target, limit = visit.stage, visit.stage.target, visit.deadline
    if target is None or limit is None:
        return
    # The time is part of the key: a deadline that was moved can come near, and be missed, again.
    soon, key = f"{stage.name} {limit.soon_at.isoformat()}", f"{stage.name} {limit.due_at.isoformat()}"
    yield Timer(f"{soon} due soon", limit.soon_at, "due_soon", f"{stage.title}: due soon")
    yield Timer(f"{key} breached", limit.breach_at, "breached", f"{stage.title}: overdue")
    for kind, role in target.notify:
        text = f"{stage.title}: {spoken(role)} told"
        for of in _waited_on(playbook, onboarding, position, role):
            yield Timer(which(f"{key} {kind}", of), limit.breach_at, "escalated", text, kind, role, of, (TELLING, 0))
    pauses = [hold.pause for hold in onboarding.holds]
    for number, step in enumerate(target.ladder, start=1):
        at = limit.breach_at
        if step.after:
            at = arithmetic.due(onboarding.team_calendar, at, BusinessDays(days=step.after), pauses)
        text = f"{stage.title}: escalated to the {spoken(step.to)}"
        step_key, urgency = f"{key} step {number}", (ESCALATING, number)
        yield Timer(step_key, at, "escalated", text, target.escalation, step.to, urgency=urgency)


def _clock_facts(playbook: Playbook, onboarding: Onboarding, position: Position) -> Iterator[Timer]:
    visit, pauses = position.visit, [hold.pause for hold in onboarding.holds]
    # What opened the stage may have happened before it was entered; done anew, it starts the clock anew.
    start = max(visit.entered_at, visit.clock_from)
    for rule in visit.stage.clock_facts:
        if not position.has(rule.fact):
            at = arithmetic.due(onboarding.team_calendar, start, rule.after, pauses)
            yield Timer(rule.fact, at, "fact", playbook.fact(rule.fact).title)


def _waited_on(playbook: Playbook, onboarding: Onboarding, position: Position, role: str) -> list[str | None]:
    """Of which the holders of a role are written to: those of whom something is missing, where that is known."""
    keys = list(holders(playbook, onboarding, role)) or [None]
    missing = {key for several in position.missing_of.values() for key in several}
    return [of for of in keys if of is None or of in missing] if missing else keys


def _reminders(
    playbook: Playbook, onboarding: Onboarding, visit: Visit, reminders: Reminders, of: str | None, now: datetime
) -> Iterator[Timer]:
    to = contact(playbook, onboarding, reminders.to, of)
    if to is None:
        return
    place = onboarding.practice_calendar
    pauses = [hold.pause for hold in onboarding.holds]
    last = onboarding.reminded_at.get(to.email)
    off_until = reminders_off_until(onboarding, to, now) or now
    for day in _days(reminders):
        key = which(f"{visit.stage.name} {visit.entered_at.isoformat()} reminder {day}", of)
        if key in onboarding.fired_timers:
            continue
        planned = arithmetic.due(place, visit.entered_at, Elapsed(hours=24 * day), pauses)
        if last is not None and planned <= last:
            # The last reminder covers it: the stage is dated otherwise now than when that went out.
            continue
        at = _at_work(place, max(planned, off_until.astimezone(place.zone), key=datetime.timestamp), last)
        text = f"{visit.stage.title}: reminder after {day} day{'' if day == 1 else 's'}"
        yield Timer(key, at, "reminder", text, reminders.kind, reminders.to, of, (REMINDING, day))
        if at > now:
            return


def reminders_off_until(onboarding: Onboarding, person: Contact, now: datetime) -> datetime | None:
    """Until when a person does not want to be reminded; None if that is over, or was never said."""
    until = onboarding.reminders_off_until.get(person.email)
    return until if until is not None and until > now else None


def _at_work(place: Calendar, moment: datetime, last: datetime | None) -> datetime:
    """The first moment from `moment` on in working hours, on another day than the `last` reminder."""
    at = arithmetic.working_moment(place, moment)
    if last is not None and last.astimezone(place.zone).date() == at.date():
        return arithmetic.next_working_morning(place, at)
    return at


def _days(reminders: Reminders) -> Iterator[int]:
    yield from reminders.days
    day = reminders.days[-1]
    while True:
        day += reminders.then_every
        yield day


def _calendar(onboarding: Onboarding) -> Iterator[Timer]:
    known_until = min(onboarding.team_calendar.known_until, onboarding.practice_calendar.known_until)
    if known_until.year < 9000:
        at = datetime.combine(known_until, datetime.min.time(), onboarding.team_calendar.zone) - CALENDAR_RESERVE
        yield Timer(f"calendar {known_until}", at, "calendar", "The known holidays end soon; they are computed anew")
