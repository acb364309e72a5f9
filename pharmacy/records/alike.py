"""Finds ids of a staged feed that differ from other ids only by what spreadsheets and programs change.

These are zeros in front of a number, at the beginning or after a prefix (C-000500 and C-500), capitals, and signs.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

EXAMPLES = 3


async def alike_questions(connection: AsyncConnection, practice: str, number: int) -> list[str]:
    """Returns a question for a person if clients or patients would be entered a second time under another id."""
    found: dict[str, list[str]] = {}
    for row in await connection.execute(_ALIKE, {"practice": practice, "feed": number}):
        found.setdefault(row.kind, []).append(f"{row.new} for {row.known}")
    return [
        f"{len(pairs):,} new ids of {kind}s differ from known ids only in zeros, capitals or signs "
        f"({', '.join(pairs[:EXAMPLES])}{', ...' if len(pairs) > EXAMPLES else ''}): "
        "if you approve the feed, they are added a second time."
        for kind, pairs in found.items()
    ]


async def find_alike(connection: AsyncConnection, practice: str, number: int, clients: set[str]) -> dict[str, str]:
    """Returns for ids of unknown clients the known or staged client whose id is like it."""
    if not clients:
        return {}
    parameters = {"practice": practice, "feed": number, "clients": list(clients)}
    return {row.wanted: row.id for row in await connection.execute(_LIKE_CLIENTS, parameters)}


def _plain(id: str) -> str:
    """Returns SQL for an id without what spreadsheets and people add or leave out."""
    without_point = f"CASE WHEN {id} LIKE '%.0' THEN left({id}, -2) ELSE {id} END"
    bare = f"translate(lower({without_point}), ', ''\"', '')"
    joined = f"regexp_replace({bare}, '([a-z])[^a-z0-9]+', '\\1', 'g')"
    return f"regexp_replace({joined}, '(^|[^0-9])0+', '\\1', 'g')"


def _alike(kind: str) -> str:
    return f"""
        SELECT '{kind}' AS kind, n.line, n.id AS new, min(o.id) AS known
        FROM (
            SELECT s.line, s.id FROM staged_{kind}s s
            WHERE s.practice = :practice AND s.feed = :feed
                AND NOT EXISTS (SELECT FROM {kind}s o WHERE o.practice = :practice AND o.id = s.id)
            OFFSET 0
        ) n JOIN {kind}s o ON o.practice = :practice AND {_plain("o.id")} = {_plain("n.id")}
        WHERE {_plain("n.id")} <> '' GROUP BY n.line, n.id
        """  # noqa: S608 - constants


_ALIKE = text(f"{_alike('client')} UNION ALL {_alike('patient')} ORDER BY kind, line")

_LIKE_CLIENTS = text(
    f"""
    SELECT w.id AS wanted, min(c.id) AS id
    FROM unnest(CAST(:clients AS text[])) AS w (id) JOIN (
        SELECT id FROM clients WHERE practice = :practice
        UNION ALL SELECT id FROM staged_clients WHERE practice = :practice AND feed = :feed
    ) c ON {_plain("c.id")} = {_plain("w.id")}
    WHERE {_plain("w.id")} <> '' GROUP BY w.id
    """  # noqa: S608 - constants
)
