"""An onboarding from the journal alone, for when Temporal or the worker does not answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.problem import NotFound
from playbooks.calendar.values import Frozen
from playbooks.engine.onboarding import Entry
from playbooks.engine.states import Sla, Status
from playbooks.engine.view import Next
from store.journal import journal
from store.mail import outbox
from store.mail.rows import Mail


class JournalCopy(Frozen):
    """An onboarding as it was last written down; the names are those of `Shown`, and there are fewer."""

    source: Literal["journal"] = "journal"
    id: str
    run: str
    playbook: str
    practice: dict[str, str]
    assignee: str | None
    status: Status
    stage: str
    stage_title: str
    waiting_on: str | None
    waiting_on_title: str | None
    requested_at: datetime
    entered_at: datetime
    due_at: datetime | None
    sla: Sla
    headline: str
    facts: tuple[dict[str, Any], ...]
    mails: tuple[dict[str, Any], ...]
    next: Next | None


async def journal_copy(database: AsyncEngine, identity: str) -> JournalCopy:
    """Loads the copy of the latest run. Raises `NotFound` or `DatabaseProblem`."""
    row = await journal.find(database, identity)
    if row is None:
        raise NotFound(f"There is no onboarding {identity} in the journal; 'onboard list' shows those there are.")
    lines = await journal.lines(database, identity, row.run)
    mails = await outbox.mails_of(database, identity, row.run)
    kept = {name: value for name, value in row.model_dump().items() if name in JournalCopy.model_fields}
    return JournalCopy(
        **{
            **kept,
            "practice": {"id": row.practice, "name": row.practice_name},
            "facts": _facts(lines),
            "mails": tuple(_mail(mail) for mail in mails),
            "next": Next(what=row.next_what, at=row.next_at) if row.next_what and row.next_at else None,
        }
    )


def _facts(lines: list[Entry]) -> tuple[dict[str, Any], ...]:
    """Returns the reported facts, retracted ones marked."""
    facts: list[dict[str, Any]] = []
    for line in lines:
        if line.kind == "fact":
            fact = {"name": line.name, "title": line.text, "data": line.data, "by": line.by}
            facts.append({**fact, "at": line.at, "recorded_at": line.recorded_at, "retracted": False})
        elif line.kind == "command" and line.name == "retract":
            name, of = line.data.get("fact"), line.data.get("of")
            alike = [fact for fact in facts if fact["name"] == name and (of is None or of in fact["data"].values())]
            current = [fact for fact in alike if not fact["retracted"]]
            if current:
                max(current, key=lambda fact: fact["at"])["retracted"] = True
    return tuple(facts)


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "key": mail.key,
        "kind": mail.kind,
        "role": mail.role,
        "to": mail.to_email,
        "state": mail.state,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "attempts": mail.attempts,
        "error": mail.error,
        "note": mail.note,
        "ordered_at": mail.created_at,
        "sent_at": mail.sent_at,
    }
