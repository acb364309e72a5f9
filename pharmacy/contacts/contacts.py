"""Adds, lists and copies the contacts of a clinic (RS6)."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.contacts.tables import CONTACT_VALUES, contacts
from pharmacy.records.errors import NoSuchRecord


async def add_contact(connection: AsyncConnection, clinic: str, values: dict[str, Any]) -> RowMapping:
    added = insert(contacts).values(practice=clinic, id=secrets.token_hex(6), **values).returning(*contacts.c)
    return (await connection.execute(added)).mappings().one()


async def copy_contact(connection: AsyncConnection, clinic: str, origin: str, id: str) -> RowMapping:
    """Copies a contact of another clinic of this transaction; the two have nothing to do with each other from then on.

    Raises `NoSuchRecord`.
    """
    names = ("kind", "name", *CONTACT_VALUES)
    query = select(*(contacts.c[name] for name in names)).where(contacts.c.practice == origin, contacts.c.id == id)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no contact {id[:64]} at the clinic '{origin[:64]}'.")
    return await add_contact(connection, clinic, dict(row))


async def list_contacts(
    connection: AsyncConnection, clinic: str, limit: int, after: tuple[str, str] | None = None
) -> list[RowMapping]:
    """Returns a clinic's contacts by name, after the one with this name in small letters and ID."""
    order = func.lower(contacts.c.name), contacts.c.id
    query = select(*contacts.c).where(contacts.c.practice == clinic).order_by(*order).limit(limit)
    if after:
        query = query.where(tuple_(*order) > tuple_(*after))
    return list((await connection.execute(query)).mappings())


async def erase(connection: AsyncConnection, practice: str) -> None:
    await connection.execute(delete(contacts).where(contacts.c.practice == practice))
