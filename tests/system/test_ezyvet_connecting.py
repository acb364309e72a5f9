"""RX: a practice is connected to ezyVet, on real servers with time travel."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.system.harness import Practice


@pytest.mark.outcome("ezyvet-live")
async def test_rx_from_the_request_to_live(practice: Practice) -> None:
    practice.playbook = "ezyvet"
    await practice.start()
    # From any hour of any day, the next working hour is within four days.
    await practice.forward(timedelta(days=4))
    (asked, *_) = await practice.mailbox.wait_for(practice.contact)
    assert "give us access" in asked["Subject"]
    await practice.record("access_granted")
    await practice.record("connection_verified")
    await practice.record("prescribers_mapped")
    assert (await practice.record("prescribers_confirmed", confirmed_by="Dana Reyes")).status == "open"
    assert (await practice.show()).stage == "test"
    await practice.record("test_prescription_sent", patient="Biscuit")
    assert (await practice.record("test_prescription_seen")).status == "complete"
    await practice.handle.result()
    live = (await practice.mailbox.wait_for(practice.contact, 5))[-1]
    assert "is live" in live["Subject"]
