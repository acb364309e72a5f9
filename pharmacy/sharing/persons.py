"""Finds the clients of several clinics who are one person, by the rules of merging (RS4, DP9).

A clinic sees each person once: certain pairs become one client; likely ones wait for a person to decide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.merge.match import match
from pharmacy.merge.people import people_from_json
from pharmacy.merge.proposal import Decision, Proposal
from pharmacy.records.clinic import also_as, clinic_transaction
from pharmacy.records.matching import person_json
from pharmacy.records.tables import search_key
from pharmacy.sharing.tables import person_links

LINKS_PER_STATEMENT = 500
CHUNK_CLIENTS = 2_000
"""Clients of a feed that are compared at once."""
SAME_PRACTICE = "Another client of the same clinic is this person already; a person decides."


async def join_feed(engine: AsyncEngine, practice: str, number: int) -> None:
    """Joins the new clients of a feed, and new patients of clients who were joined before. Again changes nothing."""
    given = {"practice": practice, "feed": number}
    async with clinic_transaction(engine, practice) as connection:
        if not await connection.scalar(text("SELECT cardinality(own_circles()) > 1")):
            return
        ids = (await connection.execute(_NEW_IN_FEED, given)).scalars().all()
    for start in range(0, len(ids), CHUNK_CLIENTS):
        async with clinic_transaction(engine, practice) as connection:
            await join_everywhere(connection, practice, ids[start : start + CHUNK_CLIENTS])
    async with clinic_transaction(engine, practice) as connection:
        await connection.execute(_NEW_PETS_IN_FEED, given)


async def join_everywhere(connection: AsyncConnection, practice: str, ids: Sequence[str]) -> None:
    """Compares clients who were just added or taken with those of each other clinic that sees them, and joins them."""
    query = text(
        "SELECT DISTINCT unnest(members_of(circle)) FROM clients WHERE practice = :practice AND id = ANY (:ids)"
    )
    members = (await connection.execute(query, {"practice": practice, "ids": list(ids)})).scalars().all()
    for clinic in sorted(members):
        async with also_as(connection, clinic):
            await join(connection, clinic, practice, ids)


async def join(connection: AsyncConnection, clinic: str, practice: str, ids: Sequence[str]) -> None:
    """Joins these clients of `practice` with others whom the clinic sees, as far as the rules are certain."""
    given: dict[str, Any] = {"clinic": clinic, "practice": practice, "ids": list(ids)}
    if not await connection.scalar(_OTHERS, given):
        return
    near = (await connection.execute(_NEAR, given)).all()
    if not near:
        return
    keys = {"practices": [row.practice for row in near], "others": [row.id for row in near], "clinic": clinic}
    existing = people_from_json((await connection.execute(_CANDIDATES, keys)).scalars())
    given["ids"] = sorted({row.own for row in near})
    imported = people_from_json((await connection.execute(_THESE, given)).scalars())
    different = {(row.one, row.other) for row in await connection.execute(_DIFFERENT, given)}
    proposals = match(existing, imported, different=different, strict=True)
    joined = await _joined(connection, [each for each in proposals if each.decision is Decision.MERGE])
    links = [_link(clinic, each, joined.get((each.existing, each.imported))) for each in proposals]
    for start in range(0, len(links), LINKS_PER_STATEMENT):
        rows = links[start : start + LINKS_PER_STATEMENT]
        await connection.execute(insert(person_links).values(rows).on_conflict_do_nothing())


async def _joined(connection: AsyncConnection, proposals: Sequence[Proposal]) -> dict[tuple[str, str], bool]:
    """Joins those whom the rules are certain of. Returns whether each pair is one person now."""
    pairs = [[*each.existing.split(" ", 1), *each.imported.split(" ", 1)] for each in proposals]
    rows = await connection.execute(_JOIN, {"pairs": json.dumps(pairs)})
    return {(row.one, row.other): row.joined for row in rows}


def _link(clinic: str, proposal: Proposal, joined: bool | None) -> dict[str, Any]:
    practice, id = proposal.existing.split(" ", 1)
    other_practice, other_id = proposal.imported.split(" ", 1)
    return {
        **{"clinic": clinic, "practice": practice, "id": id, "other_practice": other_practice, "other_id": other_id},
        "state": "same" if joined else "review",
        "score": proposal.score,
        "reasons": [*([SAME_PRACTICE] if joined is False else []), *proposal.reasons],
    }


_JOIN = text(
    "SELECT p->>0 || ' ' || (p->>1) AS one, p->>2 || ' ' || (p->>3) AS other, "
    "join_persons(p->>0, p->>1, p->>2, p->>3) AS joined FROM jsonb_array_elements(CAST(:pairs AS jsonb)) p"
)
_NEW_IN_FEED = text("SELECT id FROM clients WHERE practice = :practice AND feed = :feed ORDER BY id")
_NEW_PETS_IN_FEED = text(
    "SELECT same_animals(array_agg(DISTINCT c.person)) FROM patients p JOIN clients c "
    "ON c.practice = p.practice AND c.id = p.client "
    "WHERE p.practice = :practice AND p.feed = :feed AND c.person IS NOT NULL"
)
_KEY = "c.practice || ' ' || c.id"
_PERSON = person_json("patients", id=_KEY, practice="c.practice")
_OTHER_CLINICS = """
    SELECT circle, practice FROM (SELECT unnest(own_circles()) AS circle) own
    CROSS JOIN LATERAL unnest(members_of(circle)) practice WHERE practice <> :practice
"""
_OTHERS = text(
    f"SELECT EXISTS (SELECT FROM ({_OTHER_CLINICS}) k CROSS JOIN LATERAL "  # noqa: S608 - constants
    "(SELECT FROM clients c WHERE c.circle = k.circle AND c.practice = k.practice AND c.surname_first >= '' LIMIT 1) o)"
)
_DIGITS = "right(regexp_replace({}.phone, '[^0-9]', '', 'g'), 10)"
_SURNAME = search_key("new.surname || ' '")
# OFFSET has each new client search the index, whatever the planner thinks of ranges.
# A pair needs more than the surname in common, or the rules would not even have a person look at it.
_NEAR = text(
    f"""
    WITH new AS MATERIALIZED (
        SELECT *, {_SURNAME} AS key FROM clients new WHERE practice = :practice AND id = ANY (:ids)
    ), k AS MATERIALIZED ({_OTHER_CLINICS}), near AS (
        SELECT c.practice, c.id, c.person, new.id AS own, new.person AS own_person
        FROM new CROSS JOIN k CROSS JOIN LATERAL (
            SELECT * FROM clients c WHERE c.circle = k.circle AND c.practice = k.practice
            AND c.surname_first >= new.key AND c.surname_first < new.key || chr(1114111) OFFSET 0
        ) c
        WHERE left(c.given_first, 1) = left(new.given_first, 1)
            AND (c.postcode = new.postcode OR lower(c.city) = lower(new.city))
            OR c.street = new.street OR c.email = new.email OR {_DIGITS.format("c")} = {_DIGITS.format("new")}
        UNION SELECT c.practice, c.id, c.person, new.id, new.person FROM new CROSS JOIN k CROSS JOIN LATERAL (
            SELECT * FROM clients c WHERE c.circle = k.circle AND c.practice = k.practice
            AND c.email = new.email OFFSET 0
        ) c
    )
    SELECT practice, id, own FROM near WHERE person IS NULL OR person IS DISTINCT FROM own_person
    """  # noqa: S608 - constants
)
_CANDIDATES = text(
    f"""
    SELECT DISTINCT ON (coalesce(c.person::text, {_KEY})) {_PERSON}
    FROM clients c JOIN (SELECT DISTINCT * FROM unnest(cast(:practices AS text[]), cast(:others AS text[]))
        given (practice, id)) given USING (practice, id)
    ORDER BY coalesce(c.person::text, {_KEY}), c.practice <> :clinic, c.practice
    """  # noqa: S608 - constants
)
_THESE = text(f"SELECT {_PERSON} FROM clients c WHERE c.practice = :practice AND c.id = ANY (:ids)")  # noqa: S608
_PAIR = "practice || ' ' || id AS one, other_practice || ' ' || other_id AS other"
_DIFFERENT = text(
    f"""
    SELECT {_PAIR} FROM person_links WHERE state = 'different' AND other_practice = :practice AND other_id = ANY (:ids)
    UNION ALL SELECT other, one FROM (
        SELECT {_PAIR} FROM person_links WHERE state = 'different' AND practice = :practice AND id = ANY (:ids)
    ) turned
    """  # noqa: S608 - constants
)


async def settle_link(connection: AsyncConnection, link: RowMapping, same: bool, by: str) -> None:
    """Records what a person decided about a likely duplicate."""
    this = [person_links.c[name] == link[name] for name in ("clinic", "practice", "id", "other_practice", "other_id")]
    decided = {"state": "same" if same else "different", "by": by, "at": func.now()}
    await connection.execute(update(person_links).where(*this).values(**decided))
