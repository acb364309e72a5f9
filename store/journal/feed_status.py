"""The journal of watched feeds: their states and entries (DP10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.onboarding import Entry
from playbooks.feed_watch.values import FeedRow
from store.columns import storable
from store.database import at_once
from store.insertion import plain
from store.journal.journal import LINES
from store.journal.tables import FEED_STATES, entries, watched_feeds

PREFIX = "watched-feed"
"""Prefix of the IDs under which the journal has the entries of feeds."""
URGENT = ("silent", "reconnecting")
"""The states that need a person."""


_NAMES = list(FeedRow.model_fields)


_row = insert(watched_feeds).values({name: bindparam(name) for name in _NAMES})
_newer = (watched_feeds.c.run != _row.excluded.run) | (watched_feeds.c.version < _row.excluded.version)
_new: dict[str, ColumnElement[Any]] = {name: _row.excluded[name] for name in _NAMES if name != "practice"}
_new["updated_at"] = func.now()
_row = _row.on_conflict_do_update(index_elements=["practice"], set_=_new, where=_newer)
_PUBLISH = select(literal(1)).add_cte(_row.cte("row"), LINES.cte("lines_in"))


# While an onboarding is open, its own row says who the contacts are.
_KEEP_CONTACTS = text(
    "SELECT keep_contacts(id, :name, :contacts) FROM onboarding_names WHERE id = :onboarding"
    " AND NOT EXISTS (SELECT FROM onboardings WHERE id = :onboarding AND closed_at IS NULL)"
)


async def publish(
    engine: AsyncEngine, feed: FeedRow, lines: Sequence[Entry], onboarding: str = "", contacts: str = ""
) -> None:
    """Stores how a feed stands and what is new about it, all or nothing. What is stored already, or newer, stays.

    The closed onboarding that connected the practice is found by these contacts, a line each, from now on.
    """
    values = vars(feed) | {"practice_name": storable(feed.practice_name), "id": f"{PREFIX}/{feed.practice}"}
    async with at_once(engine) as connection:
        await connection.execute(_PUBLISH, values | {"lines": [plain(vars(line)) for line in lines]})
        if lines and contacts:
            known = {"name": values["practice_name"], "contacts": storable(contacts), "onboarding": onboarding}
            await connection.execute(_KEEP_CONTACTS, known)


async def find(engine: AsyncEngine, practice: str) -> FeedRow | None:
    """How a practice's feed stands; None if it was never watched."""
    found = await _read(engine, watched_feeds.c.practice == practice, limit=1)
    return found[0] if found else None


async def listing(engine: AsyncEngine, *, states: Collection[str] = (), limit: int = 200) -> list[FeedRow]:
    """Feeds, those that need a person first, then by how long they have stood like that."""
    return await _read(engine, watched_feeds.c.state.in_(states) if states else literal(True), limit=limit)


async def counts(engine: AsyncEngine) -> dict[str, int]:
    query = select(watched_feeds.c.state, func.count().label("total")).group_by(watched_feeds.c.state)
    async with at_once(engine) as connection:
        found = {row.state: row.total for row in await connection.execute(query)}
    return {state: found[state] for state in FEED_STATES if state in found}


async def story(engine: AsyncEngine, feed: FeedRow, limit: int = 50) -> list[Entry]:
    """What happened to a feed lately, the latest first."""
    query = select(*(entries.c[name] for name in Entry.model_fields))
    query = query.where(entries.c.onboarding == f"{PREFIX}/{feed.practice}", entries.c.run == feed.run)
    async with at_once(engine) as connection:
        found = (await connection.execute(query.order_by(entries.c.number.desc()).limit(limit))).mappings()
        return [Entry(**each) for each in found]


async def _read(engine: AsyncEngine, condition: Any, *, limit: int) -> list[FeedRow]:
    urgent = case((watched_feeds.c.state.in_(URGENT), 0), (watched_feeds.c.state == "ended", 2), else_=1)
    query = select(*(watched_feeds.c[name] for name in _NAMES)).where(condition)
    query = query.order_by(urgent, watched_feeds.c.since, watched_feeds.c.practice).limit(limit)
    async with at_once(engine) as connection:
        return [FeedRow(**row) for row in (await connection.execute(query)).mappings()]
