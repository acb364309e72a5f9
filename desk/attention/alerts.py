"""What needs a person because of what was written: practices that asked for something, facts that are missing while
others are on record, and mails that did not arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.item import Action, Need, form, once
from playbooks.engine.commands import TOLD
from playbooks.engine.model import MailRule, Playbook
from playbooks.engine.onboarding import Entry
from playbooks.registry import PLAYBOOKS
from store.accounts import accounts
from store.journal.alerts import Alert, alerts
from store.mail.undelivered import TroubledMail, troubled

MOST = 100
"""Mails that did not arrive are counted up to here."""


async def told(engine: AsyncEngine, of: Collection[str] | None = None) -> tuple[Need, ...]:
    """Calls for help, and what is missing; whose it is remains to be said. `of` are IDs, if only these are wanted."""
    found = await alerts(engine, [TOLD, *_lacking()], of=of)
    handles = {each.handle for each in await accounts.everybody(engine)} if found else set()
    return once(need for alert in found if (need := _call(alert, handles) or _missing(alert)))


async def refused(engine: AsyncEngine, of: Collection[str] | None = None) -> tuple[Need, ...]:
    """Mails that did not arrive, or may not have, the newest first; whose it is remains to be said."""
    return once(map(_mail, await troubled(engine, limit=MOST, of=of)))


def mail_actions(mail: TroubledMail) -> tuple[Action, ...]:
    """By what a mail that did not arrive is put right."""
    again = Action("Send it again", form(mail.onboarding, "commands/resend"))
    if mail.state == "unknown":
        return (again,)
    if mail.role == "primary_contact":
        return (Action("Correct the address", form(mail.onboarding, "commands/correct_contact")),)
    book = PLAYBOOKS.get(mail.onboarding.partition("/")[0])
    named = next((fact.name for fact in book.facts if fact.contact == mail.role), None) if book else None
    if named:
        return (Action("Correct the address", form(mail.onboarding, f"facts/{named}")), again)
    return (again,)


def _mail(mail: TroubledMail) -> Need:
    actions = mail_actions(mail)
    ways = " or ".join(action.title[:1].lower() + action.title[1:] for action in actions)
    kind, to = mail.kind.replace("_", " "), mail.to_email or f"the {mail.role.replace('_', ' ')}"
    reason = "; ".join(each for each in (mail.error, mail.note) if each) or "No reason is known."
    return Need(
        kind="mail",
        id=mail.onboarding,
        practice=mail.onboarding.partition("/")[2],
        practice_name=mail.practice_name,
        why="Mail may not have arrived" if mail.state == "unknown" else "Mail did not arrive",
        tone="bad",
        text=f"{kind[:1].upper()}{kind[1:]} to {to}: {reason}",
        todo=f"{ways[:1].upper()}{ways[1:]}: {kind} to {to}.",
        actions=actions,
        since=mail.created_at,
    )


def _lacking() -> list[str]:
    """The kinds of mail by which the team is told that something is on record while something else is missing."""
    return [rule.kind for book in PLAYBOOKS.values() for rule in book.mail_rules if rule.lacking]


def _missing(alert: Alert) -> Need | None:
    """What is still missing; None if it is not any more, or what it is missing for was taken back."""
    book = PLAYBOOKS.get(alert.onboarding.partition("/")[0])
    rule = next((each for each in book.mail_rules if each.kind == alert.kind), None) if book else None
    if book is None or rule is None or rule.lacking is None:
        return None
    counting = _counting(alert.lines)
    known = {*counting, *(implied for name in counting for implied in book.implied(name))}
    if rule.on not in known or rule.lacking in known:
        return None
    there, lacks = _titles(book, rule)
    return Need(
        kind="missing",
        id=alert.onboarding,
        practice=alert.onboarding.partition("/")[2],
        practice_name=alert.practice_name,
        why="Record incomplete",
        tone="bad",
        text=f"{there}, while this is not on record: {lacks}.",
        todo=f"Record what is missing: {lacks}; or, if it is not so, take back: {there}.",
        actions=(
            Action(f"Record: {lacks}", form(alert.onboarding, f"facts/{rule.lacking}")),
            Action(f"Take back: {there}", form(alert.onboarding, "commands/retract")),
        ),
        since=alert.created_at,
    )


def _titles(book: Playbook, rule: MailRule) -> tuple[str, str]:
    assert rule.lacking is not None
    return book.fact(rule.on).title, book.fact(rule.lacking).title


def _call(alert: Alert, handles: Collection[str]) -> Need | None:
    """What somebody at the practice said; None once one of us has done something there since."""
    if alert.kind != TOLD:
        return None
    said = [line for line in alert.lines if line.kind == "command" and line.name == "tell"]
    if not said or any(line.number > said[-1].number and line.by in handles for line in alert.lines):
        return None
    return Need(
        kind="call",
        id=alert.onboarding,
        practice=alert.onboarding.partition("/")[2],
        practice_name=alert.practice_name,
        why="Asked for something",
        tone="bad",
        text=f"{said[-1].by}: {said[-1].text}",
        todo=f"Answer {said[-1].by}, and note what was answered.",
        actions=(Action("Note what was answered", form(alert.onboarding, "commands/note")),),
        since=said[-1].at,
        quote=said[-1].why or "",
    )


def _counting(lines: Iterable[Entry]) -> set[str]:
    """The facts that were reported and not taken back since."""
    counting: list[str] = []
    for line in lines:
        if line.kind == "fact":
            counting.append(line.name)
        elif line.kind == "command" and line.name == "retract" and line.data.get("fact") in counting:
            counting.remove(line.data["fact"])
    return set(counting)
