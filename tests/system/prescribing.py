"""A practice whose ezyVet is live, and its prescriptions, driven as the API does it, on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert

from configuration.settings import Settings
from desk import prescribing, prescriptions
from desk.prescribing import ItemOrder, PrescriptionOrder
from desk.prescription_detail import PrescriptionDetail, detail_of
from desk.service import Desk
from integrations.ezyvet import prescribers, sites
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.records import User
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.events import parse_event
from pharmacy.prescriptions.life.values import Receipt
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.tables import clients, patients, practices
from store.secrets.keyring import secrets_keyring
from tests.simulators.ezyvet.running import RunningEzyvet
from tests.system.harness import Practice, eventually, forward

CARPROFEN = Product(reference="carprofen-75", name="Carprofen 75 mg", kind="prescription", price_cents=2000)
SHAMPOO = Product(reference="shampoo", name="Medicated shampoo", kind="over_the_counter", price_cents=1250)
VET = "dr-okafor"


@dataclass
class EzyvetPractice:
    """`practice` is being connected; `site` is its ezyVet in the simulator."""

    practice: Practice
    ezyvet: RunningEzyvet
    site: dict[str, Any]
    opened: list[str] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        return self.practice.desk

    async def prescribe(self, *items: ItemOrder, origin: Any = "vet", patient: str = "6", **more: Any) -> str:
        order = PrescriptionOrder(
            practice=self.practice.id,
            patient=patient,
            prescriber=VET,
            origin=origin,
            items=items or (item(CARPROFEN),),
            **more,
        )
        opened = await prescribing.open_prescription(self.desk, order, "pharmacy")
        self.opened.append(opened.id)
        return opened.id

    async def report(self, id: str, event: str, **body: Any) -> Receipt:
        return await prescriptions.record_event(self.desk, id, parse_event(event, body), "pharmacy")

    async def show(self, id: str) -> PrescriptionDetail:
        loaded = await prescriptions.load(self.desk, id)
        return detail_of(loaded, loaded.opened_at)

    async def shown_when(self, id: str, seen: Callable[[PrescriptionDetail], bool]) -> PrescriptionDetail:
        def at_last(shown: PrescriptionDetail) -> bool:
            assert seen(shown) or shown.ezyvet.state != "needs_person", shown.ezyvet.reason
            return seen(shown)

        return await eventually(lambda: self.show(id), at_last)

    async def sent(self, id: str, *statuses: str) -> PrescriptionDetail:
        """The prescription once ezyVet shows all of it, with these statuses of its items."""
        return await self.shown_when(
            id, lambda shown: shown.ezyvet.state == "sent" and tuple(each.status for each in shown.items) == statuses
        )

    async def held(self) -> list[dict[str, Any]]:
        """The prescriptions that ezyVet holds."""
        found = await self.ezyvet.control("GET", f"/sites/{self.site['uid']}")
        return list(found["prescriptions"])

    async def forward(self, id: str, duration: timedelta) -> None:
        """Moves a prescription's clock."""
        await forward(self.desk.client, self.desk.client.get_workflow_handle(f"prescription/{id}"), duration)

    async def break_next(self, fault: dict[str, Any]) -> None:
        """Has the simulator do something wrong with the next call that the fault concerns."""
        await self.ezyvet.control("POST", "/faults", {**fault, "site": self.site["uid"], "next": 1})

    async def listed_when(self, id: str, seen: Callable[[Any], bool]) -> None:
        """Waits until the register has the prescription as wanted."""

        async def row() -> Any:
            found = await register.find(self.desk.database, id)
            assert found is not None
            return found

        await eventually(row, seen)

    async def set_state(self, state: Any) -> None:
        await sites.set_state(self.desk.database, self.practice.id, state)


def item(product: Product, qty: int = 3, refills: int = 2) -> ItemOrder:
    return ItemOrder(
        product=product.reference,
        qty=Decimal(qty),
        refills=Decimal(refills),
        price_cents=product.price_cents,
        instructions="Take one daily on an empty stomach",
    )


@asynccontextmanager
async def ezyvet_practice(
    practice: Practice, ezyvet: RunningEzyvet, settings: Settings, state: Any = "live"
) -> AsyncIterator[EzyvetPractice]:
    practice.playbook = "ezyvet"
    await practice.start()
    site = await ezyvet.seed(practice.id)
    database = practice.desk.database
    async with database.begin() as connection:
        await connection.execute(insert(practices).values(id=practice.id, name=practice.id))
        owners = [
            {
                "practice": practice.id,
                "id": "5",
                "given_name": "Dana",
                "surname": "Reyes",
                "email": f"dana@{practice.id}.test",
                "feed": 1,
                "fed": 1,
            }
        ]
        await connection.execute(insert(clients).values(owners))
        pets = [{"practice": practice.id, "id": "6", "client": "5", "name": "Biscuit", "feed": 1, "fed": 1}]
        await connection.execute(insert(patients).values(pets))
    for product in (CARPROFEN, SHAMPOO):
        await catalogue.store(database, product)
    keyring = secrets_keyring(settings)
    assert keyring is not None
    given = {name: SecretStr(site[name]) for name in ("client_id", "client_secret", "partner_id")}
    credentials = Credentials(**given, site_uid=SecretStr(site["uid"]))
    await sites.store_credentials(database, keyring, practice.id, credentials)
    vet = User(id=10, first_name="Vera", last_name="Okafor", is_vet=True)
    await prescribers.choose_users(database, practice.id, {VET: vet}, "sam")
    one = EzyvetPractice(practice, ezyvet, site)
    await one.set_state(state)
    yield one
