"""What an owner owes at each clinic that shares their record, and payments, recorded where invoices arose (RS6)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.billing.invoices import Overpaid, add_payment, load_balance, open_invoices
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import RecordsError
from pharmacy.sharing.clients import client_row
from store.accounts.clinics import load_clinic
from store.accounts.problem import NoSuchClinic

MOST = 200


@dataclass(frozen=True)
class Bill:
    """What is open at one clinic: `client` is the owner's ID there, `invoices` what is open of each."""

    clinic: str
    name: str
    client: str
    invoices: tuple[tuple[str, int], ...]

    @property
    def cents(self) -> int:
        return sum(cents for _, cents in self.invoices)


async def load_bills(engine: AsyncEngine, practice: str, client: str) -> list[Bill]:
    """Returns what a client of this practice owes, there first and then at the clinics that share with it."""
    async with clinic_transaction(engine, practice) as connection:
        row = await client_row(connection, practice, client)
        balance = await load_balance(connection, practice, row)
        opened = await open_invoices(connection, practice, row, MOST) if balance.own_cents else []
    own = practice, client, tuple(opened)
    found = [own] if balance.own_cents else []
    found += [(each.clinic, each.client, each.invoices) for each in balance.elsewhere]
    return [Bill(clinic, await _name(engine, clinic), id, invoices) for clinic, id, invoices in found]


async def pay(engine: AsyncEngine, bill: Bill, by: str, key: str) -> None:
    """Records that all of it is paid, at the clinic of the bill. Raises `RecordsError` if less is open by now."""
    async with clinic_transaction(engine, bill.clinic) as connection:
        for invoice, cents in bill.invoices:
            try:
                await add_payment(connection, bill.clinic, bill.client, invoice, cents, by, f"{key} {invoice}")
            except Overpaid:
                raise RecordsError("Somebody has paid in the meantime; your page shows what is open now.") from None


async def _name(engine: AsyncEngine, clinic: str) -> str:
    try:
        return (await load_clinic(engine, clinic)).name
    except NoSuchClinic:
        return clinic
