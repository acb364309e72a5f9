"""Clients as a clinic sees them: its own, and those that sister clinics share with it (RS4, RS5).

A person whom several clinics have is one client, under this clinic's own ID if it has one.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.clinic import also_as
from pharmacy.records.contact_details import check_details
from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.statements import insert_by_hand
from pharmacy.records.tables import CLIENT_VALUES, clients
from pharmacy.records.twins import lock_twins
from pharmacy.sharing.duplicates import likely_duplicates
from pharmacy.sharing.ids import MEANT, meant, shown_id
from pharmacy.sharing.persons import join_everywhere

CONTACT = (("street", "city", "state", "postcode"), ("phone",), ("email",))
"""The contact details of a client: each is taken from one clinic as a whole."""


@dataclass(frozen=True)
class SharedClient:
    """A client under the ID of the clinic that looks. `shared_with` are the other clinics that see it.

    Of them, `partly_with` see only some of the clients who are one person here, as joining two shares nothing (RS10);
    `own_seen_at` see this clinic's own. `elsewhere` has, by clinic, the contact details that only other clinics have.
    `likely_duplicates` are other clients here who may be the same person, for a person to decide.
    """

    id: str
    practice: str
    values: dict[str, str | None]
    elsewhere: dict[str, dict[str, str | None]]
    home_location: str
    shared_with: tuple[str, ...]
    partly_with: tuple[str, ...]
    own_seen_at: tuple[str, ...]
    opt_out: bool
    likely_duplicates: tuple[str, ...]

    @property
    def name(self) -> str:
        return name_of(self.values["given_name"], self.values["surname"])


def name_of(given_name: str | None, surname: str | None) -> str:
    """Returns what pages call a client."""
    return " ".join(filter(None, (given_name, surname))) or "A client without a name"


async def add_client(connection: AsyncConnection, clinic: str, values: dict[str, str | None]) -> SharedClient:
    """Adds a client of this clinic, who appears at once where it shares automatically (RS4).

    Who is certainly a client there already is one person from then on. Raises `RecordsError`.
    """
    check_details(values)
    id = secrets.token_hex(6)
    await connection.execute(insert_by_hand("client", {"practice": clinic, "id": id, **values}))
    await join_everywhere(connection, clinic, [id])
    return await load_client(connection, clinic, id)


async def load_client(connection: AsyncConnection, clinic: str, id: str) -> SharedClient:
    """Raises `NoSuchRecord`, also for a client of another clinic that is not shared with this one."""
    return await as_client(connection, clinic, await client_rows(connection, clinic, id))


async def load_exactly(connection: AsyncConnection, clinic: str, id: str) -> SharedClient:
    """Returns the very client that this ID names, though others be the same person. Raises `NoSuchRecord`."""
    return _client(clinic, [await exact_row(connection, clinic, id)], {})


async def load_clients(connection: AsyncConnection, clinic: str, ids: Iterable[str]) -> dict[str, SharedClient]:
    """Returns many clients by ID, in as many statements as one; those whom the clinic does not see are left out."""
    wanted = {}
    for id in ids:
        may_be = meant(clinic, id)
        wanted[id] = (may_be["clinic"], may_be["id"]), (may_be["origin"], may_be["origin_id"])
    keys = [key for both in wanted.values() for key in both]
    query = select_clients().where(tuple_(clients.c.practice, clients.c.id).in_(keys))
    rows = {(row["practice"], row["id"]): row for row in (await connection.execute(query)).mappings()}
    found = {id: rows.get(own) or rows[other] for id, (own, other) in wanted.items() if own in rows or other in rows}
    return dict(zip(found, await as_clients(connection, clinic, found.values()), strict=True))


async def client_row(connection: AsyncConnection, clinic: str, id: str, *, lock: bool = False) -> RowMapping:
    """Returns the row of the client that the clinic knows by this ID, its own if it has one of the same person.

    Raises `NoSuchRecord`. With `lock`, nobody else changes the client until the transaction ends.
    """
    row = await exact_row(connection, clinic, id)
    if lock:
        await connection.execute(lock_twins("client"), {"practice": row["practice"], "ids": [row["id"]]})
        row = await exact_row(connection, clinic, id, lock=True)
    return (await person_rows(connection, clinic, row))[0]


async def client_rows(connection: AsyncConnection, clinic: str, id: str) -> Sequence[RowMapping]:
    """Returns all rows that the clinic sees of the person it knows by this ID, its own first. Raises `NoSuchRecord`."""
    return await person_rows(connection, clinic, await exact_row(connection, clinic, id))


async def exact_row(connection: AsyncConnection, clinic: str, id: str, *, lock: bool = False) -> RowMapping:
    """Returns the very row that this ID names. Raises `NoSuchRecord`."""
    row = (await connection.execute(_LOCK if lock else _LOAD, meant(clinic, id))).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no client {id[:64]} at this clinic.")
    return row


def same_person(practice: str, id: str) -> ColumnElement[bool]:
    """Returns the condition for the row of a client, and for those of other clinics that are the same person."""
    own = (clients.c.practice == practice) & (clients.c.id == id)
    mine = clients.alias("mine")
    person = select(mine.c.person).where(mine.c.practice == practice, mine.c.id == id).scalar_subquery()
    return or_(own, clients.c.person == person)


async def person_rows(connection: AsyncConnection, clinic: str, row: RowMapping) -> Sequence[RowMapping]:
    """Returns all rows that the clinic sees of this person, its own first."""
    if row["person"] is None:
        return [row]
    query = select_clients().where(clients.c.person == row["person"]).order_by(*own_first(clinic))
    return (await connection.execute(query)).mappings().all()


async def joined_at(
    connection: AsyncConnection, clinic: str, row: RowMapping, seen: Sequence[RowMapping]
) -> dict[str, str]:
    """Returns where this client is one with another, here or at clinics that see the client too, by which ID there.

    `seen` are the `person_rows` of the client. Only a clinic that sees both can tell them apart.
    """
    if row["person"] is None:
        return {}
    known = {clinic} | {member for each in seen for member in each["members"]}
    async with also_as(connection, *known):
        rows = await person_rows(connection, clinic, row)
    joined = [each for each in known if sum(each in one["members"] for one in rows) > 1]
    return {each: shown_id(each, row["practice"], row["id"]) for each in joined}


async def as_client(connection: AsyncConnection, clinic: str, rows: Sequence[RowMapping]) -> SharedClient:
    """Returns the client of whom these are all rows that this clinic sees."""
    return _client(clinic, rows, await likely_duplicates(connection, clinic, rows))


async def as_clients(connection: AsyncConnection, clinic: str, rows: Iterable[RowMapping]) -> list[SharedClient]:
    """Returns the clients of these rows, each person as this clinic has it."""
    rows = list(rows)
    groups = defaultdict[int, list[RowMapping]](list)
    if persons := {row["person"] for row in rows} - {None}:
        query = select_clients().where(clients.c.person.in_(persons)).order_by(*own_first(clinic))
        for each in (await connection.execute(query)).mappings():
            groups[each["person"]].append(each)
    shown = [groups.get(row["person"], [row]) for row in rows]
    duplicates = await likely_duplicates(connection, clinic, [each for group in shown for each in group])
    return [_client(clinic, group, duplicates) for group in shown]


def select_clients() -> Any:
    return select(*clients.c, func.members_of(clients.c.circle).label("members"))


def own_first(clinic: str) -> tuple[Any, ...]:
    return clients.c.practice != clinic, clients.c.practice


# As text, since SQLAlchemy takes longer to build such a statement than PostgreSQL to answer it.
_ROW = f"SELECT *, members_of(circle) AS members FROM clients WHERE {MEANT} ORDER BY practice <> :clinic LIMIT 1"  # noqa: S608
_LOAD, _LOCK = text(_ROW), text(f"{_ROW} FOR NO KEY UPDATE")


def _client(
    clinic: str, rows: Sequence[RowMapping], duplicates: dict[tuple[str, str], list[tuple[str, str]]]
) -> SharedClient:
    row = rows[0]
    seen_at = [set[str](each["members"]) for each in rows]
    members, of_all = set[str]().union(*seen_at), set.intersection(*seen_at)
    return SharedClient(
        id=shown_id(clinic, row["practice"], row["id"]),
        practice=row["practice"],
        values={name: row[name] for name in CLIENT_VALUES},
        elsewhere=_elsewhere(rows),
        home_location=row["home"] or row["practice"],
        shared_with=tuple(sorted(members - {clinic})),
        partly_with=tuple(sorted(members - of_all - {clinic})),
        own_seen_at=tuple(sorted(seen_at[0] - {clinic})) if row["practice"] == clinic else (),
        opt_out=row["opt_out"],
        likely_duplicates=tuple(
            sorted(
                {shown_id(clinic, *one) for each in rows for one in duplicates.get((each["practice"], each["id"]), ())}
            )
        ),
    )


def _elsewhere(rows: Sequence[RowMapping]) -> dict[str, dict[str, str | None]]:
    """Returns what the first of a person's rows has no value for, as the first other row has it, by its clinic."""
    found = defaultdict[str, dict[str, str | None]](lambda: dict.fromkeys(CLIENT_VALUES))
    for columns in CONTACT:
        known = [row for row in rows if any(row[name] for name in columns)]
        if known and known[0] is not rows[0]:
            found[known[0]["practice"]] |= {name: known[0][name] for name in columns}
    return dict(found)
