"""The rules of the trade: what may be on a prescription, how long it is valid, requests, refills, cancels, renewals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.letters import concerns_owner
from pharmacy.prescriptions.life.trade import (
    DECLINE_REASONS,
    are_many_packs,
    is_far_above,
    is_same_request,
    longest_validity,
    pieces_text,
    supply_text,
)
from pharmacy.prescriptions.life.values import Kind, Rules
from playbooks.engine.transition import Refused
from tests.prescriptions.life import NOON, UNDO, Life, a_prescription, an_item, approved, dispensed


def refused(*args: Any, **fields: Any) -> str:
    """Returns the sentence with which a prescription is refused."""
    with pytest.raises(Refused) as refusal:
        steps.open(a_prescription(*args, **fields), "lee", NOON, Rules())
    return str(refusal.value)


def test_a_controlled_substance_is_refused_in_words() -> None:
    sentence = refused(an_item("A"), an_item("B", "controlled"))
    assert sentence == "Product B is a controlled substance, which cannot be prescribed this way."


def test_one_product_stands_once_on_a_prescription() -> None:
    assert refused(an_item("Apo"), an_item("APO")) == (
        "Apo is on it twice; put it on one line with the whole quantity."
    )


def test_what_needs_no_vet_needs_no_prescription() -> None:
    assert refused(an_item("A", "free")) == "Nothing on it needs a vet; it can be bought without a prescription."


@pytest.mark.parametrize(
    "wrong",
    [
        {"qty": 0},
        {"qty": -1},
        {"qty": 1_000_000},
        {"price_cents": -1},
        {"price_cents": 10**9},
        {"refills": -1},
        {"instructions": "x" * 1001},
    ],
)
def test_absurd_numbers_are_invalid(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        an_item("A", **wrong)


def test_a_prescription_has_at_most_two_hundred_items() -> None:
    items = [an_item(f"P{number}") for number in range(201)]
    with pytest.raises(ValidationError):
        a_prescription(*items)
    life = approved(*items[:200])
    assert len(life.prescription.delivery.items) == 200


def test_quotes_and_emoji_stay_as_they_are() -> None:
    text = 'Give "half" a tablet – don\'t crush 🐶'
    life = approved(an_item(instructions=text))
    assert life.calls[0].model_dump()["items"][0]["instructions"] == text


def test_it_is_valid_for_twelve_months_at_most() -> None:
    assert refused(months=13) == "It can be valid for at most 12 months; you gave 13."
    life = approved()
    assert life.prescription.months == 12
    assert "expired" in life.later(days=366).refused("dispense", product="A", qty=3, remaining=2)
    assert [notice.kind for notice in life.notices] == ["expired"]
    assert (life.sent(), life.state.state, life.statuses) == ([], "sent", {"A": "PENDING"})


def test_a_late_report_of_a_fill_before_the_end_still_counts() -> None:
    life = dispensed(months=1)
    filled = life.later(days=20).now.isoformat()
    life.later(days=20).do("dispense", product="A", qty=3, remaining=1, at=filled)
    assert life.sent() and life.concerns == []


@pytest.mark.parametrize("kind", ["prescription", "over_the_counter", "free"])
def test_validity_is_by_kind_and_state(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {("prescription", "CA"): 6}
    monkeypatch.setattr("pharmacy.prescriptions.life.trade.LONGEST_MONTHS_IN_STATE", limits)
    assert longest_validity([kind, "free"], "CA") == (6 if kind == "prescription" else 12)
    assert longest_validity([kind], "TX") == longest_validity([kind], None) == 12


def test_validity_is_shown_as_supply() -> None:
    assert (supply_text(12), supply_text(1)) == ("12 months' supply", "1 month's supply")


@pytest.mark.parametrize(("done", "to", "word"), [(None, "vet", "approved"), ("approve", "owner", "paid")])
def test_a_request_lapses_after_45_days_with_a_reminder_7_days_before(done: str | None, to: str, word: str) -> None:
    life = Life(origin="owner")
    if done:
        life.do(done, by="lee")
        assert [(notice.kind, notice.to) for notice in life.notices] == [("approved", "owner")]
        life.notices.clear()
    life.later(days=38)
    assert [(notice.kind, notice.to) for notice in life.notices] == [("request_reminder", to)]
    assert life.notices[0].text == f"The request for Rex lapses on Saturday 25 July unless it is {word}."
    life.later(days=7)
    assert [(notice.kind, notice.to) for notice in life.notices[1:]] == [
        ("request_lapsed", "owner"),
        ("request_lapsed", "vet"),
    ]
    assert "lapsed on Sat 25 Jul 2026" in life.refused("pay")
    why = "The request has lapsed; nothing is sent to the practice's system."
    assert (life.sent(), life.state) == ([], ("not_due", why))


def test_what_was_done_in_time_and_reported_late_keeps_the_request_alive() -> None:
    life = Life(origin="owner")
    life.do("pay")
    in_time = life.later(days=44).now.isoformat()
    life.later(days=2)
    assert life.state.reason == "The request has lapsed; nothing is sent to the practice's system."
    life.do("approve", by="lee", at=in_time)
    assert (len(life.sent()), life.statuses) == (1, {"A": "PENDING"})


def test_an_owners_open_request_for_the_same_is_one() -> None:
    life = Life(an_item("A"), an_item("B"), origin="owner")
    again = a_prescription(an_item("B"), id="RX-2", origin="owner")
    assert is_same_request(life.prescription, again)
    assert not is_same_request(life.prescription, a_prescription(an_item("C"), id="RX-2", origin="owner"))
    assert not is_same_request(life.prescription, again.model_copy(update={"patient": "P2"}))
    assert not is_same_request(life.prescription, again.model_copy(update={"practice": "elsewhere"}))
    assert not is_same_request(life.prescription, again.model_copy(update={"origin": "vet"}))
    assert not is_same_request(Life(origin="vet").prescription, again)
    life.do("decline", by="vet", reason="no", items=["B"])
    assert not is_same_request(life.prescription, again)
    life.do("approve", by="lee")
    life.do("pay")
    assert not is_same_request(life.prescription, a_prescription(id="RX-2", origin="owner"))


def test_a_refill_asked_for_too_early_is_held_with_its_date() -> None:
    life = dispensed(an_item(days=30))
    receipt = life.later(days=5).do("request_refill", product="A")
    assert receipt.text.endswith("It is held until Fri 3 Jul 2026, 12:00 CDT, when the last fill is nearly used up.")
    life.repeated("request_refill", product="A")
    assert [(notice.kind, notice.to) for notice in life.notices] == [("refill_held", "owner")]
    assert "it can be sent from Friday 3 July" in life.notices[0].text
    life.later(days=18)
    assert [(notice.kind, notice.to) for notice in life.notices][1:] == [("refill_due", "team")]
    life.do("dispense", product="A", qty=3, remaining=1)
    assert life.item().refill is None


def test_a_refill_in_time_can_be_dispensed_at_once() -> None:
    life = dispensed(an_item(days=30))
    assert life.later(days=23).do("request_refill", product="A").text.endswith("It can be dispensed.")


def test_without_refills_a_renewal_is_asked_for() -> None:
    life = approved()
    assert "has not been dispensed yet" in life.refused("request_refill", product="A")
    life.do("dispense", product="A", qty=3, remaining=0)
    assert life.refused("request_refill", product="A") == ("Product A has no refills left; ask the vet for a renewal.")


def test_a_renewal_is_a_new_prescription_that_names_the_old_one() -> None:
    life = Life(renews="RX-0")
    assert (life.prescription.renews, life.entries[0].text) == (
        "RX-0",
        "Written by lee, renewing an earlier prescription",
    )
    assert refused(renews="RX-1") == "A prescription cannot renew itself."


def test_a_decline_has_a_reason_and_the_owner_sees_only_what_the_vet_wrote() -> None:
    assert {"not_my_patient", "needs_examination"} <= set(DECLINE_REASONS)
    life = Life(origin="owner", rules=Rules(undo=UNDO))
    assert "Say why" in life.refused("decline", by="vet")
    assert "Say why" in life.refused("decline", by="vet", code="other")
    assert "not a coded reason" in life.refused("decline", by="vet", code="bored")
    message = "Please come in with Rex."
    life.do("decline", by="vet", code="needs_examination", reason="owes us money", message_to_owner=message)
    assert life.entries[-1].why == "The patient needs an examination first: owes us money"
    assert life.notices == [], "it can still be taken back"
    life.later(minutes=15)
    assert [(notice.to, notice.text) for notice in life.notices] == [("owner", message)]


def test_without_a_message_the_owner_hears_no_reason() -> None:
    life = Life(origin="owner")
    life.do("decline", by="vet", reason="owes us money")
    assert [notice.text for notice in life.notices] == ["The practice declined Product A."]


def heard(life: Life) -> list[str]:
    """What the owner is written to about."""
    owners = [notice for notice in life.notices if notice.to == "owner"]
    return [notice.text for notice in owners if concerns_owner(life.prescription, notice)]


def test_the_owner_hears_nothing_of_a_draft_but_what_the_vet_wrote() -> None:
    declined, written, lapsed = Life(), Life(), Life()
    declined.do("decline", by="vet", code="different_product")
    written.do("decline", by="vet", code="different_product", message_to_owner="Rex gets tablets instead.")
    lapsed.later(days=46)
    assert [heard(each) for each in (declined, written, lapsed)] == [[], ["Rex gets tablets instead."], []]
    asked = Life(origin="owner").later(days=46)
    assert heard(asked) == ["The request for Rex has lapsed; a new one is needed."]


def test_the_owner_is_not_asked_for_anything_once_the_animal_has_died() -> None:
    approved_one, asked = approved(), Life(origin="owner")
    for life in (approved_one, asked):
        life.do("patient_died")
        life.later(days=400)
        assert heard(life) == []
    assert heard(approved().later(days=400)) != []


def test_the_owner_gets_what_the_vet_wrote_with_a_cancel() -> None:
    def cancelled(rules: Rules, **words: str) -> Life:
        life = Life(rules=rules)
        life.do("approve", by="lee")
        life.do("cancel", by="vet", reason="Side effects", **words)
        return life

    now, words = Rules(tells_of_cancels=True), {"message_to_owner": "Please stop giving it."}
    assert heard(cancelled(now, **words)) == ["Please stop giving it."]
    assert heard(cancelled(now)) == heard(cancelled(Rules(), **words)) == []


@pytest.mark.parametrize(
    ("events", "answer"),
    [
        ([], "done"),
        ([("dispense", {"qty": 3, "remaining": 2})], "stops_after_this_fill"),
        ([("dispense", {"qty": 3, "remaining": 0}), ("ship", {})], "too_late"),
        ([("dispense", {"qty": 3, "remaining": 2}), ("ship", {}), ("deliver", {})], "done"),
    ],
)
def test_a_cancel_has_an_answer(events: list[tuple[str, dict[str, Any]]], answer: str) -> None:
    life = approved()
    for name, body in events:
        life.do(name, **body, **({"product": "A"} if name == "dispense" else {}))
    receipt = life.do("cancel", by="owner", reason="not needed", key="once")
    assert receipt.answer == answer
    again = life.do("cancel", by="owner", reason="not needed", key="once")
    assert (again.outcome, again.answer, again.text) == ("already_known", answer, receipt.text)


def test_a_cancel_of_what_is_not_on_it_is_not_found() -> None:
    with pytest.raises(Refused) as refusal:
        approved().do("cancel", by="owner", reason="no", items=["Z"])
    assert refusal.value.code == "not_found"


def test_a_vet_approves_with_changes() -> None:
    life = Life(an_item("A"), an_item("B"), origin="owner")
    changes = [{"product": "A", "qty": 1, "refills": 0, "instructions": "Half", "price_cents": 700}]
    life.do("approve", by="lee", changes=changes)
    life.do("pay")
    (call,) = life.sent()
    sent = call.model_dump(mode="json")
    assert (sent["total_cents"], sent["items"][0]["qty"], sent["items"][0]["instructions"]) == (2700, 1, "Half")
    assert "approved by lee" in life.repeated("approve", by="kim")
    assert "to change it, cancel it" in life.refused("approve", by="lee", changes=[{"product": "B", "qty": 9}])


def test_the_history_says_what_a_vet_changed() -> None:
    life = Life()
    life.do("approve", by="lee", changes=[{"product": "A", "qty": 1.5, "refills": 0, "instructions": "Half"}])
    assert life.entries[-1].text == (
        "Approved by lee, Product A with qty 1.5 instead of 3 and refills 0 instead of 2 and other instructions"
        " and another price"
    )


def test_a_vet_approves_for_fewer_months() -> None:
    life = Life(months=6)
    assert life.refused("approve", by="lee", months=7) == "It can be valid for at most 6 months; you gave 7."
    life.do("approve", by="lee", months=1)
    sentence = life.later(days=40).refused("dispense", product="A", qty=3, remaining=2)
    assert "expired on Sat 11 Jul 2026, 00:00 CDT" in sentence


def test_a_price_that_is_paid_does_not_change() -> None:
    life = Life(origin="owner")
    life.do("pay")
    assert "it is paid" in life.refused("approve", by="lee", changes=[{"product": "A", "price_cents": 1}])
    life.do("approve", by="lee", changes=[{"product": "A", "qty": 1}])
    assert life.item().item.price_cents == 2000
    assert life.concerns == [
        "The owner paid for 3 of Product A, and the vet approved 1: the pharmacy settles the difference."
    ]
    life.do("dismiss", concern="price/A")
    assert life.concerns == []


def test_a_price_that_is_not_paid_follows_the_quantity() -> None:
    life = Life(an_item("A"), an_item("B"), origin="owner")
    changes = [{"product": "A", "qty": 2}, {"product": "B", "qty": 2, "price_cents": 1500}]
    life.do("approve", by="lee", changes=changes)
    assert [life.item(product).item.price_cents for product in "AB"] == [1333, 1500]
    assert "Product A with qty 2 instead of 3 and another price" in life.entries[-1].text
    life.repeated("approve", by="lee", changes=changes)
    assert "to change it" in life.refused("approve", by="lee", changes=changes[:1])
    life.do("pay")
    assert life.concerns == []
    life.repeated("approve", by="lee", changes=changes)
    dear = Life(an_item("A", price_cents=10**7), origin="owner")
    assert "too high" in dear.refused("approve", by="lee", changes=[{"product": "A", "qty": 4}])


def test_it_is_over_a_month_after_its_end_when_late_reports_are_taken_no_longer() -> None:
    life = dispensed()
    life.do("cancel", by="vet", reason="no")
    life.sent()
    assert not steps.is_over(life.later(days=29).prescription, life.now)
    assert steps.is_over(life.later(days=1).prescription, life.now)
    assert steps.next_wakeup(life.prescription) is None


def test_a_prescription_from_the_future_is_refused() -> None:
    assert "is in the future" in refused(written_at=datetime(2026, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("qty", "last", "asked"), [("60", "1", True), ("5", "1", False), ("3", "0.5", True), ("1", "30", False)]
)
def test_a_quantity_more_than_five_times_the_last_one_is_asked_back(qty: str, last: str, asked: bool) -> None:
    assert is_far_above(Decimal(qty), Decimal(last)) is asked


@pytest.mark.parametrize(
    ("name", "qty", "makes", "asked"),
    [
        ("Carprofen 75 mg, 60 tablets", "60", "3,600 tablets", True),
        ("Carprofen 75 mg, 60 tablets", "1", "60 tablets", False),
        ("Carprofen 75 mg, 60 tablets", "0.5", "30 tablets", False),
        ("Apoquel 16 mg (30 Chewable Tablets)", "13", "390 tablets", True),
        ("Apoquel 16 mg (30 Chewable Tablets)", "12", "360 tablets", False),
        ("Heart worm, 3 chews", "3", "9 chews", False),
        ("Carprofen 75 mg tablets", "60", "", False),
        ("Methimazole, 1,000 tablets", "2", "2,000 tablets", False),
        ("Methimazole, 10,000 tablets", "2", "", False),
        ("Phenobarbital 64.8 tablets", "2", "", False),
        ("Ear drops 10 ml", "60", "", False),
    ],
)
def test_as_many_packs_as_one_has_pieces_are_asked_back(name: str, qty: str, makes: str, asked: bool) -> None:
    assert pieces_text(name, Decimal(qty)) == makes
    assert are_many_packs(name, Decimal(qty)) is asked
