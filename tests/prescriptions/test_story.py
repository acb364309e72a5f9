"""What a prescription waits for, on whom, what is next and by when; and its history."""

from __future__ import annotations

from datetime import timedelta

from pharmacy.prescriptions.life.calls import Stuck, Unsure, Waiting
from pharmacy.prescriptions.life.delivery import put_off
from pharmacy.prescriptions.life.story import Story, history, story, waits_on
from pharmacy.prescriptions.life.values import Rules
from tests.prescriptions.life import NOON, UNDO, Life, an_item, approved, dispensed


def told(life: Life) -> Story:
    return story(life.prescription, life.now)


def test_an_owners_request_waits_for_the_vet_then_for_the_owner() -> None:
    life = Life(origin="owner")
    lapses = NOON + timedelta(days=45)
    assert told(life) == (
        "It is to be approved.",
        "vet",
        "Once it is approved and paid, it is dispensed.",
        lapses,
        (),
    )
    life.do("approve", by="lee")
    assert told(life)[:4] == ("It is approved.", "owner", "Once it is paid, it is dispensed.", lapses)


def test_a_call_under_way_waits_for_the_practices_system() -> None:
    life = Life()
    life.do("approve", by="lee")
    assert told(life).waiting_on == "practice_system"
    life.answer(Waiting(reason="The practice is not live yet."))
    assert told(life)[:3] == (
        "The practice is not live yet.",
        "practice_system",
        "It is sent as soon as it is its turn.",
    )
    life.answer(Unsure(reason="The connection was cut."))
    assert told(life).next == "It is looked up before anything else is sent."
    life.settle(Stuck(reason="It could not be looked up.", unproven=True, looks_again=True))
    assert told(life)[:2] == ("It could not be looked up.", "team")
    assert "It is looked up automatically" in told(life).next
    life.settle(Stuck(reason="No answer came.", unproven=True))
    assert told(life)[:2] == ("No answer came.", "team")


def test_why_a_call_waits_just_now_is_told_while_it_waits_and_no_longer() -> None:
    life = Life()
    life.do("approve", by="lee")
    at_nine = life.now + timedelta(seconds=9)
    waiting = Waiting(reason="Their ezyVet does not answer.", waiting_on="practice_system", next_try=at_nine)
    delayed = put_off(life.prescription, waiting)
    assert story(delayed, life.now)[:4] == (
        "Their ezyVet does not answer.",
        "practice_system",
        "It is sent as soon as it is its turn.",
        at_nine,
    )
    life.sent()
    assert put_off(life.prescription, waiting) == life.prescription


def test_in_lists_a_call_that_is_only_to_be_made_waits_for_nobody_else() -> None:
    life = Life()
    found = [waits_on(life.prescription, life.now)]
    life.do("approve", by="lee")
    found.append(waits_on(life.prescription, life.now))
    life.answer(Waiting(reason="The practice is not live yet."))
    found.append(waits_on(life.prescription, life.now))
    life.answer(Unsure(reason="The connection was cut."))
    found.append(waits_on(life.prescription, life.now))
    life.settle(Stuck(reason="No answer came.", unproven=True))
    found.append(waits_on(life.prescription, life.now))
    assert found == ["vet", "pharmacy", "practice_system", "practice_system", "team"]


def test_what_is_shown_waits_for_the_first_fill_then_for_a_refill() -> None:
    life = approved(an_item("A", days=30), an_item("B"))
    assert told(life)[:2] == ("Product A, Product B can be dispensed.", "pharmacy")
    for product, remaining in (("A", 2), ("B", 0)):
        life.do("dispense", product=product, qty=3, remaining=remaining)
    life.sent()
    assert told(life)[:3] == (
        "Dispensed. Left: 2 refills of Product A.",
        "owner",
        "A refill, if it is asked for.",
    )
    life.do("request_refill", product="A")
    held = NOON + timedelta(days=23)
    where = "A refill of Product A was asked for early, and is held until Fri 3 Jul 2026, 12:00 CDT."
    assert told(life)[:4] == (where, "nobody", "Then it can be dispensed.", held)
    life.later(days=23)
    assert told(life)[:4] == ("A refill of Product A was asked for.", "pharmacy", "The refill.", None)


def test_what_a_dispenser_counts_in_units_is_not_called_refills() -> None:
    life = approved(an_item("A"))
    life.do("dispense", product="A", qty=3, remaining=6)
    life.sent()
    assert told(life).where == "Dispensed. Left: 6 units of Product A."
    assert history(life.prescription)[-1].text == "Dispensed: 3 of Product A (6 units left)"


def test_a_held_decision_is_told_with_its_end_and_then_no_more() -> None:
    life = approved(rules=Rules(undo=UNDO))
    life.do("decline", by="vet", reason="no")
    until = "It can be taken back until Wed 10 Jun 2026, 12:15 CDT; then the practice's system is told."
    where = f"Declined by the vet. {until}"
    assert told(life)[:4] == (where, "nobody", "The practice's system is told of it.", NOON + UNDO)
    life.later(minutes=15)
    assert (told(life).where, told(life).waiting_on) == (
        "It is about to be sent to the practice's system.",
        "practice_system",
    )
    life.sent()
    assert told(life)[:2] == ("It is over, and the practice's system shows that.", "nobody")


def test_what_is_disabled_waits_for_nobody() -> None:
    life = approved()
    life.do("cancel", by="vet", reason="no")
    life.sent()
    assert told(life)[:2] == ("It was cancelled before any fill, or came back, and is disabled.", "nobody")


def test_the_history_is_in_the_order_in_which_it_happened_with_who_and_when() -> None:
    life = dispensed()
    before = (life.now - timedelta(days=1)).isoformat()
    life.do("decline", by="vet", reason="side effects", message_to_owner="Please call us.")
    life.do("dispense", product="A", qty=1, remaining=2, at=before)
    steps = history(life.prescription)
    assert [step.text for step in steps] == [
        "Written by lee",
        "Dispensed: 1 of Product A (2 refills left)",
        "Approved by lee",
        "Dispensed: 3 of Product A (2 refills left)",
        "Declined by the vet: Product A",
    ]
    assert (steps[-1].by, steps[-1].products, steps[-1].reason, steps[-1].message_to_owner) == (
        "someone",
        ("A",),
        "side effects",
        "Please call us.",
    )
    assert (steps[1].at, steps[1].recorded_at) == (NOON - timedelta(days=1), NOON)
