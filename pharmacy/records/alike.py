"""Finds ids of a staged feed that differ from other ids only by what spreadsheets change: zeros, capitals, signs."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

EXAMPLES = 3


async def alike_questions(connection: AsyncConnection, practice: str, number: int) -> list[str]:
    """Returns a question for a person if clients or patients would be entered a second time under another id."""
    questions = []
    for kind in ("client", "patient"):
        found = (await connection.execute(_alike(kind), {"practice": practice, "feed": number})).all()
        if found:
            some = ", ".join(f"{new} for {known}" for new, known in found[:EXAMPLES])
            questions.append(
                f"{len(found):,} new ids of {kind}s are like known ids but for zeros at the front, capitals or "
                f"signs ({some}{', ...' if len(found) > EXAMPLES else ''}): taken in, they are entered a second time."
            )
    return questions


async def find_alike(connection: AsyncConnection, practice: str, number: int, clients: Iterable[str]) -> dict[str, str]:
    """Returns for ids of unknown clients the known or staged client whose id is like it."""
    parameters = {"practice": practice, "feed": number, "clients": list(set(clients))}
    return {row.wanted: row.id for row in await connection.execute(_LIKE_CLIENTS, parameters)}


def _plain(id: str) -> str:
    """Returns SQL for an id without what spreadsheets and people add or leave out."""
    without_point = f"CASE WHEN {id} LIKE '%.0' THEN left({id}, -2) ELSE {id} END"
    return f"ltrim(translate(lower({without_point}), ', ''\"', ''), '0')"


def _alike(kind: str) -> TextClause:
    return text(
        f"""
        WITH new AS MATERIALIZED (
            SELECT s.line, s.id FROM staged_{kind}s s
            WHERE s.practice = :practice AND s.feed = :feed
                AND NOT EXISTS (SELECT FROM {kind}s o WHERE o.practice = :practice AND o.id = s.id)
        )
        SELECT n.id AS new, min(o.id) AS known
        FROM new n JOIN {kind}s o ON o.practice = :practice AND {_plain("o.id")} = {_plain("n.id")}
        WHERE {_plain("n.id")} <> '' GROUP BY n.line, n.id ORDER BY n.line
        """  # noqa: S608 - constants
    )


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
