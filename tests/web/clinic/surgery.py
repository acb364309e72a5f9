"""A practice with patients, products and a vet, whose prescriptions its people see and decide."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from desk import prescribing, prescriptions
from desk.practice_prescriptions import PracticeView, view
from desk.prescribing import ItemOrder, PrescriptionOrder
from desk.service import Desk
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.events import parse_event
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.tables import clients, patients, practices
from store.accounts.members import Member
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import Browser
from tests.web.clinic.staff import Clinic

CARPROFEN = Product(reference="carprofen-75", name="Carprofen 75 mg", kind="prescription", price_cents=2000)
SHAMPOO = Product(reference="shampoo", name="Medicated shampoo", kind="over_the_counter", price_cents=1250)
KETAMINE = Product(reference="ketamine", name="Ketamine", kind="controlled", price_cents=900)


@dataclass
class Surgery:
    """`vet` is the prescriber whom owners ask, `browser` where that vet is signed in."""

    clinic: Clinic
    desk: Desk
    vet: Member
    browser: Browser

    @property
    def at(self) -> str:
        return self.clinic.at

    async def request(
        self,
        *products: Product,
        patient: str = "6",
        origin: Any = "owner",
        beside: Collection[str] | None = None,
        qty: Decimal = Decimal(3),
        **more: Any,
    ) -> str:
        items = tuple(
            ItemOrder(product=each.reference, qty=qty, refills=Decimal(2), price_cents=each.price_cents)
            for each in products or (CARPROFEN,)
        )
        order = PrescriptionOrder(
            practice=self.clinic.id, patient=patient, prescriber=self.vet.handle, origin=origin, items=items, **more
        )
        opened = await prescribing.open_prescription(self.desk, order, "shop", beside=beside)
        await self.published(opened.id, 0)
        return opened.id

    async def report(self, id: str, event: str, **body: Any) -> None:
        await prescriptions.record_event(self.desk, id, parse_event(event, body), "shop")

    async def show(self, id: str) -> PracticeView:
        prescription = await prescriptions.load(self.desk, id)
        return view(prescription, prescription.opened_at)

    async def published(self, id: str, events: int) -> None:
        """Waits until the register has the prescription with so many events."""

        async def stored() -> Any:
            row = await register.find(self.desk.database, id)
            return row and row["record"]

        await eventually(stored, lambda record: record is not None and len(record["events"]) >= events)

    async def order_page(self, id: str) -> str:
        row = await register.find(self.desk.database, id)
        assert row
        return f"/rx/{row['token']}"


async def open_surgery(clinic: Clinic, desk: Desk, mailbox: Mailbox) -> Surgery:
    await Practice(desk, mailbox, clinic.id).start()
    async with desk.database.begin() as connection:
        await connection.execute(insert(practices).values(id=clinic.id, name=f"Clinic {clinic.id}"))
        own = {"practice": clinic.id, "feed": 1, "fed": 1}
        owners = [
            {**own, "id": "5", "given_name": "Dana", "surname": "Reyes", "phone": "312 555 0117"},
            {**own, "id": "8", "given_name": "Lee", "surname": "Moss", "phone": "312 555 0118"},
        ]
        await connection.execute(insert(clients).values(owners))
        pets = [
            {**own, "id": "6", "client": "5", "name": "Biscuit", "species": "dog", "deceased": False},
            {**own, "id": "7", "client": "8", "name": "Biscotti", "species": "cat", "deceased": False},
            {**own, "id": "9", "client": "8", "name": "Old Tom", "species": "cat", "deceased": True},
        ]
        await connection.execute(insert(patients).values(pets))
    for product in (CARPROFEN, SHAMPOO, KETAMINE):
        await catalogue.store(desk.database, product)
    vet = await clinic.member("vet", f"robin@{clinic.id}.test", handle="dr-ames")
    return Surgery(clinic, desk, vet, await clinic.enter(vet))
