"""A clinic's clients by name, with those that sister clinics share with it (RS5).

Of each circle and clinic the clients are read in the order of an index: first a few of each, which show how far the
page can reach at most, then those up to there.
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

LAST = 'chr(1114111) COLLATE "C"'
"""Sorts behind every name."""
_SEVERAL = 5
"""Up to so many circles and clinics are read without looking first how far the page can reach."""
_FEW = "(SELECT greatest(2, 1 + cast(:limit AS integer) / count(*)) FROM k)"
"""Together somewhat more than a page."""


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


def _in_order(key: str, condition: str, limit: str) -> str:
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
        ORDER BY c.{key}, c.practice, c.id LIMIT {limit}
    )"""


def _query(bounds: str, **conditions: str) -> str:
    few = (_in_order(key, condition, _FEW) for key, condition in conditions.items())
    all = (_in_order(key, f"{condition} AND c.{key} <= r.key", ":limit") for key, condition in conditions.items())
    return f"""
        WITH n AS (SELECT {bounds}), k AS MATERIALIZED (
            SELECT circle, practice FROM (SELECT unnest(own_circles()) AS circle) own
            CROSS JOIN LATERAL unnest(members_of(circle)) practice
        ), reach AS (
            SELECT CASE count(*) WHEN :limit THEN max(key) ELSE {LAST} END AS key FROM (
                SELECT found.key FROM n CROSS JOIN k CROSS JOIN LATERAL ({" UNION ALL ".join(few)}) found
                WHERE (SELECT count(*) FROM k) > {_SEVERAL} ORDER BY found.key LIMIT :limit
            ) first
        )
        SELECT found.*, members_of(found.circle) AS members
        FROM n CROSS JOIN reach r CROSS JOIN k CROSS JOIN LATERAL ({" UNION ALL ".join(all)}) found
        ORDER BY found.key, found.practice, found.id LIMIT :limit
    """


_EVERYBODY = text(_query(f"'' AS lower, {LAST} AS upper", surname_first="true"))
_NAMED = text(
    _query(
        f"{search_key('cast(:begins AS text)')} AS lower, {search_key('cast(:begins AS text)')} || {LAST} AS upper",
        surname_first="true",
        given_first="NOT (c.surname_first >= n.lower AND c.surname_first < n.upper)",
    )
)
