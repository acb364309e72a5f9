"""Lists of differences for people: open and decided ones, by field or by client."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.differences import SELECT, Difference
from pharmacy.records.update_rules import RULES, Rule


def fingerprint(difference: Difference) -> str:
    """Returns a hash of both values, to check that a decision is about the values that were shown."""
    both = json.dumps([difference.ours, difference.theirs], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(both.encode()).hexdigest()[:12]


async def count_by_rule(engine: AsyncEngine, practice: str) -> list[tuple[Rule, int]]:
    """Counts the open differences of each field, in the order of the rules."""
    query = text(
        "SELECT kind, field, count(*) FROM differences WHERE practice = :practice AND state IN ('open', 'asked') "
        "GROUP BY kind, field"
    )
    async with clinic_transaction(engine, practice) as connection:
        rows = await connection.execute(query, {"practice": practice})
        counts = {(kind, field): count for kind, field, count in rows}
    return [(rule, counts[rule.kind, rule.field]) for rule in RULES if (rule.kind, rule.field) in counts]


async def open_differences(
    engine: AsyncEngine, practice: str, after: int = 0, limit: int = 100, rule: Rule | None = None
) -> list[Difference]:
    """Returns the open differences, also those of which an owner was asked, oldest first; of one field with `rule`."""
    parameters = {"practice": practice, "after": after, "limit": limit}
    parameters |= {"kind": rule.kind if rule else None, "field": rule.field if rule else None}
    async with clinic_transaction(engine, practice) as connection:
        rows = await connection.execute(_OPEN, parameters)
        return [Difference(**row) for row in rows.mappings()]


async def decided_differences(engine: AsyncEngine, practice: str, limit: int = 100) -> list[Difference]:
    """Returns the latest decisions of people, newest first."""
    async with clinic_transaction(engine, practice) as connection:
        rows = await connection.execute(_DECIDED, {"practice": practice, "limit": limit})
        return [Difference(**row) for row in rows.mappings()]


async def open_differences_of_client(engine: AsyncEngine, practice: str, client: str) -> list[Difference]:
    async with clinic_transaction(engine, practice) as connection:
        rows = await connection.execute(_OF_CLIENT, {"practice": practice, "client": client})
        return [Difference(**row) for row in rows.mappings()]


_OPEN = text(
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
