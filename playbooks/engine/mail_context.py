"""What a mail may speak of: the facts of one onboarding that its template needs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from playbooks.calendar.values import BusinessDays, Elapsed
from playbooks.engine.deadlines import allowance, estimate
from playbooks.engine.facts import CurrentFact, contact, contacts, practice_size
from playbooks.engine.model import PHARMACY_ROLES, Playbook, which
from playbooks.engine.onboarding import Contact, Onboarding
from playbooks.engine.stages import Position


def context(
    playbook: Playbook, onboarding: Onboarding, position: Position, now: datetime, to: str, of: str | None = None
) -> dict[str, Any]:
    """The context of a mail, as plain JSON: names, times (ISO 8601), the stage and what it still waits for.

    `of` tells which of several facts of one name the mail is about. `contacts` are those at the practice by role, None
    where nobody is named; `size` is its number of clients, `figures` those that facts came with. `zone` is the
    reader's: the practice's for its contacts, the team's own for everybody in the pharmacy.
    """
    visit, stage = position.visit, position.stage
    ours = to in PHARMACY_ROLES
    people = contacts(playbook, onboarding, of)
    promised = estimate(playbook, onboarding, position.facts)
    party = playbook.party(stage.waits_on) if stage.waits_on else None
    return {
        "onboarding": onboarding.id,
        "integration": playbook.title,
        "practice": onboarding.practice.name,
        "zone": onboarding.team_calendar.time_zone if ours else onboarding.practice_calendar.time_zone,
        "now": now.isoformat(),
        "contacts": {role: _person(people.get(role)) for role in playbook.practice_roles},
        "assignee": onboarding.assignee,
        "stage": stage.name,
        "stage_title": stage.title,
        "waiting_on": party.title if party else None,
        "asks": stage.asks,
        "chase": stage.chase,
        "entered_at": visit.entered_at.isoformat(),
        "due_at": visit.due_at.isoformat() if visit.due_at else None,
        "allowance": _spelled(allowance(playbook, onboarding, stage.target)) if stage.target else None,
        "estimate": {"at": promised.at.isoformat(), "allowance": _spelled(promised.allowance)} if promised else None,
        "of": of,
        "missing": _titles(playbook, position.missing, position.missing_of),
        "done": _titles(playbook, [name for name in stage.until if position.has(name)]),
        "size": practice_size(playbook, onboarding),
        "figures": _figures(playbook, position),
        "details": _details(playbook, position),
        "reminders": _reminders(playbook, onboarding, position, to, of),
        "readdressed": _readdressed(playbook, onboarding, to, of),
    }


def _person(person: Contact | None) -> dict[str, str] | None:
    return {"name": person.name, "email": person.email} if person else None


def _reminders(
    playbook: Playbook, onboarding: Onboarding, position: Position, to: str, of: str | None
) -> dict[str, Any]:
    """How often the reader was reminded already, at this address and of what is waited for now, and when last."""
    person = contact(playbook, onboarding, to, of) if to not in PHARMACY_ROLES else None
    sent = [
        said.at
        for said in onboarding.mails
        if person and (said.to, said.email) == (to, person.email) and said.at >= position.visit.entered_at
        if playbook.is_reminder(said.kind)
    ]
    return {"sent": len(sent), "last_at": sent[-1].isoformat() if sent else None}


def _readdressed(playbook: Playbook, onboarding: Onboarding, to: str, of: str | None) -> bool:
    """Whether mails for the reader's role went to another address before: others may know only that one."""
    person = contact(playbook, onboarding, to, of) if to not in PHARMACY_ROLES else None
    return person is not None and any(said.to == to and said.email != person.email for said in onboarding.mails)


def _titles(
    playbook: Playbook, names: Iterable[str], keys: Mapping[str, tuple[str, ...]] | None = None
) -> list[dict[str, str]]:
    return [
        {"fact": name, "title": which(playbook.fact(name).title, ", ".join((keys or {}).get(name, ())))}
        for name in names
    ]


def _spelled(duration: Elapsed | BusinessDays) -> str:
    """A duration as people say it: `1 business day`, `48 hours`, `one week`."""
    match duration:
        case BusinessDays(days=days):
            return f"{days} business day{'s' if days != 1 else ''}"
        case Elapsed(hours=hours) if hours % 168 == 0:
            weeks = int(hours // 168)
            return "one week" if weeks == 1 else {2: "two weeks"}.get(weeks, f"{weeks} weeks")
        case Elapsed(hours=hours):
            return f"{hours:g} hours"


def _details(playbook: Playbook, position: Position) -> dict[str, dict[str, Any]]:
    """What was reported with the facts whose details mails may quote, by fact, and when it happened; where a fact is
    reported per something, by that."""
    return {
        name: {of: _detail(each) for of, each in known.by_key.items()} if known.by_key else _detail(known)
        for name, known in position.facts.items()
        if known.fact and playbook.fact(name).quoted_in_mails
    }


def _detail(known: CurrentFact) -> dict[str, Any]:
    return {**known.fact.data, "at": known.fact.at.isoformat()} if known.fact else {}


def _figures(playbook: Playbook, position: Position) -> dict[str, Any]:
    """The figures that facts came with, by field; of several facts with one, the last one's."""
    found: dict[str, Any] = {}
    for known in position.facts.values():
        if known.fact:
            data = known.fact.data
            found |= {name: data[name] for name in playbook.fact(known.name).figures if data.get(name)}
    return found
