"""A client of north with a dog, shared with south; west shares with south alone and sees nothing of them."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.members import Membership, put_member
from tests.sharing.clinics import Group, group_of
from tests.sharing.program import Programs, programs

JO = {"given_name": "Jo", "surname": "Hart", "email": "jo@mail.test"}


@dataclass(frozen=True)
class Family:
    """`client` and `patient` are the IDs at north."""

    served: Programs
    client: str
    patient: str

    @property
    def group(self) -> Group:
        return self.served.group

    async def give(self, at: httpx2.AsyncClient, item: str | None, on: str = "2026-03-02T15:00:00Z") -> str:
        """Adds a record at the clinic of a program, and returns its ID."""
        patient = self.patient if str(at.base_url).rstrip("/").endswith("/north") else f"north~{self.patient}"
        record = {"at": on, "kind": "vaccination", "item": item, "text": "Given."}
        added = await at.post(f"/patients/{patient}/records", json=record)
        assert added.status_code == 201, added.text
        return str(added.json()["id"])

    async def let_in(self, clinic: str, person_of: str) -> None:
        """Makes the person of one clinic a member of another too."""
        membership = Membership(name=f"Person of {person_of}", role="staff")
        await put_member(self.group.engine, clinic, f"person@{person_of}.test", membership, "ana")


async def family(engine: AsyncEngine) -> Family:
    group = await group_of(engine, "north", "south", "west")
    await group.share("north", "south", "automatic")
    await group.share("south", "west", "automatic", "automatic")
    served = await programs(group, engine)
    async with served.at("north") as north:
        client = (await north.post("/clients", json=JO)).json()["id"]
        patient = (await north.post(f"/clients/{client}/patients", json={"name": "Scooby"})).json()["id"]
    return Family(served, client, patient)
