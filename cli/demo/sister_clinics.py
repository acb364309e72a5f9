"""The demo's third story: two clinics of one owner share records, and nobody is reminded twice (RS)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.demo.account import let_in
from cli.demo.narrator import TIMEOUT
from cli.demo.portal import Portal
from desk import sharing_pairs
from desk.service import Desk
from desk.sharing_preview import Consequences, show_preview
from desk.time_travel import fast_forward
from pharmacy.billing.invoices import add_invoice
from pharmacy.contacts.contacts import add_contact
from pharmacy.inventory.counts import load_counts, put_count
from pharmacy.records.clinic import member_transaction
from pharmacy.records.feeds import add_practice
from pharmacy.reminders.items import put_item
from pharmacy.reminders.patients import PatientReminder, list_reminders
from pharmacy.sharing.clients import add_client, client_rows
from pharmacy.sharing.listing import list_clients
from pharmacy.sharing.patients import add_patient, list_patients
from pharmacy.sharing.records import MedicalRecord, add_record, list_records
from pharmacy.sharing.taking import suggest
from pharmacy.tasks import editing
from pharmacy.tasks.editing import NewTask
from playbooks.record_sharing import COOLING_OFF, IRREVERSIBLE
from store.accounts.clinics import ClinicAccount, put_clinic
from store.accounts.members import Member
from templates.filters import join_list

ELM, OAK = "elm-street", "oak-park"
NAMES = {ELM: "Elm Street Animal Clinic", OAK: "Oak Park Animal Clinic"}
ACCOUNTS = {ELM: "office@elm-street.example", OAK: "office@oak-park.example"}
OWNER = ("maya@elm-street.example", "Maya Lind")
"""Owner of both clinics, who works at Elm Street."""
ADMINS = {ELM: OWNER, OAK: ("theo@oak-park.example", "Theo Grant")}
"""Who confirms for each clinic."""
ROSA = ("rosa@relief.example", "Rosa Diaz")
"""Relief vet at both clinics."""
PLACE: dict[str, Any] = {
    "owner": "Elm and Oak Pet Health LLC",
    "time_zone": "America/Chicago",
    "country": "US",
    "state": "IL",
}
JO: dict[str, str | None] = {
    "given_name": "Jo",
    "surname": "Bell",
    "street": "12 Elm Street",
    "city": "Chicago",
    "phone": "(312) 555-0161",
}
PAT: dict[str, str | None] = {"given_name": "Pat", "surname": "Moss", "email": "pat.moss@mail.example"}
OLDER: dict[str, dict[str, dict[str, str | None]]] = {
    ELM: {
        "Mimi": {"given_name": "Ana", "surname": "Cole", "phone": "(312) 555-0181"},
        "Daisy": {"given_name": "Sam", "surname": "Reed", "street": "3 Lake Street", "city": "Chicago"},
    },
    OAK: {
        "Bruno": {"given_name": "Lee", "surname": "Ward", "phone": "(312) 555-0182"},
        "Daisy": {"given_name": "Samuel", "surname": "Reed", "email": "sam.reed@mail.example"},
    },
}
"""Clients from before sharing, each with a pet, whom nobody has shared; Sam Reed may be one person or two."""
TASKS = {ELM: "Call Jo Bell about Scooby's weight", OAK: "Look at Monday's blood results"}
DAILY = "Check the temperature of the vaccine fridge"
"""What is to be done every day at each clinic."""


class Vaccine(NamedTuple):
    id: str
    name: str
    in_hand: int


LAB = {"kind": "company", "name": "Central Veterinary Laboratory"}
CONTACTS = {
    ELM: (
        {**LAB, "phone": "(312) 555-0171", "email": "results@central-lab.example", "notes": "Collects at 5 pm."},
        {"kind": "person", "name": "Lou Meyer", "company": "Swift Couriers", "phone": "(312) 555-0172"},
    ),
    OAK: (
        {**LAB, "phone": "(312) 555-0173", "notes": "Ask for the desk of Oak Park."},
        {"kind": "company", "name": "Green Line Courier", "phone": "(312) 555-0174"},
    ),
}
"""A laboratory of the same name at both, and a courier: sister clinics share no contacts, but copy them (RS6)."""
ITEMS = {ELM: Vaccine("rabies", "Rabies vaccine", 12), OAK: Vaccine("rab-1", "Rabies, 1 year", 8)}
"""The same service, which each clinic calls otherwise."""
LEPTO = {ELM: Vaccine("lepto", "Leptospirosis vaccine", 20), OAK: Vaccine("lep-4", "Leptospirosis, 4 strains", 15)}
"""Another one, of which nobody has said so."""
OWED_CENTS = 5000
"""What Jo owes Oak Park, which Elm Street sees."""


@dataclass(frozen=True)
class Shared:
    """How the story came out: the preview before and after the rule, Jo's IDs, and what Elm Street sees of Scooby."""

    before: Consequences
    after: Consequences
    states: set[str]
    jo: dict[str, str]
    records: list[MedicalRecord]
    counts: dict[str, int]
    reminders: list[PatientReminder]

    def failures(self) -> list[str]:
        lacking = {each.item.clinic for each in self.before.missing_rules}
        due = [each.clinic for each in self.reminders if each.state == "due"]
        checks = {
            "the preview shows no double reminder": bool(self.before.double_reminders),
            "the preview does not name the rule that is missing at each clinic": lacking == {ELM, OAK},
            "a reminder would still go out twice": not (self.after.double_reminders or self.after.missing_rules),
            "the clinics do not share": self.states == {"enabled"},
            "Jo has one ID at both clinics": self.jo[ELM] != self.jo[OAK],
            "Elm Street does not see both records": [each.location for each in self.records] == [OAK, ELM],
            f"the counts are {self.counts}": self.counts == {ELM: 11, OAK: 7},
            f"Scooby is reminded by {join_list(due) or 'nobody'}": due == [OAK],
        }
        return [failure for failure, ok in checks.items() if not ok]


class SisterClinics:
    """Plays the story for the people in it, in the portal at `url`."""

    def __init__(self, console: Console, desk: Desk, url: str, password: str) -> None:
        self.console = console
        self.desk = desk
        self.url = url
        self.password = password

    async def play(self) -> Shared:
        self._chapter(f"{NAMES[ELM]} and {NAMES[OAK]} have one owner, and records of their own")
        maya, theo = await self._admins()
        scooby = await self._bring_scooby(maya)
        async with self._portal(maya) as at_elm, self._portal(theo) as at_oak:
            self._chapter("Maya of Elm Street signs in, and asks for record sharing")
            await at_elm.submit("sharing", "sharing/requests", clinics=OAK)
            self._line("Both clinics are told by e-mail, at the address on their account")
            self._chapter("Nothing is shared yet; both see what would follow")
            before = await self._preview(maya)
            self._chapter("Maya says that the two are the same service, and looks again")
            await at_elm.submit("items", "items/rules", item=ITEMS[ELM].id, clinic=OAK, other=ITEMS[OAK].id)
            after = await self._preview(maya)
            self._chapter("Both type back that it cannot be fully undone; a day passes in which they could withdraw")
            for portal in (at_elm, at_oak):
                await portal.submit("sharing", "sharing/confirm", words=IRREVERSIBLE)
            states = await self._pass_the_day()
            self._chapter("Jo Bell comes to Oak Park with Scooby. Theo types her name, and takes Elm Street's client")
            jo, there = await self._take(at_oak, maya, theo)
            self._chapter("Oak Park vaccinates Scooby")
            done = {"kind": "vaccination", "item": ITEMS[OAK].id, "text": "Rabies, for one year."}
            await at_oak.submit(f"patients/{there}", f"patients/{there}", **done)
        records, reminders = await self._scooby_at_elm(maya, scooby)
        await self._leave_open(maya, theo, jo[OAK])
        return Shared(before, after, states, jo, records, await self._counts(maya, theo), reminders)

    async def _admins(self) -> list[Member]:
        """Puts both clinics on record, with their people, items and tasks; returns Maya, who owns both, and Theo."""
        database, admins = self.desk.database, []
        for clinic, name in NAMES.items():
            await put_clinic(database, clinic, ClinicAccount(name=name, account_email=ACCOUNTS[clinic], **PLACE), "sam")
            await add_practice(database, clinic, name)
            admin = await let_in(database, clinic, *OWNER, "owner", self.password)
            if clinic == OAK:
                admin = await let_in(database, clinic, *ADMINS[clinic], "admin", self.password)
            await let_in(database, clinic, *ROSA, "vet", self.password)
            async with self._at(admin) as connection:
                await _stock(connection, clinic, ITEMS[clinic])
                await add_client(connection, clinic, PAT)
                for pet, values in OLDER[clinic].items():
                    owner = await add_client(connection, clinic, values)
                    await add_patient(connection, clinic, owner.id, {"name": pet, "species": None, "breed": None})
                for contact in CONTACTS[clinic]:
                    await add_contact(connection, clinic, contact)
            today = datetime.now(ZoneInfo(PLACE["time_zone"])).date()
            daily = NewTask(title=DAILY, assignee=ROSA[0], due_on=today, repeat="FREQ=DAILY")
            for task in (NewTask(title=TASKS[clinic], assignee=ROSA[0]), daily):
                await editing.add(database, admin, task)
            admins.append(admin)
        return admins

    async def _bring_scooby(self, maya: Member) -> str:
        """Adds Jo Bell and Scooby to Elm Street, and returns Scooby's ID there."""
        async with self._at(maya) as connection:
            jo = await add_client(connection, ELM, JO)
            scooby = await add_patient(connection, ELM, jo.id, {"name": "Scooby", "species": "dog", "breed": None})
            given = {"kind": "vaccination", "item": ITEMS[ELM].id, "text": "Rabies, for one year.", "by": maya.handle}
            at = datetime.now(UTC) - timedelta(days=350)
            await add_record(connection, ELM, scooby.id, at=at, **given)
        self._line("Elm Street knows Jo Bell and Scooby, whose rabies vaccination is due again in two weeks")
        return scooby.id

    async def _preview(self, member: Member) -> Consequences:
        shown = await show_preview(self.desk, member)
        for double in shown.double_reminders:
            self._line(
                f"Owners would be reminded twice, by {join_list(NAMES[each] for each in double.clinics)}:", "red"
            )
        for missing in shown.missing_rules:
            alike = join_list(f"{each.name} of {NAMES[each.clinic]}" for each in missing.alike)
            self._line(f"no rule says that {alike} ends the reminder of {missing.item.name}", "red")
        if not shown.missing_rules:
            self._line("No owner would be reminded twice")
            return shown
        numbers = shown.numbers
        self._line(f"Probably clients of both: {numbers.likely_duplicates}; all clients stay where they are")
        gaining = join_list(f"{each.name} of {NAMES[each.clinic]}" for each in shown.members_gaining_sight)
        self._line(f"{gaining} will see the clients that are shared")
        return shown

    async def _pass_the_day(self) -> set[str]:
        """Moves the request's clock, and returns how the clinics share then."""
        length = timedelta(hours=COOLING_OFF.hours + 1)
        await fast_forward(self.desk.client, f"record-sharing/{ELM}", length, TIMEOUT)
        pairs = [each for clinic in NAMES for each in await sharing_pairs.list_pairs(self.desk, clinic)]
        states: set[str] = {each.state for each in pairs}
        self._line(f"Sharing is {join_list(sorted(states))}; both are told what is shared, and what never is")
        return states

    async def _take(self, at_oak: Portal, maya: Member, theo: Member) -> tuple[dict[str, str], str]:
        """Returns Jo's ID at each clinic, and Scooby's at Oak Park."""
        async with self._at(theo) as connection:
            [offered] = await suggest(connection, OAK, "jo b")
        await at_oak.submit("clients?name=jo+b", "clients/take", offered=f"{offered.clinic}~{offered.client}")
        async with self._at(theo) as connection:
            [jo], _ = await list_clients(connection, OAK, "jo b", 2)
            [scooby] = await list_patients(connection, OAK, await client_rows(connection, OAK, jo.id))
            [record] = await list_records(connection, OAK, scooby.id, 2)
        self._line(f"Jo is {jo.id} at Oak Park, and {offered.client} at Elm Street")
        self._line(f"{scooby.name} came along, with the {record.kind} that {NAMES[record.location]} gave")
        return {ELM: offered.client, OAK: jo.id}, scooby.id

    async def _scooby_at_elm(self, maya: Member, scooby: str) -> tuple[list[MedicalRecord], list[PatientReminder]]:
        async with self._at(maya) as connection:
            records = await list_records(connection, ELM, scooby, 10)
            reminders = await list_reminders(connection, ELM, scooby)
        self._line(f"Elm Street sees at once what {NAMES[records[0].location]} gave")
        for each in reminders:
            state = "done" if each.state == "done" else f"due on {each.due_on:%-d %b %Y}"
            self._line(f"The reminder of {NAMES[each.clinic]} ({each.name}) is {state}")
        return records, reminders

    async def _leave_open(self, maya: Member, theo: Member, jo: str) -> None:
        """Leaves something for whoever tries the demo: a balance at Oak Park, and two items that are the same."""
        for member in (maya, theo):
            async with self._at(member) as connection:
                await _stock(connection, member.clinic, LEPTO[member.clinic])
        async with self._at(theo) as connection:
            await add_invoice(connection, OAK, jo, OWED_CENTS, "Rabies vaccination", theo.handle)
        self._line(f"Jo owes Oak Park ${OWED_CENTS / 100:.2f}, which Elm Street sees; it is paid at Oak Park")

    async def _counts(self, *members: Member) -> dict[str, int]:
        """Returns how many of its item each clinic has."""
        found = {}
        for member in members:
            async with self._at(member) as connection:
                item = ITEMS[member.clinic].id
                found[member.clinic] = (await load_counts(connection, member.clinic, [item]))[item]
        return found

    @asynccontextmanager
    async def _portal(self, member: Member) -> AsyncIterator[Portal]:
        portal = Portal(self.url, member.clinic)
        try:
            await portal.sign_in(member.email, self.password)
            yield portal
        finally:
            await portal.close()

    @asynccontextmanager
    async def _at(self, member: Member) -> AsyncIterator[AsyncConnection]:
        async with member_transaction(self.desk.database, member.person, member.clinic) as (connection, _):
            yield connection

    def _chapter(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")

    def _line(self, text: str, color: str = "green") -> None:
        self.console.print(f"  [{color}]●[/] {escape(text)}")


async def _stock(connection: AsyncConnection, clinic: str, vaccine: Vaccine) -> None:
    await put_item(connection, clinic, vaccine.id, vaccine.name, 365)
    await put_count(connection, clinic, vaccine.id, vaccine.in_hand)
