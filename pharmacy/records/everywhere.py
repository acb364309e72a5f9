"""Clients of all practices by name or telephone: for the team, who may open the records of each.

Nothing else reads clients past the walls between clinics (`pharmacy.records.clinic`).
"""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.tables import has_number, search_key
from store import telephone
from store.database import at_once
from store.telephone import telephone_digits

SHORTEST = 3
"""Characters from which on clients are looked for."""


@dataclass(frozen=True)
class FoundClient:
    practice: str
    practice_name: str
    id: str
    name: str
    city: str | None
    phone: str | None


async def find_clients(engine: AsyncEngine, search: str, limit: int) -> list[FoundClient]:
    """Returns clients with this telephone number, or whose name begins so, the given name or the surname first.

    Of many, any `limit`, by name.
    """
    begins = " ".join(search.replace("\0", "").replace(",", " ").split())
    if len(begins) < SHORTEST:
        return []
    digits = telephone_digits(begins) or ""
    by_phone = len(digits) >= telephone.SHORTEST
    async with at_once(engine) as connection:
        if by_phone:
            rows = await connection.execute(_BY_PHONE, {"digits": digits, "limit": limit})
        else:
            rows = await connection.execute(_BY_NAME, {"begins": begins, "limit": limit})
        found = [FoundClient(**row) for row in rows.mappings()]
    return sorted(found, key=lambda each: (each.name.casefold(), each.practice_name, each.id))


_LAST = 'chr(1114111) COLLATE "C"'
"""Sorts behind every name."""
_CLIENT = (
    "c.practice, p.name AS practice_name, c.id,"
    " coalesce(nullif(concat_ws(' ', c.given_name, c.surname), ''), 'Client ' || c.id) AS name, c.city, c.phone"
)
_range = "c.{key} >= n.lower AND c.{key} < n.upper"
# Of each circle and practice, by the index that a clinic's own search has; in its order, so that no other index looks
# as good while nothing is analyzed.
_BY_NAME = text(
    f"""
    WITH n AS (
        SELECT key AS lower, key || {_LAST} AS upper FROM (SELECT {search_key("cast(:begins AS text)")} AS key) given
    ),
    k AS MATERIALIZED (
        SELECT id AS circle, id AS practice FROM practices
        UNION ALL SELECT id, unnest(clinics) FROM circles
    )
    SELECT {_CLIENT} FROM n CROSS JOIN k CROSS JOIN LATERAL (
        (SELECT * FROM clients c WHERE c.circle = k.circle AND c.practice = k.practice
            AND {_range.format(key="surname_first")} ORDER BY c.surname_first LIMIT :limit)
        UNION ALL
        (SELECT * FROM clients c WHERE c.circle = k.circle AND c.practice = k.practice
            AND {_range.format(key="given_first")} AND NOT ({_range.format(key="surname_first")})
            ORDER BY c.given_first LIMIT :limit)
    ) c JOIN practices p ON p.id = c.practice LIMIT :limit
    """
)
_BY_PHONE = text(
    f"""
    SELECT {_CLIENT} FROM clients c JOIN practices p ON p.id = c.practice
    WHERE {has_number("cast(:digits AS text)")} LIMIT :limit
    """
)
