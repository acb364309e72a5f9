"""Finds clients and patients as a clinic sees them, by names, or the owner's telephone or e-mail address (RS5).

Of each circle and clinic the first few are read in the order of an index, whatever the number of patients. Patients are
looked for at one clinic after the other, and of the next only those who come before the last that is shown so far.
"""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.patients import SUMMARY, PatientSummary
from pharmacy.records.tables import has_number, search_key
from pharmacy.sharing.clients import SharedClient, as_clients
from pharmacy.sharing.ids import shown_id
from pharmacy.sharing.listing import LAST, list_clients
from store import telephone
from store.telephone import telephone_digits

MOST_WORDS = 6


async def search_clients(connection: AsyncConnection, clinic: str, query: str, limit: int) -> list[SharedClient]:
    """Returns clients by name, all of them for an empty query.

    The query begins a name, as for `list_clients`, or is the whole e-mail address or telephone number of a client,
    or else the clinic's own ID of one.
    """
    whole = " ".join(query.replace("\0", "").replace(",", " ").split())
    condition = _has_contact(whole)
    if not condition:
        named, _ = await list_clients(connection, clinic, whole or None, limit)
        if named or not whole:
            return named
        condition = "c.practice = :clinic AND c.id = :whole"
    given = {"clinic": clinic, "limit": limit, "whole": whole, "digits": telephone_digits(whole)}
    return await as_clients(connection, clinic, await _rows(connection, _clients_with(condition), given))


async def search_patients(
    connection: AsyncConnection, clinic: str, query: str, limit: int, *, shared: bool = True
) -> list[PatientSummary]:
    """Returns patients, the clinic's own first, then the living; with `shared`, also those of sister clinics.

    The query begins the patient's name, or the owner's, surname or given name first, or both, one after the other; or
    it is the patient's ID, or the owner's e-mail address or telephone number. An animal that several clinics have is
    found once.
    """
    words = query.replace("\0", "").split()[:MOST_WORDS]
    if not words:
        return []
    given = {**_given(clinic, words, limit), "shared": shared}
    return [_summary(clinic, row) for row in await _rows(connection, _statement(words), given)]


async def _rows(connection: AsyncConnection, statement: str, given: dict[str, Any]) -> list[RowMapping]:
    return list((await connection.execute(text(statement), given)).mappings())


def _given(clinic: str, words: list[str], limit: int) -> dict[str, Any]:
    """Returns the parameters; `begin2` are the first two words, `end2` those after them."""
    whole = " ".join(words)
    given = {"clinic": clinic, "limit": limit, "whole": whole, "digits": telephone_digits(whole)}
    for number in range(1, len(words)):
        given |= {f"begin{number}": " ".join(words[:number]), f"end{number}": " ".join(words[number:])}
    return given


def _statement(words: list[str]) -> str:
    whole = " ".join(words)
    if condition := _has_contact(whole):
        found = [_BY_ID, _of_owners(condition)]
    else:
        parts = [(f"begin{number}", f"end{number}") for number in range(1, len(words))]
        both = [_of_both(*names) for one, other in parts for names in ((one, other), (other, one))]
        found = [_BY_ID, _NAMED, _of_owners(*_OWNERS_NAMED), *both]
    return f"""
        WITH RECURSIVE places AS MATERIALIZED (
            SELECT circle, practice, dense_rank() OVER (ORDER BY practice <> :clinic, practice) AS turn
            FROM (SELECT unnest(own_circles()) AS circle) own CROSS JOIN LATERAL unnest(members_of(circle)) practice
            WHERE practice = :clinic OR :shared
        ), walk AS (
            SELECT cast(0 AS bigint) AS turn, cast(NULL AS patients[]) AS first, cast(:limit AS bigint) AS room,
                true AS deceased, {LAST} AS name
            UNION ALL
            SELECT w.turn + 1, now.first, now.room, coalesce((now.first[:limit]).deceased, true),
                coalesce((now.first[:limit]).search_name, {LAST})
            FROM walk w CROSS JOIN LATERAL (
                WITH k AS (SELECT circle, practice FROM places WHERE turn = w.turn + 1),
                found AS (SELECT * FROM unnest(w.first) UNION ALL {" UNION ALL ".join(found)}),
                once AS (SELECT DISTINCT ON ({_ANIMAL}) * FROM found ORDER BY {_ANIMAL}, practice <> :clinic, practice),
                first AS (SELECT * FROM once p ORDER BY {_ORDER} LIMIT :limit)
                SELECT array_agg(cast(row(p.*) AS patients) ORDER BY {_ORDER}) AS first,
                    :limit - count(*) FILTER (WHERE practice = :clinic) AS room
                FROM first p
            ) now
            WHERE w.turn < (SELECT max(turn) FROM places) AND w.room > 0
        )
        SELECT {SUMMARY} FROM (SELECT first FROM walk ORDER BY turn DESC LIMIT 1) w CROSS JOIN LATERAL unnest(first) p
        JOIN clients c ON c.practice = p.practice AND c.id = p.client
        ORDER BY {_ORDER}
    """


def _has_contact(whole: str) -> str | None:
    """Returns the SQL condition for clients `c` with this e-mail address or telephone number; None if it is neither."""
    if "@" in whole:
        return "c.email IN (:whole, lower(:whole))"
    if len(telephone_digits(whole) or "") >= telephone.SHORTEST:
        return has_number("cast(:digits AS text)")
    return None


def _clients_with(condition: str) -> str:
    """Returns SQL for the clients for whom a condition holds, a person whom several clinics have once."""
    return f"""
        WITH k AS MATERIALIZED (
            SELECT circle, practice FROM (SELECT unnest(own_circles()) AS circle) own
            CROSS JOIN LATERAL unnest(members_of(circle)) practice
        ), once AS (
            SELECT DISTINCT ON ({_PERSON}) c.* FROM k CROSS JOIN LATERAL (
                SELECT * FROM clients c WHERE {_OF_PLACE.format("c")} AND {condition} LIMIT :limit
            ) c ORDER BY {_PERSON}, c.practice <> :clinic, c.practice
        )
        SELECT *, members_of(circle) AS members FROM once ORDER BY surname_first, practice, id LIMIT :limit
    """


def _begins(column: str, name: str) -> str:
    key = search_key(f"cast(:{name} AS text)")
    return f"{column} >= {key} AND {column} < {key} || chr(1114111)"


def _of_owners(*conditions: str) -> str:
    """Returns SQL for the patients of the first owners for whom one of these conditions holds."""
    owners = (
        f"(SELECT c.practice, c.id FROM clients c WHERE {_OF_PLACE.format('c')} AND {condition} LIMIT w.room)"
        for condition in conditions
    )
    return f"""
        SELECT p.* FROM k CROSS JOIN LATERAL ({" UNION ".join(owners)}) c
        JOIN patients p ON p.practice = c.practice AND p.client = c.id
    """


def _of_both(patient: str, owner: str) -> str:
    owners = " OR ".join(_begins(f"c.{key}", owner) for key in ("surname_first", "given_first"))
    # The index has both kinds apart; said so, PostgreSQL may use it for the names too.
    return f"""
        SELECT found.* FROM k CROSS JOIN LATERAL (
            SELECT p.* FROM clients c JOIN patients p ON p.practice = c.practice AND p.client = c.id
            WHERE {_OF_PLACE.format("c")} AND ({owners}) AND {_OF_PLACE.format("p")} AND {_SOON_ENOUGH}
                AND p.deceased = ANY ('{{false, true}}') AND {_begins("p.search_name", patient)}
            ORDER BY p.deceased, p.search_name LIMIT w.room
        ) found
    """


_PERSON = "coalesce(cast(c.person AS text), c.practice || ' ' || c.id)"
_ANIMAL = "coalesce(cast(animal AS text), practice || ' ' || id)"
_ORDER = "p.practice <> :clinic, p.deceased, p.search_name, p.practice, p.id"
# Of plain columns, not of the last row itself: under a policy only so may an index be used.
_SOON_ENOUGH = "(p.deceased, p.search_name) < (w.deceased, w.name)"
_OF_PLACE = "{0}.circle = k.circle AND {0}.practice = k.practice"
_OWNERS_NAMED = [f"{_begins(f'c.{key}', 'whole')} ORDER BY c.{key}" for key in ("surname_first", "given_first")]
_BY_ID = "SELECT p.* FROM k JOIN patients p ON p.practice = k.practice AND p.circle = k.circle AND p.id = :whole"
_NAMED = f"""
    SELECT found.* FROM k CROSS JOIN (VALUES (false), (true)) d (deceased) CROSS JOIN LATERAL (
        SELECT * FROM patients p
        WHERE {_OF_PLACE.format("p")} AND p.deceased = d.deceased AND {_begins("p.search_name", "whole")}
            AND {_SOON_ENOUGH}
        ORDER BY p.search_name LIMIT w.room
    ) found
"""


def _summary(clinic: str, row: RowMapping) -> PatientSummary:
    values = {name: value for name, value in row.items() if name != "animal"}
    origin = row["origin"]
    return PatientSummary(
        **{**values, "id": shown_id(clinic, origin, row["id"]), "owner": shown_id(clinic, origin, row["owner"])}
    )
