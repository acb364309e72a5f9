"""The context of a mail: the values of one onboarding that its template may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from playbooks.calendar.values import BusinessDays, Elapsed
from playbooks.engine.deadlines import allowance, estimate
from playbooks.engine.facts import CurrentFact, contact, contacts, former_address, practice_size
from playbooks.engine.model import PHARMACY_ROLES, Playbook, keyed_title
from playbooks.engine.onboarding import Contact, Onboarding
from playbooks.engine.partner_knowledge import has_to_be_named
from playbooks.engine.stages import Position, clock_facts
from playbooks.plural import count_of


def context(
    playbook: Playbook, onboarding: Onboarding, position: Position, now: datetime, to: str, of: str | None = None
) -> dict[str, Any]:
    """Returns the context of a mail to a role as plain JSON; times are ISO 8601.

    `of` is the key of the fact that the mail is about. `contacts` are by role, None where nobody is named, `replies`
    what they said on the practice's page, `vacant` the roles whose holder declined; `size` is the practice's number of
    clients. `former_address` is that of the reader, whose role is `reader`, which the partner may still use.
    `has_to_be_named`: the partner contacts the reader only once the practice has named them on its form. `zone` is the
    reader's: the team's inside the pharmacy, else the practice's. `clock_at` is when the clock ends the stage.
    """
    visit, stage = position.visit, position.stage
    internal = to in PHARMACY_ROLES
    people = contacts(playbook, onboarding, of)
    expected = estimate(playbook, onboarding, position.facts)
    party = playbook.party(stage.waits_on) if stage.waits_on else None
    return {
        "onboarding": onboarding.id,
        "integration": playbook.title,
        "practice": onboarding.practice.name,
        "zone": onboarding.team_calendar.time_zone if internal else onboarding.practice_calendar.time_zone,
        "now": now.isoformat(),
        "contacts": {role: _person(people.get(role)) for role in playbook.practice_roles},
        "replies": {role: _replies(onboarding, role, people.get(role)) for role in playbook.practice_roles},
        "vacant": [role for role in playbook.practice_roles if role not in people and _was_declined(onboarding, role)],
        "assignee": onboarding.assignee,
        "stage": stage.name,
        "stage_title": stage.title,
        "waiting_on": party.title if party else None,
        "asks": stage.asks,
        "chase": stage.chase,
        "entered_at": visit.entered_at.isoformat(),
        "due_at": visit.due_at.isoformat() if visit.due_at else None,
        "clock_at": _clock_at(onboarding, position),
        "allowance": _format_duration(allowance(playbook, onboarding, stage.target)) if stage.target else None,
        "estimate": expected and {"at": expected.at.isoformat(), "allowance": _format_duration(expected.allowance)},
        "of": of,
        "reader": to,
        "missing": _titles(playbook, position.missing, position.missing_of),
        "done": _titles(playbook, [name for name in stage.until if position.has(name)]),
        "size": practice_size(playbook, onboarding),
        "figures": _figures(playbook, position),
        "details": _details(playbook, position),
        "reminders": _reminders(playbook, onboarding, position, to, of),
        "former_address": former_address(playbook, onboarding, to, of) if not internal else None,
        "has_to_be_named": has_to_be_named(playbook, onboarding, to),
    }


def _clock_at(onboarding: Onboarding, position: Position) -> str | None:
    if position.outcome:
        return None
    first = min((at for _, at in clock_facts(onboarding, position)), key=datetime.timestamp, default=None)
    return first.isoformat() if first else None


def _person(person: Contact | None) -> dict[str, str | None] | None:
    return {"name": person.name, "email": person.email, "phone": person.phone} if person else None


def _replies(onboarding: Onboarding, role: str, person: Contact | None) -> dict[str, dict[str, Any]]:
    """Returns what a contact has said, by kind, with when, and the answers."""
    own = [each for each in onboarding.replies if person and (each.role, each.email) == (role, person.email)]
    when = ({"since": each.since.isoformat(), "at": each.at.isoformat()} for each in own)
    return {each.what: {"times": None, **each.answers, **times} for each, times in zip(own, when, strict=True)}


def _was_declined(onboarding: Onboarding, role: str) -> bool:
    return any((each.role, each.what) == (role, "declined") for each in onboarding.replies)


def _reminders(
    playbook: Playbook, onboarding: Onboarding, position: Position, to: str, of: str | None
) -> dict[str, Any]:
    """Returns how often the reader was reminded of the present stage at this address, and when last."""
    person = contact(playbook, onboarding, to, of) if to not in PHARMACY_ROLES else None
    sent = [
        mail.at
        for mail in onboarding.mails
        if person and (mail.to, mail.email) == (to, person.email) and mail.at >= position.visit.entered_at
        if playbook.is_reminder(mail.kind)
    ]
    return {"sent": len(sent), "last_at": sent[-1].isoformat() if sent else None}


def _titles(
    playbook: Playbook, names: Iterable[str], keys: Mapping[str, tuple[str, ...]] | None = None
) -> list[dict[str, str]]:
    return [
        {"fact": name, "title": keyed_title(playbook.fact(name).title, ", ".join((keys or {}).get(name, ())))}
        for name in names
    ]


def _format_duration(duration: Elapsed | BusinessDays) -> str:
    """Formats a duration for people: `1 business day`, `48 hours`, `one week`."""
    match duration:
        case BusinessDays(days=days):
            return count_of(days, "business day")
        case Elapsed(hours=hours) if hours % 168 == 0:
            weeks = int(hours // 168)
            return "one week" if weeks == 1 else {2: "two weeks"}.get(weeks, f"{weeks} weeks")
        case Elapsed(hours=hours):
            return f"{hours:g} hours"


def _details(playbook: Playbook, position: Position) -> dict[str, dict[str, Any]]:
    """Returns the payloads of the facts that mails may quote, by fact (and by key), with their times."""
    return {
        name: {of: _detail(each) for of, each in current.by_key.items()} if current.by_key else _detail(current)
        for name, current in position.facts.items()
        if current.fact and playbook.fact(name).quoted_in_mails
    }


def _detail(current: CurrentFact) -> dict[str, Any]:
    return {**current.fact.data, "at": current.fact.at.isoformat()} if current.fact else {}


def _figures(playbook: Playbook, position: Position) -> dict[str, Any]:
    """Returns the figures of all facts by field; the last fact with a field counts."""
    figures: dict[str, Any] = {}
    for current in position.facts.values():
        if current.fact:
            data = current.fact.data
            figures |= {name: data[name] for name in playbook.fact(current.name).figures if data.get(name)}
    return figures
