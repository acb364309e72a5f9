"""The engine: (onboarding, fact or clock, now) becomes (onboarding, effects). Pure, for any playbook.

    begin    a practice is signed up
    record   somebody reports a fact
    wake     the clock has reached `view().next_wakeup`
    settle   a mail was sent, or could not be
    refresh  the holidays of further years are known

Commands (hold, retract, resend ...) are in `playbooks.engine.commands`. Every function returns a `Turn`, or raises
`Refused` with a sentence that says what to do. Nothing here reads a clock: `now` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from playbooks.calendar.values import Calendar
from playbooks.engine.facts import contact, current_facts
from playbooks.engine.fields import utc
from playbooks.engine.idempotency import CLOCK_SKEW, on_record, refuse_conflict, refuse_flood, remember, seen
from playbooks.engine.mail_rules import follow, say
from playbooks.engine.model import PRACTICE_ROLES, FactType, Playbook, Role
from playbooks.engine.onboarding import Fact, MailState, Onboarding, RefreshCalendars, Report, Request
from playbooks.engine.timers import Moment, moments
from playbooks.engine.transition import CLOCK, Draft, Refused, Turn
from playbooks.engine.validation import read_fact

# What becomes of a mail only goes forward: a late "sent" does not undo that it came back.
MAIL_STATES: dict[MailState, int] = {
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
) -> Turn:
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
    draft = Draft(playbook, onboarding, now)
    text = f"{onboarding.practice.name}: {playbook.title} requested"
    draft.enter("command", "start", text, by, at=onboarding.requested_at)
    return draft.turn("recorded", f"Started {onboarding.id}.")


def record(playbook: Playbook, onboarding: Onboarding, name: str, report: Report, now: datetime) -> Turn:
    """Records a fact and says what follows from it.

    An identical repeat changes nothing and is `already_known`, also once the onboarding is closed. Raises `Refused`
    for an unknown or malformed fact, a time in the future, a conflicting repeat, or anything new after the end.
    """
    kind, data = read_fact(playbook, name, report.data)
    body = {"data": data, "at": report.at}
    draft = Draft(playbook, onboarding, now)
    if known := seen(onboarding, report.key, name, body):
        return draft.turn("already_known", known)
    if report.at and report.at > draft.now + CLOCK_SKEW:
        raise Refused(
            f"{name}: {draft.shown(report.at)} is in the future (it is {draft.shown(draft.now)} for this onboarding);"
            " a fact can be reported once it has happened."
        )
    if on_record(onboarding, kind, data, report.at):
        return draft.turn("already_known", f"Already known: {kind.phrase}.")
    refuse_conflict(draft, kind)
    draft.refuse_closed(f"{name} cannot be recorded")
    refuse_flood(draft, name, data)
    before = draft.standing
    at = min(report.at or draft.now, draft.now)
    fact = Fact(number=len(onboarding.facts) + 1, name=name, data=data, by=report.by, at=at, recorded_at=draft.now)
    draft.change(facts=(*onboarding.facts, fact))
    draft.enter("fact", name, kind.title, report.by, at=at, data=data)
    answer = _recorded(draft, kind, fact)
    remember(draft, report.key, name, body, answer)
    follow(draft, before)
    return draft.turn("recorded", answer)


def _recorded(draft: Draft, kind: FactType, fact: Fact) -> str:
    current = current_facts(draft.onboarding)[kind.name]
    if current.number == fact.number:
        return f"Recorded: {kind.phrase}."
    return f"Recorded: {kind.phrase}; what was reported for {draft.shown(current.at)}, which is later, still counts."


def wake(playbook: Playbook, onboarding: Onboarding, now: datetime) -> Turn:
    """Does what the clock has brought by `now`.

    Decided from the state, never from which timer fired. After a standstill everything overdue is taken as done,
    and of the mails that fell due together each person gets one, the most urgent.
    """
    draft = Draft(playbook, onboarding, now)
    due = [moment for moment in moments(playbook, onboarding, draft.standing, draft.now) if moment.at <= draft.now]
    if not due:
        return draft.turn("already_known", "")
    draft.change(done=(*onboarding.done, *(moment.key for moment in due)))
    for moment in due:
        if moment.what in ("due_soon", "breached", "hold_ends"):
            draft.enter("clock", moment.what, moment.text, CLOCK, at=moment.at)
        elif moment.what == "calendar":
            draft.effects.append(RefreshCalendars(first_day=draft.now))
    for moment in _most_urgent(draft, due):
        _tell(draft, moment)
    return draft.turn("recorded", "")


def settle(playbook: Playbook, onboarding: Onboarding, key: str, state: MailState, reason: str, now: datetime) -> Turn:
    """Notes what became of a mail. A refused or returned one is a line in the journal: somebody has to act."""
    draft = Draft(playbook, onboarding, now)
    before = next((said for said in onboarding.said if said.key == key), None)
    if before is None or MAIL_STATES[state] <= MAIL_STATES[before.state]:
        return draft.turn("already_known", "")
    said = tuple(each.model_copy(update={"state": state}) if each.key == key else each for each in onboarding.said)
    draft.change(said=said)
    if trouble := MAIL_TROUBLE.get(state):
        text = f"E-mail {before.kind.replace('_', ' ')} to the {before.to.value.replace('_', ' ')} {trouble}"
        text = f"{text}: {reason}" if reason else text
        draft.enter("mail", before.kind, text, "mail", data={"key": key, "state": state})
    return draft.turn("recorded", "")


def refresh(playbook: Playbook, onboarding: Onboarding, team: Calendar, practice: Calendar, now: datetime) -> Turn:
    """Takes over calendars that know more holidays, on record. Days that have passed stay as they were."""
    draft = Draft(playbook, onboarding, now)
    draft.change(
        team_calendar=_renewed(onboarding.team_calendar, team, draft.now),
        practice_calendar=_renewed(onboarding.practice_calendar, practice, draft.now),
    )
    draft.enter("clock", "calendars", f"Holidays known until {min(team.known_until, practice.known_until)}", CLOCK)
    return draft.turn("recorded", "")


def _renewed(old: Calendar, new: Calendar, now: datetime) -> Calendar:
    today = now.astimezone(new.zone).date()
    passed = {day: name for day, name in old.holidays.items() if day < today}
    ahead = {day: name for day, name in new.holidays.items() if day >= today}
    return new.model_copy(update={"holidays": passed | ahead})


def _most_urgent(draft: Draft, due: Iterable[Moment]) -> list[Moment]:
    """One message a person, the most urgent; of an escalation only its highest rung."""
    chosen: dict[str, Moment] = {}
    for moment in due:
        if moment.mail and moment.to:
            who = _addressee(draft, moment.to)
            if who not in chosen or moment.urgency > chosen[who].urgency:
                chosen[who] = moment
    return list(chosen.values())


def _addressee(draft: Draft, role: Role) -> str:
    """The pharmacy counts as one: whoever is told there is to act for all."""
    if role not in PRACTICE_ROLES:
        return "the pharmacy"
    person = contact(draft.playbook, draft.onboarding, role)
    return person.email if person else role.value


def _tell(draft: Draft, moment: Moment) -> None:
    if moment.mail and moment.to:
        draft.enter("clock", moment.what, moment.text, CLOCK, at=moment.at)
        say(draft, moment.mail, moment.to, stage=draft.standing.stage.name)
