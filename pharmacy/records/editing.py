"""Values that people change: owners their own, staff a pet's name. Each is on record, and no feed undoes it (DP13).

After such a change the practice's own system says otherwise than we do. That is known and kept as a difference that is
decided: only when the practice says something new does a feed, or a person, look at it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.feeds import values
from pharmacy.feeds.values import InvalidValue
from pharmacy.prescriptions.labels import mark_renamed
from pharmacy.records import statements
from pharmacy.records.clinic import clinic
from pharmacy.records.json_values import plain
from pharmacy.records.problem import NoSuchRecord, RecordsProblem
from pharmacy.records.rules import Rule, rule

OWN = ("name", "address", "phone", "email")
"""What an owner may change of themselves."""


async def rename_pet(engine: AsyncEngine, practice: str, patient: str, name: str, by: str, why: str) -> list[int]:
    """Gives a pet another name, by a member of staff and with the reason (DP13).

    Its open prescriptions need a new one under the new name; returns their numbers. Raises `RecordsProblem`.
    """
    async with clinic(engine, practice) as connection:
        return await renamed(connection, practice, patient, name, by, why)


async def change_own(
    engine: AsyncEngine, practice: str, client: str, field: str, told: Mapping[str, str | None], by: str
) -> bool:
    """An owner changes their own name, address, phone or e-mail; whether it was another before (DP13).

    `told` has the columns of the value (`rules`). Raises `RecordsProblem`.
    """
    if field not in OWN:
        raise RecordsProblem(f"An owner cannot change '{field[:40]}' here; call us about it.")
    async with clinic(engine, practice) as connection:
        return await written(connection, practice, rule("client", field), client, told, "owner", by, None)


async def renamed(connection: AsyncConnection, practice: str, patient: str, name: str, by: str, why: str) -> list[int]:
    """`rename_pet` within a transaction of the clinic."""
    if not name.strip():
        raise RecordsProblem("A pet needs a name; write the new one.")
    why = reason(why)
    called = rule("patient", "name")
    old = (await held(connection, practice, called, patient))["name"]
    if not await written(connection, practice, called, patient, {"name": name}, "staff", by, why):
        raise RecordsProblem(f"The pet is called {name.strip()} already.")
    new = (await held(connection, practice, called, patient))["name"]
    return await mark_renamed(connection, practice, patient, old, new)


async def held(connection: AsyncConnection, practice: str, which: Rule, id: str) -> dict[str, Any]:
    """What we have for a value, by column, held until the transaction ends. Raises `NoSuchRecord`."""
    columns = ", ".join(which.columns)
    query = text(
        f"SELECT {columns} FROM {which.kind}s WHERE practice = :practice AND id = :id FOR UPDATE"  # noqa: S608
    )
    found = (await connection.execute(query, {"practice": practice, "id": id})).mappings().first()
    if found is None:
        raise NoSuchRecord(f"There is no {which.kind} {id[:64]} in this clinic.")
    return dict(found)


async def written(
    connection: AsyncConnection,
    practice: str,
    which: Rule,
    id: str,
    told: Mapping[str, Any],
    source: statements.Source,
    by: str,
    why: str | None,
) -> bool:
    """Writes a person's value, with the change on record; whether it was another before."""
    new = _cleaned(which, told)
    old = await held(connection, practice, which, id)
    if new == old:
        return False
    value = statements.Value(practice, which, id)
    await connection.execute(statements.set_value(value, new))
    await connection.execute(statements.record_change(value, plain(old), plain(new), source, by, why))
    # The practice still says what it said before: in a difference that stood already, or else our value till now.
    await connection.execute(statements.keep(value, plain(new), plain(old), by, why))
    await connection.execute(statements.end_agreed(value, plain(new)))
    return True


def _cleaned(which: Rule, told: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(told) - set(which.columns))
    if unknown:
        raise RecordsProblem(f"{', '.join(unknown)} is no part of a {which.title}; it has {', '.join(which.columns)}.")
    new: dict[str, Any] = {}
    for name in which.columns:
        given = told.get(name)
        try:
            new[name] = _read(name, given) if isinstance(given, str) else given
        except InvalidValue as wrong:
            raise RecordsProblem(f"The {which.title} {wrong}; correct it.") from None
    return new


def _read(name: str, given: str) -> str | None:
    return values.parse_email(given) if name == "email" else values.clean_text(given, ", " if name == "street" else " ")


def reason(why: str) -> str:
    """Raises `RecordsProblem` if no reason is given."""
    if not why.strip():
        raise RecordsProblem("Say why: the reason stays on record.")
    return why.strip()
