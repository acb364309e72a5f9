"""Confirmation of shipping name and address before an order is sent (DP13)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.records.json_values import format_value
from pharmacy.records.tables import shipping_confirmations


@dataclass(frozen=True)
class ShippingLabel:
    """The name and address of an order, and sentences about values that the practice has otherwise."""

    name: str
    address: str
    differing: list[str]
    fingerprint: str
    """All of this as one text. A confirmation counts for this text only."""


@dataclass(frozen=True)
class ShippingPermission:
    allowed: bool
    why: str = ""


async def load_label(engine: AsyncEngine, practice: str, client: str) -> ShippingLabel:
    """Returns what has to be confirmed for a client's next order. Raises `NoSuchRecord`."""
    async with clinic_transaction(engine, practice) as connection:
        return await _read_label(connection, practice, client)


async def confirm_label(
    engine: AsyncEngine, practice: str, client: str, order: str, label: ShippingLabel, by: str
) -> None:
    """Records that a person confirmed the label for one order. Raises `RecordsError` if the label has changed."""
    async with clinic_transaction(engine, practice) as connection:
        current = await _read_label(connection, practice, client)
        if current.fingerprint != label.fingerprint:
            raise RecordsError("The name or address has changed in the meantime: look at it and confirm it again.")
        values = {"confirmed": current.fingerprint, "by": by, "at": func.now()}
        await connection.execute(
            insert(shipping_confirmations)
            .values(practice=practice, client=client, order=order, **values)
            .on_conflict_do_update(index_elements=["practice", "client", "order"], set_=values)
        )


async def may_ship(engine: AsyncEngine, practice: str, client: str, order: str) -> ShippingPermission:
    """Returns whether the order may be shipped: its current name and address were confirmed for this order (DP13).

    A confirmation ends when either changes, or when a feed brings another value. Raises `NoSuchRecord`.
    """
    async with clinic_transaction(engine, practice) as connection:
        label = await _read_label(connection, practice, client)
        table = shipping_confirmations.c
        confirmed = await connection.scalar(
            select(table.confirmed).where(table.practice == practice, table.client == client, table.order == order)
        )
    if label.name == "-" or label.address == "-":
        return ShippingPermission(
            False, f"The {'name' if label.name == '-' else 'address'} is missing: ask the owner for it."
        )
    if confirmed is None:
        return ShippingPermission(False, "Confirm the shipping name and address before this order is sent.")
    if confirmed != label.fingerprint:
        return ShippingPermission(False, "The name or address has changed since it was confirmed: confirm it again.")
    return ShippingPermission(True)


async def _read_label(connection: AsyncConnection, practice: str, client: str) -> ShippingLabel:
    parameters = {"practice": practice, "client": client}
    row = (await connection.execute(_CLIENT, parameters)).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no client {client[:64]} in this clinic.")
    values: dict[str, Any] = dict(row)
    differences = (await connection.execute(_DIFFERING, parameters)).all()
    name = format_value("name", {key: values[key] for key in ("given_name", "surname")})
    address = format_value("address", {key: values[key] for key in ("street", "city", "state", "postcode")})
    differing = [f"The practice has the {each.field} {format_value(each.field, each.theirs)}." for each in differences]
    fingerprint = [values, [[each.field, each.theirs] for each in differences]]
    return ShippingLabel(name, address, differing, json.dumps(fingerprint, sort_keys=True, ensure_ascii=False))


_CLIENT = text(
    "SELECT given_name, surname, street, city, state, postcode FROM clients WHERE practice = :practice AND id = :client"
)
_DIFFERING = text(
    "SELECT field, theirs FROM differences WHERE practice = :practice AND kind = 'client' AND id = :client "
    "AND field IN ('name', 'address') AND state IN ('open', 'asked') ORDER BY field"
)
