"""The demo's accounts: an admin to sign in with, and two colleagues."""

from __future__ import annotations

import secrets

from sqlalchemy.ext.asyncio import AsyncEngine

from cli.components import database_of
from machine.components import Component, Machine
from machine.files import write_atomically
from machine.home import Home
from store.accounts import passwords
from store.accounts.accounts import add, new_person, set_password
from store.accounts.members import Member, MemberRole, Membership, put_member
from store.accounts.one_time_links import first_admin_link, use

HANDLE = "ana"
COLLEAGUES = {"sam": "Sam Lee", "bo": "Bo Jensen"}
"""Assignees of other practices; nobody signs in as them."""
SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xa", "zu")


def password(home: Home) -> str:
    """Returns the demo's password, created at the first call and stored with the home's secrets."""
    path = home.secrets / "demo_password"
    if not path.exists():
        write_atomically(path, "-".join("".join(secrets.choice(SYLLABLES) for _ in range(3)) for _ in range(3)))
    return path.read_text(encoding="utf-8").strip()


async def let_in(
    database: AsyncEngine,
    clinic: str,
    email: str,
    name: str,
    role: MemberRole,
    password: str,
    handle: str | None = None,
) -> Member:
    """Adds a person to a clinic's people, to sign in with this password."""
    given = Membership(name=name, role=role, active=True, handle=handle)
    member, _ = await put_member(database, clinic, email, given, "sam")
    async with database.begin() as connection:
        await set_password(connection, member.person, await passwords.hashed(password))
    return member


async def _account(machine: Machine) -> None:
    async with database_of(machine) as database:
        if token := await first_admin_link(database):
            admin = new_person(name="Ana Ruiz", handle=HANDLE, email="ana@pharmacy.example", role="admin")
            await use(database, token, password(machine.home), admin)
            async with database.begin() as connection:
                for handle, name in COLLEAGUES.items():
                    email = f"{handle}@pharmacy.example"
                    await add(connection, new_person(name=name, handle=handle, email=email, role="specialist"), HANDLE)


ACCOUNT = Component("demo account", _account)
