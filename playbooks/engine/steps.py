"""The engine: (onboarding, fact or clock, now) becomes (onboarding, effects). Pure, for any playbook.

    begin    a practice is signed up
    record   somebody reports a fact
    wake     the clock has reached `view().next_wakeup`
    settle   a mail was sent, or could not be
    refresh  the holidays of further years are known

Commands (hold, retract, resend ...) are in `playbooks.engine.commands`. Every function returns a `Result`, or raises
`Refused` with a sentence that says what to do. Nothing here reads a clock: `now` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from playbooks.calendar.values import Calendar
from playbooks.engine.consequences import draw_consequences
from playbooks.engine.facts import contact, current_reports, wanted_keys
from playbooks.engine.fields import utc
from playbooks.engine.idempotency import (
    CLOCK_SKEW,
    on_record,
    previous_answer,
    refuse_conflict,
    refuse_flood,
    with_answer,
)
from playbooks.engine.mail_rules import order_mail, send_failed_again
from playbooks.engine.model import CLOCK, PHARMACY_ROLES, FactType, Playbook, spoken, which
from playbooks.engine.onboarding import ALREADY_KNOWN, Fact, Onboarding, RefreshCalendars, Report, Request
from playbooks.engine.states import MailState
from playbooks.engine.timers import Timer, timers
from playbooks.engine.transition import Refused, Result, Transition
from playbooks.engine.validation import validate_fact

# What becomes of a mail only goes forward: a late "sent" does not undo that it came back.
MAIL_PROGRESS: dict[MailState, int] = {
    "queued": 0,
    "sending": 1,
    "unknown": 2,
    "sent": 3,
    "failed": 3,
    "cancelled": 3,
    "bounced": 4,
}
MAIL_TROUBLE: dict[MailState, str] = {
    "failed": "was refused",
    "bounced": "came back",
    "unknown": "may not have arrived",
}


def begin(
    playbook: Playbook, request: Request, run: str, by: str, team: Calendar, practice: Calendar, now: datetime
) -> Result:
    """Opens an onboarding: the journal's first line. Without `requested_at`, or with one ahead, it is requested now."""
    now = utc(now)
    onboarding = Onboarding(
        playbook=playbook.name,
        run=run,
        practice=request.practice,
        primary_contact=request.primary_contact,
        requested_at=min(request.requested_at or now, now),
        started_at=now,
        assignee=request.assignee,
        team_calendar=team,
        practice_calendar=practice,
    )
    transition = Transition(playbook, onboarding, now)
    text = f"{onboarding.practice.name}: {playbook.title} requested"
    transition.add_entry("command", "start", text, by, at=onboarding.requested_at)
    return transition.result("recorded", f"Started {onboarding.id}.")


def record(playbook: Playbook, onboarding: Onboarding, name: str, report: Report, now: datetime) -> Result:
    """Records a fact and says what follows from it.

    An identical repeat changes nothing and is `already_known`, also once the onboarding is closed. Raises `Refused`
    for an unknown or malformed fact, a time in the future, a conflicting repeat, or anything new after the end.
    """
    kind, data = validate_fact(playbook, name, report.data)
    body = {"data": data, "at": report.at}
    transition = Transition(playbook, onboarding, now)
    if known := previous_answer(onboarding.answers, report.key, name, body):
        return transition.result("already_known", known)
    if report.at and report.at > transition.now + CLOCK_SKEW:
        raise Refused(
            f"{name}: {transition.format_time(report.at)} is in the future"
            f" (it is {transition.format_time(transition.now)} for this onboarding);"
            " a fact can be reported once it has happened."
        )
    if on_record(onboarding, kind, data, report.at):
        return transition.result("already_known", f"{ALREADY_KNOWN}{which(kind.phrase, kind.key_of(data))}.")
    if kind.reported_by == CLOCK:
        raise Refused(f"{name} is recorded by the clock alone, when its time has come; nobody can report it.")
    of = kind.key_of(data)
    _refuse_unwanted(transition, kind, of)
    refuse_conflict(transition, kind, of)
    transition.refuse_closed(f"{name} cannot be recorded")
    refuse_flood(transition, name, data)
    before = transition.position
    at = min(report.at or transition.now, transition.now)
    fact = _put_on_record(transition, kind, data, report.by, at)
    answer = _recorded(transition, kind, fact)
    transition.change(answers=with_answer(onboarding.answers, report.key, name, body, answer))
    draw_consequences(transition, before)
    return transition.result("recorded", answer)


def _put_on_record(transition: Transition, kind: FactType, data: dict[str, Any], by: str, at: datetime) -> Fact:
    fact = Fact(
        number=len(transition.onboarding.facts) + 1,
        name=kind.name,
        of=kind.key_of(data),
        data=data,
        by=by,
        at=at,
        recorded_at=transition.now,
    )
    transition.change(facts=(*transition.onboarding.facts, fact))
    transition.add_entry("fact", kind.name, which(kind.title, fact.of), by, at=at, data=data)
    return fact


def _refuse_unwanted(transition: Transition, kind: FactType, of: str | None) -> None:
    """Raises `Refused` if it is known for what the fact is reported, and this is none of that."""
    wanted = wanted_keys(transition.playbook, transition.onboarding, kind.name)
    if of and wanted and of not in wanted:
        raise Refused(f"{kind.name} is not expected of '{of}', only of {', '.join(wanted)} ({kind.each_of}).")


def _recorded(transition: Transition, kind: FactType, fact: Fact) -> str:
    current, what = current_reports(transition.onboarding)[fact.name, fact.of], which(kind.phrase, fact.of)
    if current.number == fact.number:
        return f"Recorded: {what}."
    later = transition.format_time(current.at)
    return f"Recorded: {what}; what was reported for {later}, which is later, still counts."


def wake(playbook: Playbook, onboarding: Onboarding, now: datetime) -> Result:
    """Does what the clock has brought by `now`.

    Decided from the state, never from which timer fired. After a standstill everything overdue is taken as done,
    and of the mails that fell due together each person gets one, the most urgent.
    """
    transition = Transition(playbook, onboarding, now)
    while due := _due(transition):
        _fire(transition, due)
    return transition.result("recorded" if transition.onboarding is not onboarding else "already_known", "")


def _due(transition: Transition) -> list[Timer]:
    """The timers that are due, up to the first that records a fact: what is due then is another matter."""
    due: list[Timer] = []
    for timer in timers(transition.playbook, transition.onboarding, transition.position, transition.now):
        if timer.at > transition.now or (due and due[-1].what == "fact"):
            break
        due.append(timer)
    return due


def _fire(transition: Transition, due: list[Timer]) -> None:
    keys, stage = [timer.key for timer in due if timer.what != "fact"], transition.position.stage
    transition.change(fired_timers=(*transition.onboarding.fired_timers, *keys))
    for timer in due:
        if timer.what in ("due_soon", "breached", "hold_ends"):
            transition.add_entry("clock", timer.what, timer.text, CLOCK, at=timer.at)
        elif timer.what == "calendar":
            transition.effects.append(RefreshCalendars(first_day=transition.now))
        elif timer.what == "fact":
            before = transition.position
            _put_on_record(transition, transition.playbook.fact(timer.key), {}, CLOCK, timer.at)
            draw_consequences(transition, before)
    if transition.position.outcome or transition.position.stage is not stage:
        # What the stage would have been written about is over.
        return
    for timer in _most_urgent(transition, due):
        _tell(transition, timer)


def settle(
    playbook: Playbook, onboarding: Onboarding, key: str, state: MailState, reason: str, now: datetime
) -> Result:
    """Notes what became of a mail. A refused or returned one is a line in the journal: somebody has to act.

    If its address was corrected before that was known, it goes to the new one.
    """
    transition = Transition(playbook, onboarding, now)
    before = next((said for said in onboarding.mails if said.key == key), None)
    if before is None or MAIL_PROGRESS[state] <= MAIL_PROGRESS[before.state]:
        return transition.result("already_known", "")
    said = tuple(each.model_copy(update={"state": state}) if each.key == key else each for each in onboarding.mails)
    transition.change(mails=said)
    if trouble := MAIL_TROUBLE.get(state):
        text = f"E-mail {before.kind.replace('_', ' ')} to the {spoken(before.to)} {trouble}"
        text = f"{text}: {reason}" if reason else text
        transition.add_entry("mail", before.kind, text, "mail", data={"key": key, "state": state})
        if transition.position.outcome is None:
            send_failed_again(transition, only=key)
    return transition.result("recorded", "")


def refresh(playbook: Playbook, onboarding: Onboarding, team: Calendar, practice: Calendar, now: datetime) -> Result:
    """Takes over calendars that know more holidays, on record. Days that have passed stay as they were."""
    transition = Transition(playbook, onboarding, now)
    transition.change(
        team_calendar=_renewed(onboarding.team_calendar, team, transition.now),
        practice_calendar=_renewed(onboarding.practice_calendar, practice, transition.now),
    )
    transition.add_entry(
        "clock", "calendars", f"Holidays known until {min(team.known_until, practice.known_until)}", CLOCK
    )
    return transition.result("recorded", "")


def _renewed(old: Calendar, new: Calendar, now: datetime) -> Calendar:
    today = now.astimezone(new.zone).date()
    passed = {day: name for day, name in old.holidays.items() if day < today}
    ahead = {day: name for day, name in new.holidays.items() if day >= today}
    return new.model_copy(update={"holidays": passed | ahead})


def _most_urgent(transition: Transition, due: Iterable[Timer]) -> list[Timer]:
    """One message a person, the most urgent; of an escalation only its last step."""
    chosen: dict[str, Timer] = {}
    for timer in due:
        if timer.mail and timer.to:
            who = _addressee(transition, timer.to, timer.of)
            if who not in chosen or timer.urgency > chosen[who].urgency:
                chosen[who] = timer
    return list(chosen.values())


def _addressee(transition: Transition, role: str, of: str | None) -> str:
    """The pharmacy counts as one: whoever is told there is to act for all."""
    if role in PHARMACY_ROLES:
        return "the pharmacy"
    person = contact(transition.playbook, transition.onboarding, role, of)
    return person.email if person else role


def _tell(transition: Transition, timer: Timer) -> None:
    if timer.mail and timer.to:
        transition.add_entry("clock", timer.what, timer.text, CLOCK, at=timer.at)
        order_mail(transition, timer.mail, timer.to, of=timer.of, stage=transition.position.stage.name)
