"""The timers of an onboarding: warnings, breaches, escalations, reminders, clock facts and the ends of holds.

They are derived from its position; `Onboarding.fired_timers` has the keys of those that have fired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Literal

from playbooks.calendar import arithmetic
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed
from playbooks.engine.facts import contact, holders
from playbooks.engine.fields import utc
from playbooks.engine.mail_rules import held_mails
from playbooks.engine.model import Playbook, Reminders, keyed_title, role_phrase
from playbooks.engine.onboarding import Contact, Hold, Onboarding
from playbooks.engine.replies import has_declined
from playbooks.engine.stages import Position, Visit, clock_facts, on_hold

CALENDAR_RESERVE = timedelta(days=60)
"""Calendars are computed anew this long before their known holidays end."""

# The ranks of `Timer.urgency`.
REMINDER, NOTICE, ESCALATION = range(3)


@dataclass(frozen=True)
class Timer:
    """Something that happens by itself `at` a time. Of mails due together, the one of highest `urgency` is sent.

    The key of a timer that records a fact is the fact's name; it needs no mark in `fired_timers`, as the fact is there.
    """

    key: str
    at: datetime
    what: Literal["due_soon", "breached", "escalated", "reminder", "fact", "hold_ends", "calendar"]
    text: str
    mail: str | None = None
    to: str | None = None
    of: str | None = None
    urgency: tuple[int, int] = (REMINDER, 0)


def is_request(timer: Timer) -> bool:
    """Whether it is the mail with which a stage begins, where no fact brings one."""
    return timer.what == "reminder" and timer.urgency == (REMINDER, 0)


def timers(playbook: Playbook, onboarding: Onboarding, position: Position, now: datetime) -> list[Timer]:
    """Returns the timers that have not fired, soonest first; one at or before `now` is due.

    While on hold only the hold's end is one; a closed onboarding has none.
    """
    if position.outcome:
        return []
    now = utc(now)
    if hold := on_hold(onboarding, now):
        ahead = [_hold_end(hold)]
    else:
        ahead = [_hold_end(hold) for hold in onboarding.holds if hold.resumed_at is None and hold.until <= now]
        ahead += _deadline(playbook, onboarding, position)
        ahead += [Timer(name, at, "fact", playbook.fact(name).title) for name, at in clock_facts(onboarding, position)]
        if reminders := position.stage.reminders:
            for of in _holders_waited_on(playbook, onboarding, position, reminders.to):
                ahead += _reminders(playbook, onboarding, position.visit, reminders, of, now)
    ahead += _calendar(onboarding)
    # By timestamp: two datetimes of one zone would be compared by their local times.
    return sorted(
        (each for each in ahead if each.key not in onboarding.fired_timers), key=lambda each: each.at.timestamp()
    )


def _hold_end(hold: Hold) -> Timer:
    text = "The hold is over; deadlines and reminders continue"
    return Timer(f"hold {hold.start.isoformat()}", hold.until, "hold_ends", text)


def _deadline(playbook: Playbook, onboarding: Onboarding, position: Position) -> Iterator[Timer]:
    visit = position.visit
    stage, target, deadline = visit.stage, visit.stage.target, visit.deadline
    if target is None or deadline is None:
        return
    # The time is part of the key, so that the timers of a deadline that was moved fire again.
    soon, key = f"{stage.name} {deadline.soon_at.isoformat()}", f"{stage.name} {deadline.due_at.isoformat()}"
    yield Timer(f"{soon} due soon", deadline.soon_at, "due_soon", f"{stage.title}: due soon")
    yield Timer(f"{key} breached", deadline.breach_at, "breached", f"{stage.title}: overdue")
    for kind, role in target.notify:
        text = f"{stage.title}: {role_phrase(role)} told"
        for of in _holders_waited_on(playbook, onboarding, position, role):
            if held_mails(onboarding, role, of):
                # Who has not been told yet is not told that it is late.
                continue
            yield Timer(
                keyed_title(f"{key} {kind}", of), deadline.breach_at, "escalated", text, kind, role, of, (NOTICE, 0)
            )
    pauses = [hold.pause for hold in onboarding.holds]
    for number, step in enumerate(target.ladder, start=1):
        at = deadline.breach_at
        if step.after:
            at = arithmetic.due(onboarding.team_calendar, at, BusinessDays(days=step.after), pauses)
        text = f"{stage.title}: escalated to the {role_phrase(step.to)}"
        step_key, urgency = f"{key} step {number}", (ESCALATION, number)
        yield Timer(step_key, at, "escalated", text, target.escalation, step.to, urgency=urgency)


def _holders_waited_on(playbook: Playbook, onboarding: Onboarding, position: Position, role: str) -> list[str | None]:
    """Returns the keys of the holders of a role to write to: those of whom a report is missing, else all.

    Who has declined is not written to.
    """
    held = holders(playbook, onboarding, role)
    keys = [of for of, person in held.items() if not has_declined(onboarding, role, person.email)]
    keys = keys if held else [None]
    missing = {key for several in position.missing_of.values() for key in several}
    return [of for of in keys if of is None or of in missing] if missing else keys


def _reminders(
    playbook: Playbook, onboarding: Onboarding, visit: Visit, reminders: Reminders, of: str | None, now: datetime
) -> Iterator[Timer]:
    to = contact(playbook, onboarding, reminders.to, of)
    if to is None or held_mails(onboarding, reminders.to, of):
        return
    calendar = onboarding.practice_calendar
    pauses = [hold.pause for hold in onboarding.holds]
    last = onboarding.reminded_at.get(to.email)
    off_until = reminders_off_until(onboarding, to, now) or now
    every = reminders.then_every
    for day in chain(reminders.days, count(reminders.days[-1] + every, every)):
        key = keyed_title(f"{visit.stage.name} {visit.entered_at.isoformat()} reminder {day}", of)
        if key in onboarding.fired_timers:
            continue
        planned = (
            arithmetic.due(calendar, visit.entered_at, Elapsed(hours=24 * day), pauses) if day else visit.entered_at
        )
        if last is not None and planned <= last:
            # The last reminder covers it: the stage has been dated earlier since that went out.
            continue
        earliest = max(planned, off_until.astimezone(calendar.zone), key=datetime.timestamp)
        at = _next_working_moment(calendar, earliest, last)
        text = f"{visit.stage.title}: {'reminder' if day else 'request'} to the {role_phrase(reminders.to)}"
        yield Timer(key, at, "reminder", text, reminders.kind, reminders.to, of, (REMINDER, day))
        if at > now:
            return


def reminders_off_until(onboarding: Onboarding, person: Contact, now: datetime) -> datetime | None:
    """Returns until when reminders to a person are paused; None if they are not."""
    until = onboarding.reminders_off_until.get(person.email)
    return until if until is not None and until > now else None


def _next_working_moment(calendar: Calendar, moment: datetime, last: datetime | None) -> datetime:
    """Returns the first time from `moment` on in working hours, on another day than the `last` reminder."""
    at = arithmetic.working_moment(calendar, moment)
    if last is not None and last.astimezone(calendar.zone).date() == at.date():
        return arithmetic.next_working_morning(calendar, at)
    return at


def _calendar(onboarding: Onboarding) -> Iterator[Timer]:
    known_until = min(onboarding.team_calendar.known_until, onboarding.practice_calendar.known_until)
    if known_until.year < 9000:
        at = datetime.combine(known_until, datetime.min.time(), onboarding.team_calendar.zone) - CALENDAR_RESERVE
        yield Timer(f"calendar {known_until}", at, "calendar", "The list of holidays ends soon; it is extended")
