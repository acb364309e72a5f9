"""The patient dies or is renamed (DP13); the prescriber is disabled or replaced (RX10)."""

from __future__ import annotations

from pharmacy.prescriptions.life.calls import Create, Fill, Observed, Unsure, Update
from tests.prescriptions.life import UID, Life, an_item, approved, dispensed


def test_a_dead_patient_gets_nothing_more() -> None:
    life = dispensed()
    filled = life.now.isoformat()
    life.later(hours=1).do("patient_died")
    life.repeated("patient_died")
    assert "the patient died" in life.refused("dispense", product="A", qty=3, remaining=1)
    assert life.concerns == ["Rex has died: cancel what is still open."]
    life.do("dispense", product="A", qty=1, remaining=2, at=filled)
    life.do("cancel", by="vet", reason="has died", code="patient_deceased")
    assert [call.kind for call in life.sent()] == ["update", "update"]
    assert (life.statuses, "Rex has died: cancel what is still open." in life.concerns) == (
        {"A": "CANCELLED_DR"},
        False,
    )


def test_nothing_is_created_for_a_dead_patient_unless_the_report_was_wrong() -> None:
    life = Life()
    life.do("patient_died")
    assert "the patient died" in life.refused("approve", by="lee")
    life.do("patient_alive")
    life.repeated("patient_alive")
    life.do("approve", by="lee")
    life.do("patient_died")
    why = "The patient has died; nothing is sent to the practice's system."
    assert (life.sent(), life.state) == ([], ("not_due", why))
    life.do("patient_alive")
    assert len(life.sent()) == 1


def test_dp13_a_renamed_patient_needs_a_new_prescription() -> None:
    life = dispensed()
    life.do("patient_renamed", patient_name="Max")
    assert life.concerns == ["The pet was renamed from Rex to Max: write a new prescription under Max."]
    life.repeated("patient_renamed", patient_name="Max")
    assert life.prescription.patient_name == "Rex", "that is the name on the label"
    life.do("patient_renamed", patient_name="Rex")
    assert (life.concerns, life.sent()) == ([], [])


def test_dp13_what_has_ended_needs_none() -> None:
    life = dispensed()
    life.do("cancel", by="vet", reason="no")
    life.do("patient_renamed", patient_name="Max")
    assert life.concerns == []


def test_rx10_a_creation_waits_for_an_active_prescriber() -> None:
    life = Life()
    life.do("approve", by="lee")
    life.do("prescriber_disabled")
    reason = "lee is no longer an active vet: name another prescriber."
    assert (life.sent(), life.state) == ([], ("needs_person", reason))
    assert life.concerns == ["lee is no longer an active vet of the practice: name another prescriber."]
    life.do("prescriber_replaced", prescriber="kim")
    (call,) = life.sent()
    assert isinstance(call, Create) and call.prescriber == "kim"
    assert life.concerns == []


def test_rx10_an_update_keeps_a_disabled_prescriber() -> None:
    life = approved()
    life.do("prescriber_disabled")
    life.do("dispense", product="A", qty=3, remaining=2)
    (call,) = life.sent()
    assert isinstance(call, Update) and call.prescriber is None


def test_rx10_an_update_moves_to_an_active_prescriber() -> None:
    life = approved(an_item("A"), an_item("B"))
    life.do("prescriber_replaced", prescriber="kim")
    assert life.sent() == [], "what is pending cannot be edited; it goes with the next update"
    life.do("dispense", product="A", qty=3, remaining=2)
    (call,) = life.sent()
    assert isinstance(call, Update) and call.prescriber == "kim"
    life.do("prescriber_replaced", prescriber="ana")
    (call,) = life.sent()
    assert isinstance(call, Update) and call.prescriber == "ana"
    (fill,) = call.items
    assert isinstance(fill, Fill) and fill.last_dispensed == life.item().last_dispensed_at, "it carries the last fill"


def test_rx10_never_from_an_active_to_a_disabled_prescriber() -> None:
    life = dispensed()
    life.do("prescriber_replaced", prescriber="kim")
    life.do("prescriber_disabled")
    assert life.sent() == []
    life.do("dispense", product="A", qty=3, remaining=1)
    (call,) = life.sent()
    assert isinstance(call, Update) and call.prescriber is None
    life.do("prescriber_replaced", prescriber="lee")
    life.repeated("prescriber_replaced", prescriber="lee")
    assert life.sent() == []


def test_rx10_a_change_of_the_prescriber_in_doubt_is_made_again() -> None:
    life = dispensed()
    life.do("prescriber_replaced", prescriber="kim")
    life.answer(Unsure(reason="The connection was cut."))
    life.do("prescriber_replaced", prescriber="lee")
    life.settle(Observed(uid=UID, items=life.prescription.delivery.items))
    (call,) = life.sent()
    assert isinstance(call, Update) and call.prescriber == "lee"
