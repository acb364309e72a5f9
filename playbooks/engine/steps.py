"""The steps of the engine: each takes an onboarding and returns the next one with its effects. Pure, for any playbook.

    begin    a practice is signed up
    record   a fact is reported
    wake     `view().next_wakeup` is reached
    settle   a mail was sent, or could not be
    refresh  calendars with further holidays are there

Commands (hold, retract, resend ...) are in `playbooks.engine.commands`. Every function returns a `Result`, or raises
`Refused` with a sentence that says what to do. Nothing here reads a clock: `now` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from playbooks.calendar.values import Calendar
from playbooks.engine.consequences import draw_consequences
from playbooks.engine.contact_changes import all_holders, follow_changes
from playbooks.engine.facts import contact, current_reports, expected_keys
from playbooks.engine.fields import utc
from playbooks.engine.idempotency import (
    CLOCK_SKEW,
    on_record,
    previous_answer,
    refuse_conflict,
    refuse_flood,
    refuse_overtaken,
    with_answer,
)
from playbooks.engine.mail_rules import last_mail_to, order_mail, send_failed_again, send_last_again, sent_again
from playbooks.engine.model import CLOCK, PHARMACY_ROLES, FactType, Playbook, keyed_title, role_phrase
from playbooks.engine.onboarding import ALREADY_KNOWN, Contact, Fact, Onboarding, RefreshCalendars, Report, Request
from playbooks.engine.replies import has_declined, without_declines
from playbooks.engine.states import MailState
from playbooks.engine.timers import Timer, timers
from playbooks.engine.transition import Refused, Result, Transition, refused_fact
from playbooks.engine.validation import validate_fact

# A mail's state only goes forward: a late "sent" does not undo a bounce.
MAIL_PROGRESS: dict[MailState, int] = {
    "held": 0,
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
    """Opens an onboarding, requested at `request.requested_at`, or now if that is missing or ahead."""
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
    """Records a fact and draws its consequences.

    An identical repeat changes nothing and is `already_known`, also once the onboarding is closed. Raises `Refused`
    for an unknown or invalid fact, a time in the future, a conflicting repeat, or anything new after the end.
    """
    kind, data = validate_fact(playbook, name, report.data)
    body: dict[str, Any] = {"data": data, "at": report.at}
    if report.mail:
        body["mail"] = report.model_dump(include={"mail"}, exclude_defaults=True)["mail"]
    transition = Transition(playbook, onboarding, now, report.mail or {}, report.by)
    if previous := previous_answer(onboarding.answers, report.key, name, body):
        return transition.result("already_known", previous)
    if report.at and report.at > transition.now + CLOCK_SKEW:
        why = (
            f"{transition.format_time(report.at)} is in the future"
            f" (it is {transition.format_time(transition.now)} for this onboarding);"
            " a fact can be reported once it has happened."
        )
        raise Refused(f"{name}: {why}", plain=why)
    if on_record(onboarding, kind, data, report.at):
        return transition.result("already_known", f"{ALREADY_KNOWN}{keyed_title(kind.phrase, kind.key_of(data))}.")
    if kind.reported_by == CLOCK:
        raise refused_fact(kind, "is recorded by the clock when its time has come; nobody can report it.")
    of = kind.key_of(data)
    _refuse_unexpected(transition, kind, of)
    refuse_conflict(transition, kind, of)
    refuse_overtaken(transition, kind, of, report.revises)
    transition.refuse_closed(f"{name} cannot be recorded", f"“{kind.title}” cannot be recorded")
    refuse_flood(transition, kind, data)
    before, people = transition.position, all_holders(transition)
    at = min(report.at or transition.now, transition.now)
    fact = _add_fact(transition, kind, data, report.by, at)
    transition.cause = fact.number
    if kind.contact:
        # Who is named again counts as the right person again.
        transition.change(replies=without_declines(onboarding, kind.contact, data["email"]))
        follow_changes(transition, people, report.by)
    replaced = people.get((kind.contact, fact.of)) if kind.contact else None
    answer = _recorded_answer(transition, kind, fact, replaced)
    draw_consequences(transition, before)
    if kind.contact and has_declined(onboarding, kind.contact, data["email"]):
        _write_again(transition, kind.contact, data["email"])
    if kind.contact:
        answer += sent_again(transition, onboarding)
    transition.change(answers=with_answer(onboarding.answers, report.key, name, body, answer))
    transition.refuse_unused_choices()
    return transition.result("recorded", answer)


def _add_fact(transition: Transition, kind: FactType, data: dict[str, Any], by: str, at: datetime) -> Fact:
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
    transition.add_entry("fact", kind.name, keyed_title(kind.title, fact.of), by, at=at, data=data)
    return fact


def _write_again(transition: Transition, role: str, email: str) -> None:
    """Orders the last mail to a contact again who had declined and is named again, unless a rule has ordered one."""
    last = last_mail_to(transition.onboarding, role, email)
    if last and last.at < transition.now:
        send_last_again(transition, role, email)


def _refuse_unexpected(transition: Transition, kind: FactType, of: str | None) -> None:
    """Raises `Refused` if the expected keys of the fact are known, and this is none of them."""
    expected = expected_keys(transition.playbook, transition.onboarding, kind.name)
    if of and expected and of not in expected:
        raise refused_fact(kind, f"is not expected of '{of}', only of {', '.join(expected)} ({kind.each_of}).")


def _recorded_answer(transition: Transition, kind: FactType, fact: Fact, replaced: Contact | None) -> str:
    current, what = current_reports(transition.onboarding)[fact.name, fact.of], keyed_title(kind.phrase, fact.of)
    if current.number == fact.number:
        if replaced and kind.contact and replaced.name != fact.data["name"]:
            what = f"{fact.data['name']} is the {role_phrase(kind.contact)} in place of {replaced.name}"
        return f"Recorded: {what}."
    later = transition.format_time(current.at)
    return f"Recorded: {what}; what was reported for {later}, which is later, still counts."


def wake(playbook: Playbook, onboarding: Onboarding, now: datetime) -> Result:
    """Fires the timers that are due by `now`, decided from the state alone.

    Of the mails that fell due together, as after a downtime, each person gets only the most urgent.
    """
    transition = Transition(playbook, onboarding, now)
    while due := _due(transition):
        _fire(transition, due)
    return transition.result("recorded" if transition.onboarding is not onboarding else "already_known", "")


def _due(transition: Transition) -> list[Timer]:
    """Returns the timers that are due, up to the first that records a fact, which may change the rest."""
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
            _add_fact(transition, transition.playbook.fact(timer.key), {}, CLOCK, timer.at)
            draw_consequences(transition, before)
    if transition.position.outcome or transition.position.stage is not stage:
        # The mails of the stage are obsolete: it is over.
        return
    for timer in _most_urgent(transition, due):
        _order_timer_mail(transition, timer)


def settle(
    playbook: Playbook, onboarding: Onboarding, key: str, state: MailState, reason: str, now: datetime
) -> Result:
    """Records a mail's state. A refused or returned one is an entry of the journal, as somebody has to act.

    If its address was corrected in the meantime, it is sent to the new one.
    """
    transition = Transition(playbook, onboarding, now)
    before = next((mail for mail in onboarding.mails if mail.key == key), None)
    if before is None or MAIL_PROGRESS[state] <= MAIL_PROGRESS[before.state]:
        return transition.result("already_known", "")
    mails = tuple(each.model_copy(update={"state": state}) if each.key == key else each for each in onboarding.mails)
    transition.change(mails=mails)
    if trouble := MAIL_TROUBLE.get(state):
        text = f"E-mail {before.kind.replace('_', ' ')} to the {role_phrase(before.to)} {trouble}"
        text = f"{text}: {reason}" if reason else text
        transition.add_entry("mail", before.kind, text, "mail", data={"key": key, "state": state})
        if transition.position.outcome is None:
            send_failed_again(transition, only=key)
    return transition.result("recorded", "")


def refresh(playbook: Playbook, onboarding: Onboarding, team: Calendar, practice: Calendar, now: datetime) -> Result:
    """Takes over calendars with further holidays. Days that have passed stay as they were."""
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
    """Returns the most urgent mail for each person; of an escalation only its last step."""
    chosen: dict[str, Timer] = {}
    for timer in due:
        if timer.mail and timer.to:
            who = _recipient(transition, timer.to, timer.of)
            if who not in chosen or timer.urgency > chosen[who].urgency:
                chosen[who] = timer
    return list(chosen.values())


def _recipient(transition: Transition, role: str, of: str | None) -> str:
    """Returns the address of a role; the pharmacy counts as one person."""
    if role in PHARMACY_ROLES:
        return "the pharmacy"
    person = contact(transition.playbook, transition.onboarding, role, of)
    return person.email if person else role


def _order_timer_mail(transition: Transition, timer: Timer) -> None:
    if timer.mail and timer.to:
        transition.add_entry("clock", timer.what, timer.text, CLOCK, at=timer.at)
        order_mail(transition, timer.mail, timer.to, of=timer.of, stage=transition.position.stage.name)
