"""A practice of a benchmark's system: its ezyVet, which is the system's simulator, is live; it has one patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import insert

from bench.throughput import request
from bench.world import World
from desk import prescribing, prescriptions
from desk.prescribing import ItemOrder, PrescriptionOrder
from desk.service import Desk
from integrations.ezyvet import prescribers, sites
from machine.home import Home
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.records import User
from pharmacy.prescriptions.life.events import parse_event
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.tables import clients, patients, practices
from store.secrets.keyring import secrets_keyring

VET = "dr-okafor"
PRODUCT = Product(reference="carprofen-75", name="Carprofen 75 mg", kind="prescription", price_cents=2000)
RECORDS: dict[str, Any] = {
    "name": "Bench",
    "users": [{"id": 10, "first_name": "Vera", "last_name": "Okafor", "is_vet": True}],
    "contacts": [{"id": 5, "first_name": "Dana", "last_name": "Reyes"}],
    "animals": [{"id": 6, "name": "Biscuit", "contact_id": 5}],
}


async def seed(control: httpx2.AsyncClient, practice: str) -> Credentials:
    """Makes the practice's site in the simulator; returns its credentials."""
    found = (await control.put(f"/control/sites/{practice}", json=RECORDS)).raise_for_status().json()
    names = ("partner_id", "client_id", "client_secret")
    return Credentials.model_validate({**{name: found[name] for name in names}, "site_uid": practice})


@dataclass(frozen=True)
class EzyvetPractice:
    """`desk` acts for it, without an undo window."""

    id: str
    desk: Desk
    url: str

    async def prescribe(self, origin: Any = "vet") -> str:
        item = ItemOrder(
            product=PRODUCT.reference,
            qty=Decimal(3),
            refills=Decimal(2),
            price_cents=PRODUCT.price_cents,
            instructions="Once daily",
        )
        order = PrescriptionOrder(practice=self.id, patient="6", prescriber=VET, origin=origin, items=(item,))
        return (await prescribing.open_prescription(self.desk, order, "bench")).id

    async def report(self, id: str, event: str, **body: Any) -> None:
        await prescriptions.record_event(self.desk, id, parse_event(event, body), "bench")

    async def calls(self) -> list[dict[str, Any]]:
        """The calls that its ezyVet got so far."""
        async with httpx2.AsyncClient(base_url=self.url) as control:
            found = (await control.get(f"/control/sites/{self.id}/calls")).raise_for_status().json()
        return list(found["calls"])


async def live_practice(world: World, id: str) -> EzyvetPractice:
    given = {"secret_key": SecretStr(Home(world.home).secret("secret_key")), "prescription_undo": timedelta(0)}
    settings = world.desk.settings.model_copy(update=given)
    desk = replace(world.desk, settings=settings)
    keyring = secrets_keyring(settings)
    assert keyring is not None
    await desk.start("ezyvet", request(id), "bench")
    async with desk.database.begin() as connection:
        await connection.execute(insert(practices).values(id=id, name=id))
        owner = {"id": "5", "given_name": "Dana", "surname": "Reyes", "email": "dana@mail.test"}
        await connection.execute(insert(clients).values(practice=id, feed=1, fed=1, **owner))
        await connection.execute(
            insert(patients).values(practice=id, feed=1, fed=1, id="6", client="5", name="Biscuit")
        )
    await catalogue.store(desk.database, PRODUCT)
    async with httpx2.AsyncClient(base_url=world.ezyvet) as control:
        await sites.store_credentials(desk.database, keyring, id, await seed(control, id))
    await prescribers.choose_users(
        desk.database, id, {VET: User(id=10, first_name="Vera", last_name="Okafor", is_vet=True)}, "bench"
    )
    await sites.set_state(desk.database, id, "live")
    return EzyvetPractice(id, desk, world.ezyvet)
