"""Clients as a clinic sees them: its own, and those that sister clinics share with it (RS4, RS5)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.tables import CLIENT_VALUES, clients, search_key
from pharmacy.sharing.ids import origins, shown_id


@dataclass(frozen=True)
class SharedClient:
    """A client under the ID of the clinic that looks. `shared_with` are the other clinics that see it."""

    id: str
    practice: str
    values: dict[str, str | None]
    home_location: str
    shared_with: tuple[str, ...]
    opt_out: bool


async def add_client(connection: AsyncConnection, clinic: str, values: dict[str, str | None]) -> SharedClient:
    """Adds a client of this clinic, who appears at once at the clinics to which it shares automatically (RS4)."""
    id = secrets.token_hex(6)
    await connection.execute(insert(clients).values(practice=clinic, id=id, feed=0, fed=0, **values))
    return await load_client(connection, clinic, id)


async def load_client(connection: AsyncConnection, clinic: str, id: str) -> SharedClient:
    """Raises `NoSuchRecord`, also for a client of another clinic that is not shared with this one."""
    return _client(clinic, await client_row(connection, clinic, id))


async def list_clients(connection: AsyncConnection, clinic: str, begins: str | None, limit: int) -> list[SharedClient]:
    """Returns clients by name; `begins` begins the given name, the surname or both, in either order."""
    query = _select().order_by(clients.c.surname_first, clients.c.practice, clients.c.id).limit(limit)
    if begins is not None:
        key = text(search_key("cast(:begins AS text)")).bindparams(begins=begins)
        query = query.where(or_(clients.c.given_first.op("^@")(key), clients.c.surname_first.op("^@")(key)))
    return [_client(clinic, row) for row in (await connection.execute(query)).mappings()]


async def client_row(connection: AsyncConnection, clinic: str, id: str) -> RowMapping:
    """Returns the row of the client that the clinic knows by this ID. Raises `NoSuchRecord`."""
    for practice, own_id in origins(clinic, id):
        query = _select().where(clients.c.practice == practice, clients.c.id == own_id)
        if row := (await connection.execute(query)).mappings().first():
            return row
    raise NoSuchRecord(f"There is no client {id[:64]} at this clinic.")


def same_person(practice: str, id: str) -> ColumnElement[bool]:
    """Returns the condition for the row of a client, and for those of other clinics that are the same person."""
    own = (clients.c.practice == practice) & (clients.c.id == id)
    mine = clients.alias("mine")
    person = select(mine.c.person).where(mine.c.practice == practice, mine.c.id == id).scalar_subquery()
    return or_(own, clients.c.person == person)


def _select() -> Any:
    return select(*clients.c, func.members_of(clients.c.circle).label("members"))


def _client(clinic: str, row: RowMapping) -> SharedClient:
    members: Sequence[str] = row["members"]
    return SharedClient(
        id=shown_id(clinic, row["practice"], row["id"]),
        practice=row["practice"],
        values={name: row[name] for name in CLIENT_VALUES},
        home_location=row["home"] or row["practice"],
        shared_with=tuple(sorted({*members} - {clinic})),
        opt_out=row["opt_out"],
    )
