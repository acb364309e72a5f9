"""The demo's second story: a practice connects its ezyVet, and its first prescriptions appear there (RX)."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape

from cli.demo.account import let_in
from cli.demo.narrator import wait_for
from desk import ezyvet, ezyvet_trial, feed_imports, prescribing, prescriptions
from desk.prescribing import ItemOrder, PrescriptionOrder
from desk.prescription_detail import PrescriptionDetail, detail_of
from desk.problem import AlreadyOpen
from desk.service import Desk
from partners.ezyvet.credentials import Credentials
from pharmacy.prescriptions.life.events import parse_event
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records import feed_progress
from playbooks.engine.onboarding import Report, Request
from store.accounts.clinics import ClinicAccount, put_clinic
from store.journal import journal

PRACTICE = "harbor-vet"
IDENTITY = f"ezyvet/{PRACTICE}"
NAME = "Harbor Animal Clinic"
PLACE = {"time_zone": "America/Chicago", "country": "US", "state": "IL"}
REQUEST = {
    "practice": {"id": PRACTICE, "name": NAME, **PLACE},
    "primary_contact": {"name": "Noor Haddad", "email": "noor@harbor.example", "phone": "(312) 555-0142"},
    "assignee": "sam",
}
QUANTITY = 3
VET, VET_EMAIL = "dr-okafor", "vera@harbor.example"
PRODUCTS = (
    Product(reference="carprofen-75", name="Carprofen 75 mg, 60 tablets", kind="prescription", price_cents=2000),
    Product(reference="ear-drops", name="Ear drops 10 ml", kind="prescription", price_cents=1850),
)
HOW = {"carprofen-75": "Give one daily with food", "ear-drops": "Put four drops into each ear daily"}
"""The instructions for each product."""
FEED = (
    {"kind": "feed", "scope": "full", "made_at": "2026-11-20T06:00:00Z"},
    {"kind": "client", "id": "5", "given_name": "Dana", "surname": "Reyes", "email": "dana.reyes@mail.example"},
    {"kind": "client", "id": "7", "given_name": "Lee", "surname": "Park", "email": "lee.park@mail.example"},
    {"kind": "patient", "id": "6", "client_id": "5", "name": "Biscuit", "species": "dog", "breed": "Beagle"},
    {"kind": "patient", "id": "8", "client_id": "7", "name": "Juno", "species": "cat", "breed": "Siamese"},
)
SITE = {
    "name": NAME,
    "time_zone": PLACE["time_zone"],
    "users": [
        {"id": 10, "first_name": "Vera", "last_name": "Okafor", "is_vet": True},
        {"id": 12, "first_name": "Reception", "last_name": "", "is_vet": False},
    ],
    "contacts": [
        {"id": 5, "first_name": "Dana", "last_name": "Reyes"},
        {"id": 7, "first_name": "Lee", "last_name": "Park"},
    ],
    "animals": [{"id": 6, "name": "Biscuit", "contact_id": 5}, {"id": 8, "name": "Juno", "contact_id": 7}],
    "consults": [{"id": 15, "animal_id": 6, "date": 1764000000, "description": "Stiff after walks"}],
}


@dataclass(frozen=True)
class Prescribed:
    """The two prescriptions of the story, as they are in the end."""

    first: PrescriptionDetail
    second: PrescriptionDetail

    def failures(self) -> list[str]:
        checks = {
            "Biscuit's prescription is not CURRENT in ezyVet": self.first.items[0].status == "CURRENT",
            "Juno's prescription was not declined": "eclined" in self.second.history[-1].text,
            "Juno's prescription was sent to ezyVet": self.second.ezyvet.uid is None,
        }
        return [failure for failure, ok in checks.items() if not ok]


class Prescribing:
    """Plays the story for the people in it. `ezyvet_url` is the simulator's address."""

    def __init__(self, console: Console, desk: Desk, ezyvet_url: str, password: str) -> None:
        self.console = console
        self.desk = desk
        self.ezyvet_url = ezyvet_url
        self.password = password

    async def play(self) -> Prescribed:
        self._chapter(f"{NAME} wants the pharmacy's prescriptions in its ezyVet, and gives access")
        await self._connect()
        self._chapter("Dana asks for Biscuit's tablets, and Lee for Juno's ear drops; both wait for Dr. Okafor")
        first = await self._request("6", PRODUCTS[0], clinical_record=15)
        second = await self._request("8", PRODUCTS[1])
        self._chapter("Dr. Okafor approves the tablets, and declines the drops")
        await self._report(first, "approve", by=VET)
        reason = {
            "code": "needs_examination",
            "message_to_owner": "Please come in: we have to look at the ear first.",
        }
        await self._report(second, "decline", by="vet", **reason)
        self._chapter("Dana pays: now the prescription is written into ezyVet")
        await self._report(first, "pay")
        await self._shown(first, "PENDING")
        self._chapter("The pharmacy sends the first fill")
        await self._report(first, "dispense", product=PRODUCTS[0].reference, qty=3, remaining=2)
        prescribed = Prescribed(await self._shown(first, "CURRENT"), await self._load(second))
        self._chapter("Lee asks once more, and Dana for drops too: both wait for Dr. Okafor, and for you to try it")
        for patient in ("8", "6"):
            await self._request(patient, PRODUCTS[1])
        return prescribed

    async def _connect(self) -> None:
        desk, database = self.desk, self.desk.database
        with suppress(AlreadyOpen):
            await desk.start("ezyvet", Request.model_validate(REQUEST), "sam")
        await self._import_feed()
        account = ClinicAccount(name=NAME, owner="Harbor Animal Care LLC", account_email="noor@harbor.example", **PLACE)
        await put_clinic(database, PRACTICE, account, "sam")
        await let_in(database, PRACTICE, VET_EMAIL, "Vera Okafor", "vet", self.password, VET)
        await let_in(database, PRACTICE, "noor@harbor.example", "Noor Haddad", "admin", self.password)
        for product in PRODUCTS:
            await catalogue.store(database, product)
        await desk.record(IDENTITY, "access_granted", Report(by="noor@harbor.example"))
        tried = await ezyvet.connect(desk, PRACTICE, await self._credentials(), "sam")
        self._line(f"ezyVet gives us access: {tried.users} users, {tried.vets} with vet rights")
        await ezyvet.choose_users(desk, PRACTICE, {VET: 10}, "sam")
        confirmed = Report(by="noor@harbor.example", data={"confirmed_by": "Noor Haddad"})
        await desk.record(IDENTITY, "prescribers_confirmed", confirmed)
        await ezyvet_trial.send_test(desk, PRACTICE, "6", "sam")
        self._line("A test prescription is in Biscuit's record; Noor sees it")
        await desk.record(IDENTITY, "test_prescription_seen", Report(by="noor@harbor.example"))
        await wait_for(self._closed)
        self._line("The connection is live")

    async def _closed(self) -> bool | None:
        row = await journal.find(self.desk.database, IDENTITY)
        return True if row and row.status == "complete" else None

    async def _credentials(self) -> Credentials:
        """Seeds the practice's site, and returns what it hands us."""
        async with httpx2.AsyncClient(base_url=self.ezyvet_url, trust_env=False, timeout=20) as http:
            site = (await http.put(f"/control/sites/{PRACTICE}", json=SITE)).raise_for_status().json()
        given = {name: SecretStr(site[name]) for name in ("client_id", "client_secret", "partner_id")}
        return Credentials(**given, site_uid=SecretStr(site["uid"]))

    async def _import_feed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "feed.ndjson"
            file.write_text("\n".join(map(json.dumps, FEED)), encoding="utf-8")
            arrival = await feed_imports.hand_in(self.desk, PRACTICE, file, file.name, "sam")

        async def imported() -> bool | None:
            feed = await feed_progress.load_feed(self.desk.database, PRACTICE, arrival.number)
            return True if feed.is_over else None

        await wait_for(imported)

    async def _request(self, patient: str, product: Product, **more: Any) -> str:
        item = ItemOrder(
            product=product.reference,
            qty=Decimal(QUANTITY),
            refills=Decimal(2),
            price_cents=QUANTITY * product.price_cents,
            instructions=HOW[product.reference],
        )
        who = {"practice": PRACTICE, "patient": patient, "prescriber": VET}
        order = PrescriptionOrder(**who, origin="owner", items=(item,), **more)
        opened = await prescribing.open_prescription(self.desk, order, "owner")
        self._tell(detail_of(opened, datetime.now(UTC)))
        return opened.id

    async def _report(self, id: str, event: str, **body: Any) -> None:
        await prescriptions.record_event(self.desk, id, parse_event(event, body), str(body.get("by", "pharmacy")))
        self._tell(await self._load(id))

    async def _shown(self, id: str, status: str) -> PrescriptionDetail:
        """Waits until ezyVet shows this status."""

        async def shown() -> PrescriptionDetail | None:
            found = await self._load(id)
            return found if found.ezyvet.state == "sent" and found.items[0].status == status else None

        found = await wait_for(shown)
        self._line(f"ezyVet shows {found.patient_name}'s {found.items[0].name}: [cyan]{status}[/]")
        return found

    async def _load(self, id: str) -> PrescriptionDetail:
        return detail_of(await prescriptions.load(self.desk, id), datetime.now(UTC))

    def _tell(self, shown: PrescriptionDetail) -> None:
        self._line(f"{escape(shown.patient_name)}: {escape(shown.situation)}")

    def _chapter(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")

    def _line(self, text: str) -> None:
        self.console.print(f"  [green]●[/] {text}")
