"""What contacts of connected practices asked for: in the onboardings that connected them, and in their feeds' journals.

An onboarding that is complete takes no more commands; from then on the feed's journal has what was asked and answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from playbooks.engine.onboarding import Entry
from store.database import at_once
from store.journal.alerts import TO_US
from store.journal.feed_status import PREFIX
from store.journal.tables import entries, onboardings, watched_feeds
from store.mail.tables import mails

MOST = 500
"""So many of the latest messages are looked through."""


@dataclass(frozen=True)
class ConnectedPractice:
    """A connected practice with the journals of its complete onboardings and of its feed, in order of time."""

    practice: str
    practice_name: str
    assignee: str | None
    lines: tuple[Entry, ...]


@dataclass(frozen=True)
class CompleteOnboarding:
    """A complete onboarding of a practice without a feed, with its journal."""

    id: str
    practice: str
    practice_name: str
    assignee: str | None
    lines: tuple[Entry, ...]


async def connected_practices(
    engine: AsyncEngine, playbooks: Sequence[str], kind: str, practice: str | None = None
) -> list[ConnectedPractice]:
    """Returns the connected practices that sent a mail of this kind to the team, or one of them.

    `playbooks` are those whose complete onboardings count.
    """
    asked = select(func.split_part(mails.c.onboarding, "/", 2)).where(TO_US, mails.c.kind == kind)
    latest = asked.order_by(mails.c.created_at.desc(), mails.c.key.desc()).limit(MOST)
    feeds = select(watched_feeds).where(watched_feeds.c.state != "ended")
    feeds = feeds.where(
        watched_feeds.c.practice.in_(latest) if practice is None else watched_feeds.c.practice == practice
    )
    async with at_once(engine) as connection:
        found = (await connection.execute(feeds)).mappings().all()
        ids = [f"{playbook}/{feed['practice']}" for feed in found for playbook in playbooks]
        complete = select(onboardings.c.id, onboardings.c.run).where(
            onboardings.c.id.in_(ids), onboardings.c.status == "complete"
        )
        runs = [(f"{PREFIX}/{feed['practice']}", feed["run"]) for feed in found]
        runs += [(id, run) for id, run in await connection.execute(complete)] if ids else []
        lines: dict[str, list[Entry]] = defaultdict(list)
        for id, entry in await _lines(connection, runs):
            lines[id.partition("/")[2]].append(entry)
    return [
        ConnectedPractice(
            feed["practice"],
            feed["practice_name"],
            feed["assignee"],
            tuple(sorted(lines[feed["practice"]], key=lambda line: (line.at, line.number))),
        )
        for feed in found
    ]


async def complete_onboardings(
    engine: AsyncEngine, playbooks: Collection[str], kind: str, since: datetime, practice: str | None = None
) -> list[CompleteOnboarding]:
    """Returns the complete onboardings of these playbooks from which such a mail went to the team since then.

    Those of practices with a feed are left out: there, `connected_practices` has what was asked.
    """
    asked = select(mails.c.onboarding, mails.c.run).where(TO_US, mails.c.kind == kind, mails.c.created_at > since)
    fed = exists().where(watched_feeds.c.practice == onboardings.c.practice, watched_feeds.c.state != "ended")
    query = select(onboardings).where(onboardings.c.playbook.in_(playbooks), onboardings.c.status == "complete")
    query = query.where(tuple_(onboardings.c.id, onboardings.c.run).in_(asked), ~fed).order_by(onboardings.c.id)
    if practice is not None:
        query = query.where(onboardings.c.practice == practice)
    async with at_once(engine) as connection:
        found = (await connection.execute(query.limit(MOST))).mappings().all()
        lines: dict[str, list[Entry]] = defaultdict(list)
        for id, entry in await _lines(connection, [(each["id"], each["run"]) for each in found]):
            lines[id].append(entry)
    names = ("id", "practice", "practice_name", "assignee")
    return [
        CompleteOnboarding(**{name: each[name] for name in names}, lines=tuple(lines[each["id"]])) for each in found
    ]


async def _lines(connection: AsyncConnection, runs: Sequence[tuple[str, str]]) -> list[tuple[str, Entry]]:
    """Returns the journals' lines with the ids that they stand under, each journal in its order."""
    if not runs:
        return []
    names = list(Entry.model_fields)
    query = select(entries.c.onboarding, *(entries.c[name] for name in names))
    query = query.where(tuple_(entries.c.onboarding, entries.c.run).in_(runs)).order_by(entries.c.number)
    rows = (await connection.execute(query)).mappings()
    return [(each["onboarding"], Entry(**{name: each[name] for name in names})) for each in rows]
