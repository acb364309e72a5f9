"""The whole way of a practice, on real servers, with time travel."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.system.harness import Practice


@pytest.mark.outcome("late")
async def test_from_request_to_data_received(practice: Practice) -> None:
    await practice.start()
    seen = await practice.show()
    assert (seen.stage, seen.waiting_on, seen.status, seen.sla) == ("queue_entry", "team", "open", "on_track")

    await practice.record("queued")
    [confirmation] = await practice.mailbox.wait_for(practice.contact)
    assert "setup@datapoint.test" in confirmation.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (await practice.show()).stage == "invitation"

    await practice.forward(timedelta(hours=49))
    assert (await practice.show()).sla == "breached"
    assert len(await practice.mailbox.wait_for(practice.contact, 2)) == 2
    await practice.forward(timedelta(days=5))
    escalated = [mail.role for mail in (await practice.show()).mails if mail.kind == "escalation"]
    assert escalated == ["assignee", "manager"]
    await practice.record("invitation_sent")
    await practice.register()
    assert (await practice.show()).stage == "installation_contact"
    await practice.mailbox.wait_for(f"lee@{practice.id}.test")
    await practice.record("technical_contact_reached")
    await practice.record("agent_installed")
    await practice.forward(timedelta(days=6))
    receipt = await practice.record("data_received", clients=3_000, patients=5_000)
    assert receipt.status == "complete"
    await practice.mailbox.wait_for(practice.contact, 4)
    await practice.handle.result()
    seen = await practice.show()
    assert (seen.status, seen.stage) == ("complete", "connected")
    assert {mail.state for mail in seen.mails} == {"sent"}
