"""Imported clients meet the home-delivery clients (DP9): what merging proposes becomes links, and the feed is in."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.feeds import change, forget, locked
from pharmacy.records.tables import CLIENT_VALUES

if TYPE_CHECKING:
    from pharmacy.merge.people import Person, Proposal


async def link(engine: AsyncEngine, practice: str, number: int) -> None:
    """Links the feed's new clients to home-delivery clients who have no link yet, and ends the feed.

    The links and the end are one transaction: whoever is interrupted begins this step anew.
    """
    async with clinic(engine, practice) as connection:
        existing = await _people(connection, "home_", practice, None)
        imported = await _people(connection, "", practice, number) if existing else []
        pairs = await connection.execute(_DECIDED, {"practice": practice})
        decided = {(each.home_client, each.client) for each in pairs}
    proposals = await asyncio.to_thread(_match, existing, imported, decided) if imported else []
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
        if row.state != "linking":
            return
        counts = {"merged": 0, "to_review": 0}
        for proposal in proposals:
            merges = proposal.decision == "merge"
            done = await connection.execute(
                _LINK,
                {
                    "practice": practice,
                    "client": proposal.imported,
                    "home_client": proposal.existing,
                    "state": "merged" if merges else "review",
                    "score": proposal.score,
                    "reasons": list(proposal.reasons),
                    "feed": number,
                    "at": row.started_at,
                },
            )
            counts["merged" if merges else "to_review"] += done.rowcount
        await connection.execute(_SEEN, {"practice": practice, "feed": number, "at": row.made_at, "scope": row.scope})
        await change(connection, practice, number, state="done", finished_at=func.now(), **counts)
        await forget(connection, practice, number)


def _match(existing: list[Person], imported: list[Person], decided: set[tuple[str, str]]) -> list[Proposal]:
    try:
        merging = importlib.import_module("pharmacy.merge.match")
    except ModuleNotFoundError:
        return []
    found: list[Proposal] = list(merging.match(existing, imported, different=decided))
    return found


async def _people(connection: AsyncConnection, prefix: str, practice: str, feed: int | None) -> list[Person]:
    linked = "home_client" if prefix else "client"
    new = "" if feed is None else " AND c.feed = :feed"
    query = text(
        f"""
        SELECT {", ".join(f"c.{name}" for name in _WHO)}, p.names, p.species, p.breeds
        FROM {prefix}clients c LEFT JOIN (
            SELECT client, array_agg(name) AS names, array_agg(species) AS species, array_agg(breed) AS breeds
            FROM {prefix}patients WHERE practice = :practice GROUP BY client
        ) p ON p.client = c.id
        WHERE c.practice = :practice{new} AND NOT EXISTS (
            SELECT FROM client_links l WHERE l.practice = :practice AND l.{linked} = c.id AND l.state = 'merged'
        )
        ORDER BY c.id
        """  # noqa: S608 - names of our own tables
    )
    given = {"practice": practice} | ({} if feed is None else {"feed": feed})
    found = await connection.stream(query, given, execution_options={"yield_per": 5_000})
    return [_person(row) async for row in found]


def _person(row: Any) -> Person:
    from pharmacy.merge.people import Animal, Person

    animals = zip(row.names or (), row.species or (), row.breeds or (), strict=True)
    patients = tuple(Animal(name, species or "", breed or "") for name, species, breed in animals if name)
    return Person(**{field: getattr(row, field) or "" for field in _WHO}, patients=patients)


_WHO = ("id", *CLIENT_VALUES)
_DECIDED = text(
    "SELECT home_client, client FROM client_links WHERE practice = :practice AND state IN ('different', 'undone')"
)
_LINK = text(
    """
    INSERT INTO client_links (practice, client, home_client, state, score, reasons, feed, at)
    VALUES (:practice, :client, :home_client, :state, :score, :reasons, :feed, :at) ON CONFLICT DO NOTHING
    """
)
_SEEN = text(
    """
    UPDATE differences d SET last_feed = :feed, last_seen = :at
    WHERE practice = :practice AND state IN ('open', 'asked') AND last_feed < :feed AND :scope = 'full'
    """
)
