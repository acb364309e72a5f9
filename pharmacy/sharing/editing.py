"""Changes of a client by a member of any clinic that sees it: all of them see the new value at once (RS5, RS8).

Nothing is lost if two clinics write at the same time: every value stays in the history, and who replaces what another
clinic has just written is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.contact_details import check_details
from pharmacy.records.editing import lock_value, write_value
from pharmacy.records.errors import RecordsError
from pharmacy.records.statements import insert_change_at, set_client_column
from pharmacy.records.update_rules import Rule, rules
from pharmacy.sharing.clients import client_row, person_rows


@dataclass(frozen=True)
class Replaced:
    """A value that another clinic wrote a few minutes before it was replaced."""

    field: str
    value: dict[str, Any]
    clinic: str
    by: str | None
    at: datetime


async def change_client(
    connection: AsyncConnection, clinic: str, id: str, values: Mapping[str, str | None], by: str
) -> list[Replaced]:
    """Changes values of a client, given by column; returns what it replaced of another clinic's in the last minutes.

    Raises `NoSuchRecord` and `RecordsError`.
    """
    row = await client_row(connection, clinic, id)
    replaced = []
    for rule in rules("client"):
        if given := {name: values[name] for name in rule.columns if name in values}:
            replaced += await _change(connection, clinic, row, rule, given, by)
    return replaced


async def _change(
    connection: AsyncConnection, clinic: str, row: RowMapping, rule: Rule, given: Mapping[str, str | None], by: str
) -> list[Replaced]:
    practice, id = row["practice"], row["id"]
    before = await lock_value(connection, practice, rule, id)
    check_details(given, before)
    where = {"practice": practice, "id": id, "field": rule.field, "clinic": clinic}
    last = (await connection.execute(_WRITTEN_ELSEWHERE, where)).mappings().first()
    changed = await write_value(connection, practice, rule, id, {**before, **given}, "staff", by, None, clinic)
    return [Replaced(rule.field, before, **last)] if changed and last else []


async def set_home(connection: AsyncConnection, clinic: str, row: RowMapping, home: str, by: str) -> None:
    """Sets a client's home location. Raises `RecordsError` if that clinic does not see the client."""
    rows = await person_rows(connection, clinic, row)
    if not any(home in each["members"] for each in rows):
        raise RecordsError("That clinic does not see this client; share the client with it first.")
    may_know = {clinic} | {member for each in rows if each["practice"] == home for member in each["members"]}
    # A third clinic is not told of one that it shares nothing with.
    told = [each for each in rows if each["practice"] in may_know or home in each["members"]]
    await _set(connection, clinic, told, "home", home, by)


async def set_opt_out(connection: AsyncConnection, clinic: str, row: RowMapping, mail: bool, by: str) -> None:
    """Sets whether a client wants no mail, wherever the client is seen."""
    await _set(connection, clinic, await person_rows(connection, clinic, row), "opt_out", mail, by)


async def _set(connection: AsyncConnection, clinic: str, rows: Any, name: str, new: str | bool, by: str) -> None:
    for row in rows:
        old = row[name] or row["practice"] if name == "home" else row[name]
        key = {"practice": row["practice"], "id": row["id"]}
        if old != new:
            await connection.execute(set_client_column(**key, name=name, new=new))
            change = {**key, "kind": "client", "field": name, "old": {name: old}, "new": {name: new}}
            await connection.execute(insert_change_at(clinic, change, by))


_WRITTEN_ELSEWHERE = text(
    """
    SELECT coalesce(clinic, practice) AS clinic, by, at FROM (
        SELECT * FROM changes WHERE practice = :practice AND kind = 'client' AND id = :id AND field = :field
        ORDER BY number DESC LIMIT 1
    ) last WHERE coalesce(clinic, practice) <> :clinic AND old <> new AND at > now() - interval '15 minutes'
    """
)
