"""A clinic's invoices and their payments, and what a client owes at sister clinics (RS6)."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, RowMapping, Select, case, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.billing.tables import VOID, invoices, payments
from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.records.tables import clients
from pharmacy.sharing.clients import client_row, same_person
from pharmacy.sharing.ids import shown_id

_OPEN = case((invoices.c.voided_at.is_(None), invoices.c.cents - invoices.c.paid_cents), else_=0)
_PAID = ("id", "cents", "by", "at", *VOID)
_ELSEWHERE = text("SELECT * FROM invoices_elsewhere(:clinic, :practice, :client)")


class InvoiceElsewhere(RecordsError):
    """The invoice is another clinic's, which alone takes payments for it. `client` is the client's ID there."""

    def __init__(self, clinic: str, client: str, invoice: str) -> None:
        super().__init__(f"Invoice {invoice} is another clinic's, and is paid there.")
        self.clinic, self.client = clinic, client


class Payment(NamedTuple):
    by: str
    at: datetime


class Overpaid(RecordsError):
    """More would be paid than is open. `open_cents` is what is open, `last` by whom and when it was paid last."""

    def __init__(self, open_cents: int, last: Payment | None) -> None:
        super().__init__(f"${open_cents // 100}.{open_cents % 100:02} of this invoice is open; more cannot be paid.")
        self.open_cents, self.last = open_cents, last


class InvoiceVoided(RecordsError):
    """The invoice was made by mistake, and takes no payments."""

    def __init__(self) -> None:
        super().__init__("This invoice was voided.")


class PaymentVoided(RecordsError):
    """The payment that was recorded under this key was a mistake."""

    def __init__(self) -> None:
        super().__init__("The payment with this key was voided; record another under a new key.")


class VoidRefused(RecordsError):
    """An invoice or payment cannot be voided as it is now."""


@dataclass(frozen=True)
class Void:
    """Who said when, and why, that an invoice or payment was recorded by mistake."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Paid:
    """A payment of an invoice; one that is voided does not count."""

    id: int
    cents: int
    by: str
    at: datetime
    voided: Void | None


@dataclass(frozen=True)
class Invoice:
    """An invoice with its payments, the first one first. Of one that is voided nothing is open."""

    id: str
    cents: int
    open_cents: int
    text: str
    by: str
    created_at: datetime
    voided: Void | None
    payments: tuple[Paid, ...]

    @property
    def voidable(self) -> bool:
        return not self.voided and self.open_cents == self.cents


@dataclass(frozen=True)
class OpenElsewhere:
    """What is open at a sister clinic. `client` is the client's ID there."""

    clinic: str
    client: str
    cents: int
    invoices: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Balance:
    own_cents: int
    elsewhere: tuple[OpenElsewhere, ...]


async def add_invoice(
    connection: AsyncConnection, clinic: str, client: str, cents: int, about: str, by: str, key: str | None = None
) -> str:
    """Returns the new invoice's ID, or that of the one made with the same key. Raises `NoSuchRecord`."""
    row = await client_row(connection, clinic, client)
    values = {"practice": clinic, "origin": row["practice"], "client": row["id"], "cents": cents, "text": about}
    added = insert(invoices).values(id=secrets.token_hex(8), by=by, key=key, **values).on_conflict_do_nothing()
    id: str | None = await connection.scalar(added.returning(invoices.c.id))
    return id or str(await connection.scalar(select(invoices.c.id).where(invoices.c.key == key)))


async def add_payment(
    connection: AsyncConnection, clinic: str, client: str, invoice: str, cents: int, by: str, key: str | None = None
) -> int:
    """Records a payment, once for each key, and returns what is still open.

    Raises `NoSuchRecord`, `InvoiceElsewhere`, `InvoiceVoided` and `Overpaid`, and `PaymentVoided` for the key of a
    payment that was voided.
    """
    row = await client_row(connection, clinic, client)
    this = invoices.c.practice == clinic, invoices.c.id == invoice
    if not await connection.scalar(select(invoices.c.id).where(*this, _of(row["practice"], row["id"]))):
        for other in await _elsewhere(connection, clinic, row["practice"], row["id"]):
            if other.id == invoice:
                raise InvoiceElsewhere(other.practice, shown_id(other.practice, other.origin, other.client_id), invoice)
        raise NoSuchRecord(f"The client has no invoice {invoice[:64]} at this clinic.")
    paid = insert(payments).values(practice=clinic, invoice=invoice, cents=cents, by=by, key=key)
    new = await connection.scalar(paid.on_conflict_do_nothing().returning(payments.c.id))
    if new is None:
        if await connection.scalar(select(payments.c.voided_at).where(payments.c.key == key)):
            raise PaymentVoided
        return int(await connection.scalar(select(_OPEN).where(*this)) or 0)
    counted = update(invoices).where(*this, cents <= _OPEN).values(paid_cents=invoices.c.paid_cents + cents)
    left: int | None = await connection.scalar(counted.returning(_OPEN))
    if left is None:
        if await connection.scalar(select(invoices.c.voided_at).where(*this)):
            raise InvoiceVoided
        these = payments.c.practice == clinic, payments.c.invoice == invoice, payments.c.voided_at.is_(None)
        last = select(payments.c.by, payments.c.at).where(*these)
        before = await connection.execute(last.where(payments.c.id != new).order_by(payments.c.id.desc()).limit(1))
        left = int(await connection.scalar(select(_OPEN).where(*this)) or 0)
        raise Overpaid(left, next((Payment(*row) for row in before), None))
    return left


async def payment_with(connection: AsyncConnection, clinic: str, key: str) -> Paid | None:
    """Returns the payment that was recorded at the clinic under this key, if it was."""
    query = select(*(payments.c[name] for name in _PAID))
    found = await connection.execute(query.where(payments.c.practice == clinic, payments.c.key == key))
    return next((_paid(row) for row in found.mappings()), None)


async def void_invoice(
    connection: AsyncConnection, clinic: str, client: str, invoice: str, by: str, reason: str
) -> None:
    """Takes an invoice back that was made by mistake: it stays on record, and no longer counts.

    Raises `NoSuchRecord`, and `VoidRefused` for one that is voided already or paid in part.
    """
    row = await client_row(connection, clinic, client)
    this = invoices.c.practice == clinic, invoices.c.id == invoice, _of(row["practice"], row["id"])
    query = select(invoices.c.paid_cents, invoices.c.voided_at).where(*this).with_for_update()
    found = (await connection.execute(query)).first()
    if found is None:
        raise NoSuchRecord(f"The client has no invoice {invoice[:64]} at this clinic.")
    if found.voided_at:
        raise VoidRefused("The invoice is voided already.")
    if found.paid_cents:
        raise VoidRefused("Something of this invoice is paid. Void its payments first, if they are a mistake too.")
    await connection.execute(update(invoices).where(*this).values(_void(by, reason)))


async def void_payment(
    connection: AsyncConnection, clinic: str, client: str, payment: int, by: str, reason: str
) -> str:
    """Takes a payment back that was recorded by mistake, so that its amount is open again; returns the invoice.

    Raises `NoSuchRecord`, and `VoidRefused` for one that is voided already.
    """
    row = await client_row(connection, clinic, client)
    owned = select(invoices.c.id).where(invoices.c.practice == clinic, _of(row["practice"], row["id"]))
    this = payments.c.practice == clinic, payments.c.id == payment, payments.c.invoice.in_(owned)
    voided = update(payments).where(*this, payments.c.voided_at.is_(None)).values(_void(by, reason))
    found = (await connection.execute(voided.returning(payments.c.invoice, payments.c.cents))).first()
    if found is None:
        if await connection.scalar(select(payments.c.id).where(*this)):
            raise VoidRefused("The payment is voided already.")
        raise NoSuchRecord(f"The client has no payment {payment} at this clinic.")
    of = invoices.c.practice == clinic, invoices.c.id == found.invoice
    await connection.execute(update(invoices).where(*of).values(paid_cents=invoices.c.paid_cents - found.cents))
    return str(found.invoice)


async def list_invoices(connection: AsyncConnection, clinic: str, client: RowMapping, limit: int) -> list[Invoice]:
    """Returns the invoices of this clinic for a client (`client_row`): the open ones first, then the newest."""
    names = ("id", "cents", "text", "by", "created_at")
    query = select(*(invoices.c[name] for name in (*names, *VOID)), _OPEN.label("open_cents"))
    query = query.where(invoices.c.practice == clinic, _of(client["practice"], client["id"]))
    query = query.order_by(_OPEN == 0, invoices.c.created_at.desc(), invoices.c.id).limit(limit)
    found = (await connection.execute(query)).mappings().all()
    paid = await _payments(connection, clinic, [each["id"] for each in found])
    return [
        Invoice(
            **{name: each[name] for name in (*names, "open_cents")},
            voided=_voided(each),
            payments=tuple(paid[each["id"]]),
        )
        for each in found
    ]


async def open_invoices(
    connection: AsyncConnection, clinic: str, client: RowMapping, limit: int
) -> list[tuple[str, int]]:
    """Returns what is open of each invoice of a client (`client_row`) at this clinic, the newest first."""
    query = select(invoices.c.id, _OPEN).where(invoices.c.practice == clinic, _of(client["practice"], client["id"]))
    query = query.where(_OPEN > 0).order_by(invoices.c.created_at.desc(), invoices.c.id).limit(limit)
    return [(id, cents) for id, cents in await connection.execute(query)]


async def load_balance(connection: AsyncConnection, clinic: str, client: RowMapping) -> Balance:
    """Returns what a client (`client_row`) owes here, and at each sister clinic where anything is open."""
    key = client["practice"], client["id"]
    own = select(func.coalesce(func.sum(_OPEN), 0)).where(invoices.c.practice == clinic, _of(*key))
    own_cents = int(await connection.scalar(own) or 0)
    found: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for each in await _elsewhere(connection, clinic, *key):
        if each.open_cents:
            there = each.practice, shown_id(each.practice, each.origin, each.client_id)
            found[there].append((each.id, each.open_cents))
    elsewhere = (
        OpenElsewhere(*there, sum(cents for _, cents in each), tuple(each)) for there, each in sorted(found.items())
    )
    return Balance(own_cents, tuple(elsewhere))


async def _payments(connection: AsyncConnection, clinic: str, of: list[str]) -> defaultdict[str, list[Paid]]:
    """Returns the payments of each of these invoices, in their order."""
    if not of:
        return defaultdict(list)
    query = select(payments.c.invoice, *(payments.c[name] for name in _PAID))
    query = query.where(payments.c.practice == clinic, payments.c.invoice.in_(of)).order_by(payments.c.id)
    found: defaultdict[str, list[Paid]] = defaultdict(list)
    for row in (await connection.execute(query)).mappings():
        found[row["invoice"]].append(_paid(row))
    return found


def _paid(row: RowMapping) -> Paid:
    return Paid(**{name: row[name] for name in ("id", "cents", "by", "at")}, voided=_voided(row))


def _void(by: str, reason: str) -> dict[str, Any]:
    return {"voided_at": func.now(), "voided_by": by, "void_reason": reason}


def _voided(row: RowMapping) -> Void | None:
    return Void(row["voided_at"], row["voided_by"], row["void_reason"]) if row["voided_at"] else None


def _of(practice: str, client: str) -> ColumnElement[bool]:
    """Returns the condition for the invoices of a client, under whichever of the clinics' IDs."""
    same: Select[Any] = select(clients.c.practice, clients.c.id).where(same_person(practice, client))
    return tuple_(invoices.c.origin, invoices.c.client).in_(same)


async def _elsewhere(connection: AsyncConnection, clinic: str, practice: str, client: str) -> Any:
    return (await connection.execute(_ELSEWHERE, {"clinic": clinic, "practice": practice, "client": client})).all()


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes what a practice has made out, and what its clients owe elsewhere."""
    these = or_(invoices.c.practice == practice, invoices.c.origin == practice)
    await connection.execute(delete(payments).where(payments.c.invoice.in_(select(invoices.c.id).where(these))))
    await connection.execute(delete(invoices).where(these))
