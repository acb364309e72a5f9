"""Before an order is sent, its shipping name and address are confirmed (DP13): the rule that the order path asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import clinic
from pharmacy.records.json_values import in_words
from pharmacy.records.problem import NoSuchRecord, RecordsProblem
from pharmacy.records.tables import shipping_confirmations


@dataclass(frozen=True)
class Label:
    """Where an order would go, and what the practice says otherwise."""

    name: str
    address: str
    differing: list[str]
    known: str
    """All of this as one text: confirmed is what stands here, and not what it may become later."""


@dataclass(frozen=True)
class Verdict:
    """Whether an order may be shipped, and if not, why."""

    allowed: bool
    why: str = ""


async def label(engine: AsyncEngine, practice: str, client: str) -> Label:
    """What has to be confirmed for a client's next order. Raises `NoSuchRecord`."""
    async with clinic(engine, practice) as connection:
        return await _label(connection, practice, client)


async def confirm(engine: AsyncEngine, practice: str, client: str, order: str, seen: Label, by: str) -> None:
    """Somebody confirms name and address for one order, as they saw them. Raises `RecordsProblem` if it is another by
    now."""
    async with clinic(engine, practice) as connection:
        now = await _label(connection, practice, client)
        if now.known != seen.known:
            raise RecordsProblem("The name or address has changed in the meantime: look at it and confirm it again.")
        given = {"confirmed": now.known, "by": by, "at": func.now()}
        await connection.execute(
            insert(shipping_confirmations)
            .values(practice=practice, client=client, order=order, **given)
            .on_conflict_do_update(index_elements=["practice", "client", "order"], set_=given)
        )


async def may_ship(engine: AsyncEngine, practice: str, client: str, order: str) -> Verdict:
    """Whether the order may go out: name and address, as they are now, were confirmed for this very order (DP13).

    A confirmation ends when either changes, or when the practice comes to say otherwise. Raises `NoSuchRecord`.
    """
    async with clinic(engine, practice) as connection:
        now = await _label(connection, practice, client)
        table = shipping_confirmations.c
        confirmed = await connection.scalar(
            select(table.confirmed).where(table.practice == practice, table.client == client, table.order == order)
        )
    if now.name == "-" or now.address == "-":
        return Verdict(False, f"The {'name' if now.name == '-' else 'address'} is missing: ask the owner for it.")
    if confirmed is None:
        return Verdict(False, "Confirm the shipping name and address before this order is sent.")
    if confirmed != now.known:
        return Verdict(False, "The name or address has changed since it was confirmed: confirm it again.")
    return Verdict(True)


async def _label(connection: AsyncConnection, practice: str, client: str) -> Label:
    given = {"practice": practice, "client": client}
    found = (await connection.execute(_CLIENT, given)).mappings().first()
    if found is None:
        raise NoSuchRecord(f"There is no client {client[:64]} in this clinic.")
    values: dict[str, Any] = dict(found)
    open_ones = (await connection.execute(_DIFFERING, given)).all()
    name = in_words("name", {key: values[key] for key in ("given_name", "surname")})
    address = in_words("address", {key: values[key] for key in ("street", "city", "state", "postcode")})
    differing = [f"The practice has the {each.field} {in_words(each.field, each.theirs)}." for each in open_ones]
    known = [values, [[each.field, each.theirs] for each in open_ones]]
    return Label(name, address, differing, json.dumps(known, sort_keys=True, ensure_ascii=False))


_CLIENT = text(
    "SELECT given_name, surname, street, city, state, postcode FROM clients WHERE practice = :practice AND id = :client"
)
_DIFFERING = text(
    "SELECT field, theirs FROM differences WHERE practice = :practice AND kind = 'client' AND id = :client "
    "AND field IN ('name', 'address') AND state IN ('open', 'asked') ORDER BY field"
)
