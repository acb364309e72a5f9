"""Overrides: owners change their own values, staff rename pets. Each is recorded, and no feed undoes it (DP13).

After an override the practice's value differs from ours. That is kept as a decided difference, which reopens only when
the practice sends another value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.feeds.values import InvalidValue, clean_text, parse_email
from pharmacy.prescriptions.register import mark_renamed
from pharmacy.records import statements
from pharmacy.records.clinic import also_as, clinic_transaction
from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.records.json_values import to_json
from pharmacy.records.twins import lock_twins
from pharmacy.records.update_rules import Rule, rule

OWNER_FIELDS = ("name", "address", "phone", "email")
"""The fields that owners may change."""


async def rename_pet(engine: AsyncEngine, practice: str, patient: str, name: str, by: str, why: str) -> list[str]:
    """Renames a pet, for a member of staff and with the reason (DP13).

    Marks its open prescriptions as needing a new one; returns their numbers. Raises `RecordsError`.
    """
    why = require_reason(why)
    async with clinic_transaction(engine, practice) as connection:
        return await write_pet_name(connection, practice, patient, name, by, why)


async def change_own_value(
    engine: AsyncEngine, practice: str, client: str, field: str, values: Mapping[str, str | None], by: str
) -> bool:
    """Changes an owner's own name, address, phone or e-mail, given by columns (DP13).

    Returns whether it differed before. Raises `RecordsError`.
    """
    if field not in OWNER_FIELDS:
        raise RecordsError(f"An owner cannot change '{field[:40]}' here; call us about it.")
    async with clinic_transaction(engine, practice) as connection:
        return await write_value(connection, practice, rule("client", field), client, values, "owner", by, None)


async def write_pet_name(
    connection: AsyncConnection, practice: str, patient: str, name: str, by: str, why: str | None
) -> list[str]:
    """Does what `rename_pet` does, in the caller's transaction; a reason is not required."""
    if not name.strip():
        raise RecordsError("A pet needs a name; write the new one.")
    name_rule = rule("patient", "name")
    old = (await lock_value(connection, practice, name_rule, patient))["name"]
    if not await write_value(connection, practice, name_rule, patient, {"name": name}, "staff", by, why):
        raise RecordsError(f"The pet is called {name.strip()} already.")
    new = (await lock_value(connection, practice, name_rule, patient))["name"]
    return await mark_prescriptions(connection, practice, patient, old, new)


async def mark_prescriptions(
    connection: AsyncConnection, practice: str, patient: str, old: str | None, new: str
) -> list[str]:
    """Marks the open prescriptions on which another name of the pet stands, at all clinics that have it (DP13, RS5)."""
    twins = await connection.execute(lock_twins("patient"), {"practice": practice, "ids": [patient]})
    marked: list[str] = []
    for origin, id in sorted({(practice, patient), *((twin.practice, twin.id) for twin in twins)}):
        async with also_as(connection, origin):
            marked += await mark_renamed(connection, origin, id, old, new)
    return sorted(marked)


async def lock_value(connection: AsyncConnection, practice: str, rule: Rule, id: str) -> dict[str, Any]:
    """Locks a record until the transaction ends. Returns our value of a field, by column. Raises `NoSuchRecord`."""
    await connection.execute(lock_twins(rule.kind), {"practice": practice, "ids": [id]})
    columns = ", ".join(rule.columns)
    query = text(
        f"SELECT {columns} FROM {rule.kind}s WHERE practice = :practice AND id = :id FOR UPDATE"  # noqa: S608
    )
    row = (await connection.execute(query, {"practice": practice, "id": id})).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no {rule.kind} {id[:64]} in this clinic.")
    return dict(row)


async def write_value(
    connection: AsyncConnection,
    practice: str,
    rule: Rule,
    id: str,
    values: Mapping[str, Any],
    source: statements.Source,
    by: str,
    why: str | None,
    clinic: str | None = None,
) -> bool:
    """Writes a value that a person gave, and records the change. Returns whether it differed before.

    `clinic` is where the person gave it, if not at the practice. Sister clinics' rows of the same client or patient
    that are seen here get the value too (RS5).
    """
    new = _clean(rule, values)
    old = await lock_value(connection, practice, rule, id)
    rows = [(practice, id, old)]
    for twin in await connection.execute(lock_twins(rule.kind), {"practice": practice, "ids": [id]}):
        if twin.practice != practice:
            rows.append((twin.practice, twin.id, await lock_value(connection, twin.practice, rule, twin.id)))
            clinic = clinic or practice
    for origin, own_id, before in rows:
        if new != before:
            value, ours, theirs = statements.Value(origin, rule, own_id), to_json(new), to_json(before)
            await connection.execute(statements.set_value(value, new))
            await connection.execute(statements.insert_change(value, theirs, ours, source, by, why, clinic))
            # The practice's value is that of an existing difference, or else our previous one.
            await connection.execute(statements.keep_difference(value, ours, theirs, by, why))
            await connection.execute(statements.close_if_agreed(value, ours))
    return new != old


def _clean(rule: Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(rule.columns))
    if unknown:
        raise RecordsError(f"{', '.join(unknown)} is not part of a {rule.title}; it has {', '.join(rule.columns)}.")
    new: dict[str, Any] = {}
    for name in rule.columns:
        value = values.get(name)
        try:
            new[name] = _clean_text(name, value) if isinstance(value, str) else value
        except InvalidValue as error:
            raise RecordsError(f"The {rule.title} {error}; correct it.") from None
    return new


def _clean_text(name: str, text: str) -> str | None:
    return parse_email(text) if name == "email" else clean_text(text, ", " if name == "street" else " ")


def require_reason(why: str) -> str:
    """Returns the reason without blanks around it. Raises `RecordsError` if there is none."""
    if not why.strip():
        raise RecordsError("Say why: the reason stays on record.")
    return why.strip()
