"""What the demo erases before it begins anew: all of one clinic, and nothing of another."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.demo.clear import ERASED, clear, clear_sister_clinics
from cli.demo.sister_clinics import ELM
from configuration.settings import Settings
from desk.connection import connect
from desk.service import Desk
from machine.problem import MachineProblem
from pharmacy.billing.invoices import add_invoice
from pharmacy.contacts.contacts import add_contact
from pharmacy.inventory.counts import put_count
from pharmacy.records import home_delivery
from pharmacy.records.clinic import clinic_transaction
from pharmacy.sharing.records import add_record
from pharmacy.tasks import editing
from pharmacy.tasks.editing import NewTask
from store.accounts.clinics import ClinicAccount, put_clinic
from store.accounts.members import active_member
from store.journal import journal
from tests.records.clinics import WALLED, Clinic, client, patient
from tests.sharing.clinics import Group
from tests.store.samples import row


async def test_one_clinics_rows_are_erased(both: tuple[Clinic, Clinic], engine: AsyncEngine) -> None:
    riverside, hilltop = both
    await home_delivery.add_home_clients(engine, "riverside", [{"id": "H1"}], [{"id": "HP1", "client": "H1"}])
    await riverside.receive(b"not read yet")
    async with clinic_transaction(engine, "riverside") as connection:
        await put_count(connection, "riverside", "rabies", 7)
        done = {"kind": "vaccination", "item": "rabies", "text": "Given.", "by": "ana"}
        await add_record(connection, "riverside", "P1", at=None, **done)
        await add_invoice(connection, "riverside", "C1", 2000, "Vaccination", "ana")
        await add_contact(connection, "riverside", {"kind": "company", "name": "Central Lab"})
    group = Group(engine)
    await group.add("riverside")
    member = await active_member(engine, "riverside", group.people["riverside"])
    assert member is not None
    await editing.add(engine, member, NewTask(title="Call the lab", notes="They have called twice."))
    before = await hilltop.dump()
    async with engine.begin() as connection:
        for owner in ERASED:
            await owner.erase(connection, "riverside")
        for table in WALLED:
            rows = text(f"SELECT count(*) FROM {table} WHERE practice = 'riverside'")
            assert await connection.scalar(rows) == 0, table
    assert await hilltop.dump() == before
    await riverside.import_rows(client(1), patient(1, 1))
    assert [row["number"] for row in await riverside.rows("SELECT number FROM feeds")] == [1]


async def test_a_real_practice_of_the_same_name_is_left_alone(engine: AsyncEngine) -> None:
    await journal.publish(engine, row("riverside-vet", contacts="owner@riverside-vet.com"), [], [])
    nowhere = await connect("127.0.0.1:1", "onboarding", lazy=True)
    with pytest.raises(MachineProblem, match="is not the demo's practice"):
        await clear(Desk(nowhere, engine, Settings()))


async def test_a_real_clinic_of_the_same_name_is_left_alone(engine: AsyncEngine) -> None:
    place = {"owner": "Elm LLC", "time_zone": "America/Chicago", "country": "US", "state": "IL"}
    account = ClinicAccount(name="Elm Street", account_email="office@elm-street.com", **place)
    await put_clinic(engine, ELM, account, "ana")
    nowhere = await connect("127.0.0.1:1", "onboarding", lazy=True)
    with pytest.raises(MachineProblem, match="is not the demo's practice"):
        await clear_sister_clinics(Desk(nowhere, engine, Settings()))
