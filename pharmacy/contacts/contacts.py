"""Adds, finds, changes and copies the contacts of a clinic (RS6)."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.contacts.tables import CONTACT_VALUES, contacts
from pharmacy.records.contact_details import check_details
from pharmacy.records.errors import NoSuchRecord


async def add_contact(connection: AsyncConnection, clinic: str, values: dict[str, Any]) -> RowMapping:
    """Raises `RecordsError`."""
    check_details(values)
    return await _add(connection, clinic, values)


async def _add(connection: AsyncConnection, clinic: str, values: dict[str, Any]) -> RowMapping:
    added = insert(contacts).values(practice=clinic, id=secrets.token_hex(6), **values).returning(*contacts.c)
    return (await connection.execute(added)).mappings().one()


async def copy_contact(connection: AsyncConnection, clinic: str, origin: str, id: str) -> RowMapping:
    """Copies a contact of another clinic of this transaction; the two have nothing to do with each other from then on.

    Raises `NoSuchRecord`.
    """
    row = await load_contact(connection, origin, id)
    return await _add(connection, clinic, {name: row[name] for name in ("kind", "name", *CONTACT_VALUES)})


async def load_contact(connection: AsyncConnection, clinic: str, id: str, *, lock: bool = False) -> RowMapping:
    """Raises `NoSuchRecord`. With `lock`, nobody else changes the contact until the transaction ends."""
    query = select(*contacts.c).where(contacts.c.practice == clinic, contacts.c.id == id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no contact {id[:64]} at that clinic.")
    return row


async def change_contact(connection: AsyncConnection, present: RowMapping, values: dict[str, Any]) -> None:
    """Changes the contact that was loaded. Raises `RecordsError`."""
    check_details(values, {name: present[name] for name in CONTACT_VALUES})
    this = contacts.c.practice == present["practice"], contacts.c.id == present["id"]
    await connection.execute(update(contacts).where(*this).values(values))


async def list_contacts(
    connection: AsyncConnection, clinic: str, limit: int, after: tuple[str, str] | None = None, part: str = ""
) -> list[RowMapping]:
    """Returns a clinic's contacts by name, after the one with this name in small letters and ID.

    `part` is part of the name, company, telephone or e-mail address.
    """
    order = func.lower(contacts.c.name), contacts.c.id
    query = select(*contacts.c).where(contacts.c.practice == clinic).order_by(*order).limit(limit)
    if part:
        searched = (contacts.c[name] for name in ("name", "company", "phone", "email"))
        query = query.where(or_(*(func.strpos(func.lower(each), part.lower()) > 0 for each in searched)))
    if after:
        query = query.where(tuple_(*order) > tuple_(*after))
    return list((await connection.execute(query)).mappings())


async def clinics_with_contacts(connection: AsyncConnection, clinics: Collection[str]) -> set[str]:
    """Returns which of these clinics have a contact."""
    query = select(contacts.c.practice).where(contacts.c.practice.in_(clinics)).distinct()
    return {*await connection.scalars(query)}


async def contacts_named(
    connection: AsyncConnection, clinics: Collection[str], names: Collection[str]
) -> list[RowMapping]:
    """Returns the contacts of these clinics with one of these names, however they are capitalized."""
    small = [name.lower() for name in names]
    query = select(*contacts.c).where(contacts.c.practice.in_(clinics), func.lower(contacts.c.name).in_(small))
    return list((await connection.execute(query)).mappings())


async def erase(connection: AsyncConnection, practice: str) -> None:
    await connection.execute(delete(contacts).where(contacts.c.practice == practice))
