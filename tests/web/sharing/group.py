"""Sister clinics and their people, who use the API with tokens of their own."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2

from desk.service import Desk
from desk.time_travel import fast_forward
from pharmacy.records.feeds import add_practice
from store.accounts import access
from store.accounts.clinics import ClinicAccount, load_clinic, put_clinic
from store.accounts.members import Member, MemberRole, Membership, put_member
from tests.patience import PATIENCE
from tests.web.clinic.staff import Clinic
from tests.web.programs import program


@dataclass
class Group:
    """Clinics of one owner by a short name, with a person each, who is its admin."""

    web: str
    desk: Desk
    open_ones: AsyncExitStack
    clinics: dict[str, Clinic] = field(default_factory=dict)
    people: dict[str, httpx2.AsyncClient] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    async def add(self, *names: str, owner: str | None = None) -> Group:
        for name in names:
            self.clinics[name] = await Clinic.new(self.web, self.desk.database)
            await add_practice(self.desk.database, self.id(name), name)
            if owner:
                await self.change(name, owner=owner)
            self.members[name] = await self.clinics[name].member("admin")
            self.people[name] = await self.program(self.members[name])
        return self

    async def program(self, member: Member) -> httpx2.AsyncClient:
        """A program with the member's token."""
        token = await access.create_member_token(self.desk.database, member.person, "test")
        return await self.open_ones.enter_async_context(program(self.web, token))

    async def person(self, name: str, role: MemberRole) -> httpx2.AsyncClient:
        """A program of another person of the clinic."""
        return await self.program(await self.clinics[name].member(role))

    def id(self, name: str) -> str:
        return self.clinics[name].id

    def at(self, name: str, path: str = "") -> str:
        return f"/api/clinics/{self.id(name)}/sharing{path}"

    async def change(self, name: str, /, **values: Any) -> None:
        clinic = await load_clinic(self.desk.database, self.id(name))
        before = {key: value for key, value in vars(clinic).items() if key != "id"}
        await put_clinic(self.desk.database, self.id(name), ClinicAccount(**before | values), "test")

    async def demote(self, name: str, role: MemberRole = "staff", *, active: bool = True) -> None:
        member = self.members[name]
        given = Membership(name=member.name, role=role, active=active)
        await put_member(self.desk.database, member.clinic, member.email, given, "test")

    async def ask(self, name: str, *others: str) -> httpx2.Response:
        return await self.people[name].post(
            self.at(name, "/requests"), json={"clinics": [self.id(each) for each in others]}
        )

    async def preview(self, name: str) -> dict[str, Any]:
        answer = await self.people[name].get(self.at(name, "/preview"))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def confirm(self, name: str, words: str | None = None) -> httpx2.Response:
        words = words or (await self.preview(name))["confirm_words"]
        return await self.people[name].post(self.at(name, "/confirm"), json={"words": words})

    async def states(self, name: str) -> dict[str, str]:
        """The state of each pair of a clinic, by the other clinic's short name."""
        items = (await self.people[name].get(self.at(name))).json()["items"]
        names = {self.id(each): each for each in self.clinics}
        return {names[item["clinic"]]: item["state"] for item in items}

    def onboarding(self, name: str) -> str:
        return f"record-sharing/{self.id(name)}"

    async def pass_time(self, name: str, length: timedelta) -> None:
        """Moves the clock of the clinic's request."""
        await fast_forward(self.desk.client, self.onboarding(name), length, timedelta(seconds=PATIENCE))

    async def share(self, name: str, *others: str) -> None:
        """From the request to shared records."""
        assert (await self.ask(name, *others)).status_code == 201
        for each in (name, *others):
            assert (await self.confirm(each)).status_code == 200
        await self.pass_time(name, timedelta(hours=25))
