"""Practices with an account, and browsers in which their people are signed in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import accounts, clinics, members, one_time_links
from store.accounts.clinics import ClinicAccount
from store.accounts.members import Member, MemberRole, Membership
from store.accounts.tokens import new_secret
from tests.web.browser import PASSWORD, Browser, next_number


@dataclass(frozen=True)
class Clinic:
    """A practice of its own for a test."""

    web: str
    database: AsyncEngine
    id: str

    @classmethod
    async def new(cls, web: str, database: AsyncEngine) -> Clinic:
        one = cls(web, database, f"clinic-{next_number():05}")
        account = ClinicAccount(
            name=f"Clinic {one.id}",
            owner="Riverside Pet Health LLC",
            account_email=f"office@{one.id}.test",
            time_zone="America/Chicago",
            country="US",
            state="IL",
        )
        await clinics.put_clinic(database, one.id, account, "test")
        return one

    @property
    def at(self) -> str:
        return f"/clinic/{self.id}"

    async def member(
        self, role: MemberRole, email: str | None = None, *, active: bool = True, handle: str | None = None
    ) -> Member:
        """A person with this role, without a password unless they have one from another practice."""
        email = email or f"{role}-{next_number()}@{self.id}.test"
        given = Membership(name=f"{role.title()} {email}", role=role, active=active, handle=handle)
        return (await members.put_member(self.database, self.id, email, given, "test"))[0]

    async def enter(self, member: Member) -> Browser:
        """A browser in which the member is signed in, by the link of an invitation."""
        secret = new_secret()
        await one_time_links.member_link(
            self.database, await accounts.find_account(self.database, member.person), secret, "test"
        )
        browser = Browser(self.web, member.person)
        answer = await browser.submit(f"{one_time_links.MEMBER_PATH}{secret}", {"password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return browser
