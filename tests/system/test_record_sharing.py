"""RS2, RS3: each way that a request for record sharing can go, on real servers with time travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from desk import sharing, sharing_pairs
from desk.service import Desk
from desk.sharing_preview import show_preview
from pharmacy.records.feeds import add_practice
from pharmacy.sharing.shares import list_shares
from playbooks.engine.onboarding import Contact
from playbooks.record_sharing import IRREVERSIBLE
from store.accounts.clinics import ClinicAccount, put_clinic
from store.accounts.members import Member, Membership, put_member
from tests.system.harness import Practice

OWNER = "Riverside Pet Health LLC"


@dataclass
class Sisters:
    """Two clinics of one owner. The first has asked; `practice` is the onboarding."""

    practice: Practice
    members: tuple[Member, Member]

    @property
    def desk(self) -> Desk:
        return self.practice.desk

    async def confirm(self, *members: Member) -> None:
        for member in members or self.members:
            await show_preview(self.desk, member)
            await sharing.confirm(self.desk, member, IRREVERSIBLE)

    async def ended(self, status: str, kind: str) -> None:
        """Waits until it has ended so, and each clinic has been told."""
        await self.practice.handle.result()
        found = await self.practice.show()
        assert found.status == status
        told = [mail.to for mail in found.mails if mail.kind == kind]
        assert len(told) == 2

    async def states(self) -> list[str]:
        return [share.state for share in await list_shares(self.desk.database, self.members[1].clinic)]


async def put(desk: Desk, clinic: str, owner: str = OWNER) -> None:
    account = {"name": f"Clinic {clinic}", "owner": owner, "account_email": f"office@{clinic}.test"}
    place = {"time_zone": "America/Chicago", "country": "US", "state": "IL"}
    await put_clinic(desk.database, clinic, ClinicAccount.model_validate({**account, **place}), "test")


@pytest.fixture
async def sisters(practice: Practice) -> Sisters:
    practice.playbook, desk, found = "record-sharing", practice.desk, []
    for clinic in (practice.id, f"{practice.id}-south"):
        await put(desk, clinic)
        await add_practice(desk.database, clinic, f"Clinic {clinic}")
        given = Membership(name=f"Admin of {clinic}", role="admin")
        found.append((await put_member(desk.database, clinic, f"admin@{clinic}.test", given, "test"))[0])
    north, south = found
    contact = Contact(name=north.name, email=north.email)
    await sharing.request(desk, north.clinic, [south.clinic], north.person, contact)
    return Sisters(practice, (north, south))


@pytest.mark.outcome("sharing-enabled")
async def test_rs3_all_confirm_and_the_clock_enables_it_a_day_later(sisters: Sisters) -> None:
    await sisters.confirm()
    await sisters.practice.forward(timedelta(hours=23))
    assert (await sisters.practice.show()).stage == "cooling_off"
    await sisters.practice.forward(timedelta(hours=2))
    await sisters.ended("complete", "sharing_enabled")
    await sharing.synchronize(sisters.desk, sisters.practice.identity)
    assert await sisters.states() == ["enabled"]


@pytest.mark.outcome("sharing-expired")
async def test_rs2_a_request_that_one_clinic_leaves_lying_is_reminded_of_and_expires(sisters: Sisters) -> None:
    await sisters.confirm(sisters.members[0])
    await sisters.practice.forward(timedelta(days=31))
    await sisters.ended("expired", "sharing_expired")
    assert [mail.kind for mail in (await sisters.practice.show()).mails].count("sharing_reminder") > 1


@pytest.mark.outcome("sharing-withdrawn")
async def test_rs3_a_clinic_withdraws_it_within_the_day(sisters: Sisters) -> None:
    await sisters.confirm()
    await sisters.practice.forward(timedelta(hours=23))
    await sharing_pairs.remove(sisters.desk, sisters.members[1], sisters.members[0].clinic)
    await sisters.ended("withdrawn", "sharing_withdrawn")
    assert await sisters.states() == []


@pytest.mark.outcome("sharing-refused")
async def test_rs1_it_is_refused_once_the_clinics_have_no_common_owner(sisters: Sisters) -> None:
    await sisters.confirm(sisters.members[0])
    south = sisters.members[1].clinic
    await put(sisters.desk, south, "Somebody Else LLC")
    await sharing_pairs.follow_ownership(sisters.desk, south, "ana")
    await sisters.ended("refused", "sharing_refused")
    assert await sisters.states() == []


@pytest.mark.outcome("sharing-held")
async def test_rs3_while_it_is_on_hold_the_clock_enables_nothing(sisters: Sisters) -> None:
    await sisters.confirm()
    now = (await sisters.practice.show()).now
    await sisters.practice.command("hold", until=now + timedelta(days=10))
    await sisters.practice.forward(timedelta(days=5))
    assert (await sisters.practice.show()).stage == "cooling_off"
    await sisters.practice.command("resume")
    await sisters.practice.forward(timedelta(days=2))
    await sisters.ended("complete", "sharing_enabled")
