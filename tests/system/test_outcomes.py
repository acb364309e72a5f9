"""One test for each way an onboarding can go, on real servers with time travel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from desk.problem import AlreadyOpen, NotFound
from playbooks.engine.transition import Refused
from tests.system.harness import Practice


@pytest.mark.outcome("withdrawn")
async def test_withdrawn(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    receipt = await practice.command("withdraw", why="the practice was sold")
    assert receipt.status == "withdrawn"
    await practice.handle.result()
    seen = await practice.show()
    assert (seen.status, seen.stage, seen.waiting_on, seen.due_at) == ("withdrawn", "invitation", None, None)
    with pytest.raises(Refused, match="was withdrawn; start a new onboarding"):
        await practice.record("invitation_sent")


async def test_a_closed_onboarding_knows_what_it_was_told_and_takes_nothing_new(practice: Practice) -> None:
    await practice.start()
    await practice.register()
    await practice.record("data_received", clients=10)
    await practice.handle.result()
    again = await practice.record("data_received", clients=10)
    assert again.outcome == "already_known"
    with pytest.raises(Refused, match="on record since"):
        await practice.record("data_received", clients=11)
    with pytest.raises(Refused, match="is complete; nothing more can be recorded"):
        await practice.command("hold", until=datetime.now(UTC) + timedelta(days=1))


async def test_a_practice_can_be_onboarded_again_after_the_end_but_not_before(practice: Practice) -> None:
    await practice.start()
    with pytest.raises(AlreadyOpen, match="is open already"):
        await practice.start()
    await practice.record("queued")
    first = await practice.show()
    await practice.command("withdraw", why="wrong practice")
    await practice.handle.result()
    await practice.start()
    second = await practice.show()
    assert second.run != first.run
    assert (second.stage, second.facts, second.mails) == ("queue_entry", (), ())


@pytest.mark.outcome("data-without-eula")
async def test_dp4_data_without_eula_alerts_the_team_and_stays_at_the_gap(practice: Practice) -> None:
    await practice.start()
    await practice.record("technical_contact_designated", name="Lee", email=f"lee@{practice.id}.test")
    await practice.record("practice_information_given")
    receipt = await practice.record("data_received", clients=10)
    assert (receipt.stage, receipt.status) == ("registration", "open")
    seen = await practice.shown_when(lambda seen: all(mail.state == "sent" for mail in seen.mails))
    assert {mail.kind for mail in seen.mails} == {"technical_briefing", "data_received", "data_without_eula"}
    done = await practice.record("eula_accepted", version="1", accepted_by="Dana")
    assert done.status == "complete"
    await practice.handle.result()


@pytest.mark.outcome("contact-replaced")
async def test_dp7_a_technical_contact_is_replaced_and_the_new_one_briefed(practice: Practice) -> None:
    await practice.start()
    await practice.register()
    await practice.record("technical_contact_designated", name="Kim Cho", email=f"kim@{practice.id}.test")
    [briefing] = await practice.mailbox.wait_for(f"kim@{practice.id}.test")
    assert "Kim Cho" in str(briefing["To"])
    seen = await practice.show()
    assert [fact.superseded for fact in seen.facts if fact.name == "technical_contact_designated"] == [True, False]


@pytest.mark.outcome("held")
async def test_a_hold_stops_the_clock_and_keeps_what_was_left(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    before = await practice.show()
    assert before.due_at
    await practice.command("hold", until=before.now + timedelta(days=5), why="holidays at the clinic")
    await practice.forward(timedelta(days=4))
    held = await practice.show()
    assert (held.status, held.sla) == ("on_hold", "paused")
    await practice.command("resume", why="back early")
    resumed = await practice.show()
    assert resumed.due_at
    assert abs((resumed.due_at - before.due_at) - timedelta(days=4)) < timedelta(minutes=1)


@pytest.mark.outcome("taken-back")
async def test_a_slip_is_taken_back(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.record("invitation_sent")
    await practice.command("retract", fact="invitation_sent", why="another practice")
    seen = await practice.show()
    assert seen.stage == "invitation"
    assert [fact.retracted for fact in seen.facts] == [False, True]


@pytest.mark.outcome("refused-address")
async def test_a_refused_address_is_shown_and_a_corrected_one_gets_the_mail(practice: Practice) -> None:
    practice.mailbox.refused.add(practice.contact)
    await practice.start()
    await practice.record("queued")
    seen = await practice.shown_when(lambda seen: any(mail.state == "failed" for mail in seen.mails))
    assert "no such mailbox" in (seen.mails[0].error or "").lower()
    right = f"front-desk@{practice.id}.test"
    await practice.command("correct_contact", contact={"email": right}, why="typing error")
    await practice.mailbox.wait_for(right)


async def test_the_same_key_is_the_same_report(practice: Practice) -> None:
    await practice.start()
    first = await practice.record("queued", key="event-1")
    again = await practice.record("queued", key="event-1")
    assert first.text == again.text
    with pytest.raises(Refused, match="was used for something else"):
        await practice.record("invitation_sent", key="event-1")
    assert [fact.name for fact in (await practice.show()).facts] == ["queued"]


async def test_bad_reports_are_refused_without_a_trace(practice: Practice) -> None:
    await practice.start()
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("queud", {}, "is not a fact of the DataPoint playbook"),
        ("eula_accepted", {"version": "1"}, "accepted_by is missing"),
        ("eula_accepted", {"version": "1", "accepted_by": "Dana", "colour": "red"}, "colour is not a known field"),
        ("technical_contact_designated", {"name": "Lee", "email": "lee"}, "is not an e-mail address"),
        ("data_received", {"clients": "many"}, "clients"),
    ]
    for fact, data, sentence in bad:
        with pytest.raises(Refused, match=sentence):
            await practice.record(fact, **data)
    with pytest.raises(Refused, match="is in the future"):
        await practice.record("queued", at=datetime.now(UTC) + timedelta(hours=3))
    events = (await practice.handle.fetch_history()).events
    assert not [
        event for event in events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    ]


async def test_an_onboarding_that_never_was(practice: Practice) -> None:
    with pytest.raises(NotFound, match="There is no onboarding"):
        await practice.record("queued")
    with pytest.raises(NotFound, match="There is no onboarding"):
        await practice.show()


async def test_temporal_lists_find_it_by_its_attributes(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    attributes = {pair.key.name: pair.value for pair in (await practice.handle.describe()).typed_search_attributes}
    assert attributes["Stage"] == "invitation"
    assert attributes["WaitingOn"] == "datapoint"
    assert attributes["Sla"] == "on_track"
    assert attributes["Assignee"] == "sam"
    assert attributes["DueAt"] == (await practice.show()).due_at
