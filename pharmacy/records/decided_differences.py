"""Differences as people go through them: of one kind of value, decided ones, and what was seen when deciding."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.differences import SELECT, Difference
from pharmacy.records.rules import RULES, Rule


def mark(difference: Difference) -> str:
    """Both values, as a short text: what was decided about one of them does not count for another."""
    both = json.dumps([difference.ours, difference.theirs], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(both.encode()).hexdigest()[:12]


async def counts(engine: AsyncEngine, practice: str) -> list[tuple[Rule, int]]:
    """How many wait of each value, in the order of the rules."""
    query = text(
        "SELECT kind, field, count(*) FROM differences WHERE practice = :practice AND state IN ('open', 'asked') "
        "GROUP BY kind, field"
    )
    async with clinic(engine, practice) as connection:
        found = {
            (kind, field): number for kind, field, number in await connection.execute(query, {"practice": practice})
        }
    return [(each, found[each.kind, each.field]) for each in RULES if (each.kind, each.field) in found]


async def waiting(
    engine: AsyncEngine, practice: str, after: int = 0, limit: int = 100, of: Rule | None = None
) -> list[Difference]:
    """What waits for a decision, or for an owner who was asked, in the order in which it came up; `of` one value."""
    given = {"practice": practice, "after": after, "limit": limit}
    given |= {"kind": of.kind if of else None, "field": of.field if of else None}
    async with clinic(engine, practice) as connection:
        found = await connection.execute(_WAITING, given)
        return [Difference(**row) for row in found.mappings()]


async def decided(engine: AsyncEngine, practice: str, limit: int = 100) -> list[Difference]:
    """What people decided lately, the latest first."""
    async with clinic(engine, practice) as connection:
        found = await connection.execute(_DECIDED, {"practice": practice, "limit": limit})
        return [Difference(**row) for row in found.mappings()]


async def of_client(engine: AsyncEngine, practice: str, client: str) -> list[Difference]:
    """What waits for a decision about a client and the client's pets."""
    async with clinic(engine, practice) as connection:
        found = await connection.execute(_OF_CLIENT, {"practice": practice, "client": client})
        return [Difference(**row) for row in found.mappings()]


_WAITING = text(
    f"{SELECT} AND d.state IN ('open', 'asked') AND d.number > :after "
    "AND (CAST(:field AS text) IS NULL OR d.kind = :kind AND d.field = :field) ORDER BY d.number LIMIT :limit"
)
_DECIDED = text(
    f"{SELECT} AND d.state IN ('taken', 'kept', 'gone') AND d.by IS NOT NULL ORDER BY d.at DESC, d.number LIMIT :limit"
)
_OF_CLIENT = text(
    f"{SELECT} AND d.state IN ('open', 'asked') AND (d.kind, d.id) IN (SELECT 'client', CAST(:client AS text) "  # noqa: S608
    "UNION ALL SELECT 'patient', id FROM patients WHERE practice = :practice AND client = :client) "
    "ORDER BY d.number"
)
