"""DP7: what a lost connection looks like to those at the practice, and how they say who looks after the server now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, do


@dataclass
class Lost(Clinic):
    @property
    def identity(self) -> str:
        return f"datapoint-reconnection/{self.id}"


@pytest.fixture
async def lost(clinic: Clinic) -> Lost:
    """A practice whose connection is lost, and whose technical contact has left long ago."""
    one = Lost(clinic.desk, clinic.mailbox, clinic.id, address=clinic.address, settings=clinic.settings)
    await one.desk.start("datapoint-reconnection", one.request(), "sam")
    await one.record("technical_contact_designated", name="Lee Park", email=one.lee)
    await one.record("connection_lost", reason="silent", last_feed_at="2026-11-18T10:00:00Z")
    return one


async def test_dp7_the_technical_contact_reads_what_to_check(lost: Lost, phone: Browser) -> None:
    page = text_of((await phone.get(await lost.link(lost.lee))).text)
    assert f"Reconnecting Practice {lost.id}" in page
    assert "Please look at the server" in page
    for what in ("is it switched on", "is it online", "changed?", "upgraded"):
        assert what in page
    await lost.record("data_flowing")
    page = text_of((await phone.get(await lost.link(lost.lee, 2))).text)
    assert "is connected again" in page


async def test_dp7_the_primary_contact_names_who_looks_after_the_server_now(lost: Lost, phone: Browser) -> None:
    # Told once it lasts.
    await lost.forward(timedelta(days=8))
    page = await lost.link(lost.contact)
    assert "We have asked Lee Park to look at your server" in text_of((await phone.get(page)).text)
    lees = text_of((await phone.get(await lost.link(lost.lee))).text)
    assert "We asked for it by " in lees and "Please do it as soon as you can" in lees
    assert "We are asking for it" not in lees
    new = f"uma@{lost.id}.test"
    said = await do(phone, page, "technical-contact", name="Uma Cho", email=new)
    assert "Uma Cho is the technical contact now" in said
    [check] = await lost.mailbox.wait_for(new)
    assert "Please check four things" in str(check["Subject"])
