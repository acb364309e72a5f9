"""A clinic's clients by name, with those that sister clinics share with it (RS5).

Of each circle and clinic as many clients are read as the page needs, in the order of an index.
"""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.tables import search_key
from pharmacy.sharing.clients import SharedClient, as_clients

Place = tuple[str, str, str]
"""What a list is sorted by: the name as it is searched, the practice and its ID of the client."""

_LAST = "chr(1114111)"
"""Sorts behind every name."""


async def list_clients(
    connection: AsyncConnection, clinic: str, begins: str | None, limit: int, after: Place | None = None
) -> tuple[list[SharedClient], Place | None]:
    """Returns clients by name, and the place of the last one if there may be more.

    `begins` begins the given name, the surname or both, in either order.
    """
    key, practice, id = after or ("", "", "")
    given = {"clinic": clinic, "limit": limit, "key": key, "practice": practice, "id": id}
    query = _EVERYBODY
    if begins is not None:
        query, given = _NAMED, given | {"begins": begins}
    rows = (await connection.execute(query, given)).mappings().all()
    found = await as_clients(connection, clinic, rows)
    last = (rows[-1]["key"], rows[-1]["practice"], rows[-1]["id"]) if len(rows) == limit else None
    return found, last


def _in_order(key: str, condition: str = "true") -> str:
    """Returns SQL for the first clients of circle `k` after the place, of whom this column is in the range."""
    return f"""(
        SELECT c.*, c.{key} AS key FROM clients c
        WHERE c.circle = k.circle AND c.practice = k.practice AND {condition}
            AND c.{key} >= greatest(:key, n.lower) AND c.{key} < n.upper
            AND (c.{key}, c.practice, c.id) > (:key COLLATE "C", :practice, :id)
            AND (c.person IS NULL OR NOT EXISTS (
                SELECT FROM clients t WHERE t.person = c.person
                AND (t.practice <> :clinic, t.practice) < (c.practice <> :clinic, c.practice)
                AND (t.given_first >= n.lower AND t.given_first < n.upper
                    OR t.surname_first >= n.lower AND t.surname_first < n.upper)))
        ORDER BY c.{key}, c.practice, c.id LIMIT :limit
    )"""


def _query(bounds: str, *branches: str) -> str:
    return f"""
        WITH n AS (SELECT {bounds}), k AS (
            SELECT circle, practice FROM (SELECT unnest(own_circles()) AS circle) own
            CROSS JOIN LATERAL unnest(members_of(circle)) practice
        )
        SELECT found.*, members_of(found.circle) AS members FROM n CROSS JOIN k CROSS JOIN LATERAL (
            {" UNION ALL ".join(branches)}
        ) found ORDER BY found.key, found.practice, found.id LIMIT :limit
    """


_EVERYBODY = text(_query(f"'' AS lower, {_LAST} AS upper", _in_order("surname_first")))
_NAMED = text(
    _query(
        f"{search_key('cast(:begins AS text)')} AS lower, {search_key('cast(:begins AS text)')} || {_LAST} AS upper",
        _in_order("surname_first"),
        _in_order("given_first", "NOT (c.surname_first >= n.lower AND c.surname_first < n.upper)"),
    )
)
