"""A prescription's whole life: our workflow on real servers, and ezyVet's simulator over HTTP (RX)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from desk import ezyvet as ezyvet_desk
from desk import prescriptions
from desk.ezyvet_access import look_after
from integrations.ezyvet import prescribers
from integrations.ezyvet.connection import gateway
from pharmacy.prescriptions import register
from pharmacy.records.tables import patients
from tests.system.harness import eventually
from tests.system.prescribing import CARPROFEN, SHAMPOO, EzyvetPractice, item


async def test_rx2_a_vets_prescription_is_created_once_it_is_approved(live: EzyvetPractice) -> None:
    id = await live.prescribe(item(CARPROFEN), item(SHAMPOO, refills=0))
    assert (await live.show(id)).ezyvet.state == "not_due" and await live.held() == []
    await live.report(id, "approve", by="dr-okafor")
    await live.sent(id, "PENDING", "PENDING")
    [held] = await live.held()
    assert held["external_reference"] == id


@pytest.mark.outcome("prescription-cancelled", of="prescription")
async def test_rx7_a_fill_makes_it_current_and_a_cancel_ends_it(live: EzyvetPractice) -> None:
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)
    await live.sent(id, "CURRENT")
    await live.report(id, "cancel", by="vet", reason="Not needed any more")
    await live.sent(id, "CANCELLED_DR")


@pytest.mark.outcome("prescription-declined", of="prescription")
async def test_rx6_a_prescription_that_was_sent_is_declined(live: EzyvetPractice) -> None:
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.sent(id, "PENDING")
    await live.report(id, "decline", by="vet", code="needs_examination")
    await live.sent(id, "DECLINED_DR")


@pytest.mark.outcome("prescription-expired", of="prescription")
async def test_a_prescription_expires_after_a_year(live: EzyvetPractice) -> None:
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.sent(id, "PENDING")
    await live.forward(id, timedelta(days=366))
    await live.shown_when(id, lambda shown: shown.history[-1].text == "The prescription expired")


@pytest.mark.outcome("prescription-disabled", of="prescription")
async def test_rx9_what_was_never_dispensed_is_disabled(live: EzyvetPractice) -> None:
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.sent(id, "PENDING")
    await live.report(id, "cancel", by="owner", reason="Bought elsewhere")
    await live.shown_when(id, lambda shown: shown.ezyvet.state == "disabled")


@pytest.mark.outcome("prescription-returned", of="prescription")
async def test_rx9_what_came_back_unconsumed_is_disabled(live: EzyvetPractice) -> None:
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)
    await live.sent(id, "CURRENT")
    await live.report(id, "return", product="carprofen-75")
    await live.shown_when(id, lambda shown: shown.ezyvet.state == "disabled")


@pytest.mark.outcome("prescription-current", of="prescription")
async def test_rx11_the_products_that_ezyvet_makes_are_left_alone(live: EzyvetPractice) -> None:
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)
    await live.sent(id, "CURRENT")
    site = await live.ezyvet.control("GET", f"/sites/{live.site['uid']}")
    assert [each["reference"] for each in site["products"]] == ["carprofen-75"]
    assert not [call for call in site["calls"] if "product" in call["endpoint"]]


async def test_prescriptions_wait_until_the_site_is_live_and_then_go_in_order(live: EzyvetPractice) -> None:
    await live.set_state("testing")
    ids = [await live.prescribe(written_at=None) for _ in range(3)]
    for id in ids:
        await live.report(id, "approve", by="dr-okafor")
        await live.shown_when(id, lambda shown: shown.ezyvet.state == "waiting")
    assert await live.held() == []
    await live.practice.record("prescribers_confirmed", confirmed_by="Dana Reyes")
    await live.practice.record("test_prescription_seen")
    for id in ids:
        await live.sent(id, "PENDING")
    assert [each["external_reference"] for each in await live.held()] == ids


@pytest.mark.outcome("prescription-waited", of="prescription")
async def test_prescriptions_wait_while_access_is_revoked_and_go_in_order_once_it_is_back(
    live: EzyvetPractice,
) -> None:
    way = gateway(live.desk.database, live.desk.settings)
    assert way
    await live.ezyvet.control("POST", f"/sites/{live.site['uid']}", {"state": "revoked"})
    ids = [await live.prescribe() for _ in range(3)]
    for id in ids:
        await live.report(id, "approve", by="dr-okafor")
        await live.shown_when(id, lambda shown: shown.waiting_on == "practice")
        await live.listed_when(id, lambda row: row["ezyvet"] == "waiting")
    released: dict[str, datetime | None] = {}
    await look_after(live.desk, way, released)
    assert live.practice.id not in released
    await live.ezyvet.control("POST", f"/sites/{live.site['uid']}", {"state": "live"})
    async with live.desk.database.begin() as connection:
        # As half a minute later.
        await connection.execute(text("UPDATE ezyvet_tokens SET refused_until = now()"))
    await look_after(live.desk, way, released)
    assert live.practice.id in released
    for id in ids:
        await live.sent(id, "PENDING")
    assert [each["external_reference"] for each in await live.held()] == ids


async def test_while_ezyvet_fails_people_read_why_it_waits_and_when_it_is_tried_again(live: EzyvetPractice) -> None:
    # One round of reads: each is tried three times.
    fault = {"do": "500", "when": "before", "endpoint": "animal", "site": live.site["uid"], "next": 3}
    await live.ezyvet.control("POST", "/faults", fault)
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    waits = await live.shown_when(id, lambda shown: "does not answer" in shown.situation)
    assert waits.ezyvet.state == "waiting" and waits.ezyvet.reason == waits.situation
    assert waits.next_at and waits.next.startswith("Nothing was sent; we try again")
    await live.listed_when(id, lambda row: row["delay"] is not None)
    [listed] = await register.listing(live.desk.database, practice=live.practice.id)
    assert (listed.situation, listed.waiting_on) == (waits.situation, "practice_system")
    sent = await live.sent(id, "PENDING")
    assert "does not answer" not in sent.situation


@pytest.mark.outcome("prescription-in-doubt", of="prescription")
async def test_a_write_in_doubt_goes_to_a_person_and_is_looked_up_all_the_same_once_ezyvet_answers(
    live: EzyvetPractice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.ezyvet.delivery.LOOK_AT_LEISURE", 0.5)
    await live.break_next({"do": "cut", "when": "after", "method": "POST", "endpoint": "externalprescription"})
    unread = {"do": "500", "endpoint": "prescription", "site": live.site["uid"]}
    await live.ezyvet.control("POST", "/faults", unread)
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.shown_when(id, lambda shown: shown.ezyvet.state == "uncertain")
    async with live.desk.database.begin() as connection:
        # As a minute later.
        await connection.execute(text("UPDATE ezyvet_attempts SET first_at = first_at - interval '1 minute'"))
    stuck = await eventually(lambda: live.show(id), lambda shown: shown.ezyvet.state == "needs_person")
    assert stuck.next.startswith("It is looked up automatically once that is possible")
    await live.ezyvet.clear_faults()
    healed = await eventually(lambda: live.show(id), lambda shown: shown.ezyvet.state == "sent")
    assert [each.status for each in healed.items] == ["PENDING"] and len(await live.held()) == 1


@pytest.mark.outcome("prescription-with-a-person", of="prescription")
async def test_rx10_a_prescriber_without_a_user_goes_to_a_person_whose_choice_sends_it(live: EzyvetPractice) -> None:
    await prescribers.choose_users(live.desk.database, live.practice.id, {"dr-okafor": None}, "sam")
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    shown = await eventually(lambda: live.show(id), lambda shown: shown.ezyvet.state == "needs_person")
    assert shown.ezyvet.reason == "dr-okafor is not an ezyVet user yet; the pharmacy's team chooses which one."
    await live.listed_when(id, lambda row: row["ezyvet"] == "needs_person")
    await ezyvet_desk.choose_users(live.desk, live.practice.id, {"dr-okafor": 10}, "sam")
    await live.sent(id, "PENDING")


async def test_rx4_a_patient_of_another_owner_goes_to_a_person_whose_choice_sends_it(live: EzyvetPractice) -> None:
    await live.ezyvet.control("POST", f"/sites/{live.site['uid']}/animal/6", {"contact_id": "7"})
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    shown = await eventually(lambda: live.show(id), lambda shown: shown.ezyvet.state == "needs_person")
    assert "belongs to somebody else in ezyVet" in shown.ezyvet.reason
    await live.listed_when(id, lambda row: row["ezyvet"] == "needs_person")
    await ezyvet_desk.choose_animal(live.desk, live.practice.id, "6", 6, "sam")
    await live.sent(id, "PENDING")


async def test_dp13_a_prescription_learns_that_its_patient_was_renamed_and_died(live: EzyvetPractice) -> None:
    id = await live.prescribe()

    async def told(known: str, **changed: Any) -> list[str]:
        await live.listed_when(id, lambda row: row["patient_name"] == known)
        async with live.desk.database.begin() as connection:
            its = update(patients).where(patients.c.practice == live.practice.id)
            await connection.execute(its.values(**changed))
        await prescriptions.tell_of_patients(live.desk)
        return [concern.text for concern in (await live.show(id)).concerns]

    renamed = "The pet was renamed from Biscuit to Waffle: write a new prescription under Waffle."
    assert renamed in await told("Biscuit", name="Waffle")
    assert "Waffle has died: cancel what is still open." in await told("Waffle", deceased=True)


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "cut", "when": "before"},
        {"do": "cut", "when": "after"},
        {"do": "half_answer", "when": "after"},
        {"do": "500", "when": "after"},
        {"do": "html", "when": "before"},
        {"do": "other_json", "when": "after"},
        {"do": "429", "when": "before", "seconds": 2},
    ],
    ids=lambda fault: f"{fault['do']}-{fault['when']}",
)
async def test_rx1_a_doubtful_create_is_looked_up_and_there_is_one(live: EzyvetPractice, fault: dict[str, Any]) -> None:
    await live.break_next({**fault, "method": "POST", "endpoint": "externalprescription"})
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.sent(id, "PENDING")
    assert len(await live.held()) == 1


async def test_rx1_a_create_that_ezyvet_carries_out_after_it_was_sent_again_is_disabled(
    live: EzyvetPractice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.ezyvet.doubt.SETTLE_SECONDS", 0.2)
    monkeypatch.setattr("integrations.ezyvet.single.SECOND", 0.5)
    await live.break_next({"do": "late", "seconds": 3, "method": "POST", "endpoint": "externalprescription"})
    id = await live.prescribe()
    await live.report(id, "approve", by="dr-okafor")
    await live.sent(id, "PENDING")
    held = await eventually(live.held, lambda held: len(held) == 2 and [each["active"] for each in held] == ["1", "0"])
    shown = await live.show(id)
    assert (shown.ezyvet.state, shown.ezyvet.uid) == ("sent", held[0]["uid"])
    # What happens while it is being checked is sent all the same.
    await live.break_next({"do": "hold", "endpoint": "prescription"})
    at = live.site["uid"]
    await eventually(lambda: live.ezyvet.calls(at, endpoint="prescription"), lambda calls: not calls[-1]["answered_at"])
    await live.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)
    (await live.ezyvet.http.post("/control/release")).raise_for_status()
    await live.sent(id, "CURRENT")


async def test_an_approved_owner_is_told_what_to_pay(live: EzyvetPractice) -> None:
    id = await live.prescribe(origin="owner")
    await live.report(id, "approve", by="dr-okafor")
    [mail] = await live.practice.mailbox.wait_for(f"dana@{live.practice.id}.test")
    body = mail.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert re.search(r"Whose turn: You What comes next: Pay \$\d+\.\d\d for 3 × Carprofen 75 mg to ", told)
    assert "Otherwise: The request lapses" in told and "Nothing to do" not in told


@pytest.mark.outcome("prescription-declined-before-it-was-sent", of="prescription")
async def test_a_declined_owner_reads_the_vets_own_words(live: EzyvetPractice) -> None:
    id = await live.prescribe(origin="owner")
    await live.report(id, "decline", by="vet", code="needs_examination", message_to_owner="Please come in first.")
    [mail] = await live.practice.mailbox.wait_for(f"dana@{live.practice.id}.test")
    body = mail.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert "declined what you asked for Biscuit: 3 × Carprofen 75 mg." in told
    assert "The vet writes to you: “Please come in first.”" in told and "Nothing to do" not in told
    assert "Biscuit" in mail["Subject"] and "examination" not in body.get_content()


async def test_a_declined_owner_reads_who_declined_what_for_whom_without_a_message(live: EzyvetPractice) -> None:
    id = await live.prescribe(origin="owner")
    await live.report(id, "decline", by="vet", code="needs_examination")
    [mail] = await live.practice.mailbox.wait_for(f"dana@{live.practice.id}.test")
    body = mail.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert f"{live.practice.id} declined what you asked for Biscuit: 3 × Carprofen 75 mg." in told
    assert "The vet writes" not in told and "examination" not in told
