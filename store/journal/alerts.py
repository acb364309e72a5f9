"""Alerts to the team, and partners' events that could not be recorded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Boolean, RowMapping, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.onboarding import Entry
from store.database import at_once
from store.inbox.inbox import UNRECORDED
from store.inbox.tables import inbox
from store.journal.tables import entries
from store.mail.tables import mails
from store.mail.undelivered import practice_if_open

# Worded as in the partial index, or PostgreSQL would not use it.
TO_US = literal_column("(mails.role IN ('team', 'assignee') AND mails.onboarding IS NOT NULL)", Boolean)


@dataclass(frozen=True)
class Alert:
    """A mail to the team or the assignee about an open onboarding, with its whole journal."""

    onboarding: str
    run: str
    practice_name: str
    kind: str
    created_at: datetime
    lines: tuple[Entry, ...]


@dataclass(frozen=True)
class Event:
    """A partner's event that was not recorded in an onboarding; `error` says why."""

    number: int
    source: str
    type: str
    state: str
    onboarding: str | None
    error: str | None
    received_at: datetime


async def alerts(
    engine: AsyncEngine, kinds: Collection[str], *, limit: int = 50, of: Collection[str] | None = None
) -> list[Alert]:
    """Returns the latest alert of each of these kinds of mail for each onboarding, newest first.

    `of` limits them to onboardings with these IDs.
    """
    names = ("onboarding", "run", "kind", "created_at")
    query = select(*(mails.c[name] for name in names), practice_if_open.label("practice_name"))
    query = query.where(TO_US, mails.c.kind.in_(kinds), practice_if_open.is_not(None))
    if of is not None:
        query = query.where(mails.c.onboarding.in_(of))
    query = query.order_by(mails.c.created_at.desc(), mails.c.key.desc()).limit(limit)
    async with at_once(engine) as connection:
        found: dict[tuple[str, str, str], RowMapping] = {}
        for each in (await connection.execute(query)).mappings():
            found.setdefault((each["onboarding"], each["run"], each["kind"]), each)
    lines = await _lines(engine, {(onboarding, run) for onboarding, run, _ in found})
    return [Alert(**each, lines=tuple(lines[each["onboarding"], each["run"]])) for each in found.values()]


async def unrecorded(engine: AsyncEngine, *, limit: int) -> list[Event]:
    """Returns the latest events that were refused or kept, newest first."""
    columns = [inbox.c[field.name] for field in fields(Event)]
    query = select(*columns).where(inbox.c.state.in_(UNRECORDED))
    async with at_once(engine) as connection:
        found = (await connection.execute(query.order_by(inbox.c.number.desc()).limit(limit))).mappings()
        return [Event(**each) for each in found]


async def _lines(engine: AsyncEngine, runs: set[tuple[str, str]]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = {each: [] for each in runs}
    names = list(Entry.model_fields)
    query = select(entries.c.onboarding, entries.c.run, *(entries.c[name] for name in names))
    query = query.where(tuple_(entries.c.onboarding, entries.c.run).in_(sorted(runs))).order_by(entries.c.number)
    async with at_once(engine) as connection:
        for each in (await connection.execute(query)).mappings() if runs else ():
            found[each["onboarding"], each["run"]].append(Entry(**{name: each[name] for name in names}))
    return found
