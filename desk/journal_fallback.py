"""An onboarding from the journal alone, for when Temporal or the worker does not answer."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.onboarding_detail import MailDetail, mail_detail
from desk.problem import NotFound
from playbooks.engine.listed import Next, Summary
from playbooks.engine.onboarding import Entry
from store.journal import journal
from store.mail import outbox
from store.mail.rows import Mail


class JournalCopy(Summary):
    """An onboarding as it was last written down; the names are those of `OnboardingDetail`, and there are fewer."""

    source: Literal["journal"] = "journal"
    run: str
    practice: dict[str, str]
    facts: tuple[dict[str, Any], ...]
    mails: tuple[MailDetail, ...]
    next: Next | None


async def journal_copy(database: AsyncEngine, identity: str) -> tuple[JournalCopy, list[Entry], list[Mail]]:
    """Loads the copy of the latest run, and its journal and mails. Raises `NotFound` or `DatabaseProblem`."""
    row = await journal.find(database, identity)
    if row is None:
        raise NotFound(f"There is no onboarding {identity} in the journal; 'onboard list' shows all.")
    lines, mails = await journal.lines(database, identity, row.run), await outbox.mails_of(database, identity, row.run)
    copy = JournalCopy(
        **{name: getattr(row, name) for name in (*Summary.model_fields, "run", "next")},
        practice={"id": row.practice, "name": row.practice_name},
        facts=_facts(lines),
        mails=tuple(map(mail_detail, mails)),
    )
    return copy, lines, mails


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
