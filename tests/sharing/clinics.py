"""Sister clinics, with a person who may enter each, and shares between them as they are once enabled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import member_transaction
from pharmacy.records.feeds import add_practice
from pharmacy.sharing.tables import shares
from store.accounts.clinics import ClinicAccount, put_clinic
from store.accounts.members import MemberRole, Membership, put_member


class Group:
    """Clinics of one owner, by ID. `people` are the accounts of those who may enter, by clinic."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.people: dict[str, str] = {}

    async def add(self, clinic: str, owner: str = "Riverside Pet Health LLC", role: MemberRole = "admin") -> None:
        account = ClinicAccount(
            name=f"Clinic {clinic}",
            owner=owner,
            account_email=f"office@{clinic}.test",
            time_zone="America/Chicago",
            country="US",
            state="IL",
        )
        await put_clinic(self.engine, clinic, account, "ana")
        await add_practice(self.engine, clinic, account.name)
        person = Membership(name=f"Person of {clinic}", role=role)
        member, _ = await put_member(self.engine, clinic, f"person@{clinic}.test", person, "ana")
        self.people[clinic] = member.person

    async def share(self, clinic: str, other: str, mode: str = "manual", back: str = "manual") -> None:
        row = {"state": "enabled", "onboarding": f"record-sharing/{clinic}"}
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(shares),
                [
                    {**row, "clinic": clinic, "other": other, "mode": mode},
                    {**row, "clinic": other, "other": clinic, "mode": back},
                ],
            )

    @asynccontextmanager
    async def at(self, clinic: str) -> AsyncIterator[AsyncConnection]:
        """A transaction as the person of the clinic has it."""
        async with member_transaction(self.engine, self.people[clinic], clinic) as (connection, _):
            yield connection


async def group_of(engine: AsyncEngine, *clinics: str) -> Group:
    """A group of these clinics, which share nothing yet."""
    group = Group(engine)
    for clinic in clinics:
        await group.add(clinic)
    return group
