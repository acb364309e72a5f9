"""What the practice's system shows against what our calls have it show: what our record follows, and what not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pharmacy.prescriptions.life.calls import Accepted, Create, Observed, Stuck
from pharmacy.prescriptions.life.comparison import Reading, compare, observe
from pharmacy.prescriptions.life.delivery import acknowledged, next_call
from playbooks.engine.transition import Refused
from tests.prescriptions.life import UID, Life, an_item, approved, dispensed


def shown(life: Life, *, active: bool = True, **changed: Any) -> Observed:
    """What is there: what was acknowledged, with the first item `changed`."""
    first, *others = life.prescription.delivery.items
    return Observed(uid=UID, active=active, items=(first.model_copy(update=changed), *others))


def after(life: Life) -> Observed:
    """What is there after the call that goes out next."""
    call = next_call(life.prescription, life.now)
    assert call
    delivery = acknowledged(life.prescription, call, Accepted(uid=UID), life.now).prescription.delivery
    return Observed(uid=delivery.uid, active=not delivery.disabled, items=delivery.items)


def state(life: Life, seen: Observed, prescriber: str | None = "lee") -> str:
    return compare(life.prescription, seen, prescriber).state


def followed(life: Life, seen: Observed, prescriber: str | None = "lee") -> Life:
    reading = Reading(
        delivery=life.prescription.delivery, shown=seen, prescriber=prescriber, why="It differs.", by="reconciliation"
    )
    life._take(observe(life.prescription, reading, life.now))
    return life


def test_what_is_shown_as_acknowledged_agrees_also_if_more_is_to_be_sent() -> None:
    life = approved()
    assert state(life, shown(life)) == "agrees"
    life.do("dispense", product="A", qty=3, remaining=2)
    assert state(life, shown(life)) == "agrees"


def test_rx6_our_record_follows_a_call_whose_answer_was_lost_and_the_rest_is_sent() -> None:
    life = approved()
    life.do("dispense", product="A", qty=3, remaining=2)
    life.do("cancel", by="vet", reason="not needed")
    assert state(life, after(life)) == "behind"
    (end,) = followed(life, after(life)).sent()
    assert life.statuses == {"A": "CANCELLED_DR"} and end.kind == "update" and len(end.items) == 1


def test_rx9_our_record_follows_what_is_disabled_there() -> None:
    life = approved()
    assert state(life, shown(life, active=False)) == "behind"
    followed(life, shown(life, active=False))
    assert (life.sent(), life.state.state) == ([], "disabled")
    assert [text for text in life.concerns if "nobody reported" in text]
    assert state(life, shown(life, active=False)) == "agrees"
    assert state(life, shown(life)) == "changed", "somebody enabled it again"


@pytest.mark.parametrize("make", [approved, dispensed])
def test_rx6_our_record_follows_an_item_that_has_ended_there_and_a_person_is_told(make: Any) -> None:
    life = make()
    ended = "DECLINED_DR" if make is approved else "CANCELLED_DR"
    assert state(life, shown(life, status=ended)) == "behind"
    assert followed(life, shown(life, status=ended)).sent() == []
    assert [text for text in life.concerns if "nobody reported" in text]


@pytest.mark.parametrize(
    "changed",
    [
        {"qty": Decimal(9)},
        {"remaining": Decimal(0)},
        {"last_dispensed": 1_780_000_000},
        {"status": "PENDING", "last_dispensed": None},
    ],
)
def test_rx6_what_somebody_changed_there_is_never_followed(changed: dict[str, Any]) -> None:
    life = dispensed()
    found = compare(life.prescription, shown(life, **changed), "lee")
    assert found.state == "changed" and "Product A" in found.differences[0]


def test_rx6_if_a_person_says_so_ours_is_sent_again() -> None:
    life = dispensed()
    (update,) = followed(life, shown(life, qty=Decimal(9))).sent()
    assert update.kind == "update" and update.items[0].kind == "fill" and update.items[0].qty == 3


def test_an_item_that_ended_here_and_goes_on_there_was_changed() -> None:
    life = dispensed()
    life.do("cancel", by="vet", reason="not needed")
    life.sent()
    assert state(life, shown(life, status="CURRENT")) == "changed"


def test_one_item_that_somebody_changed_keeps_the_whole_record_from_following() -> None:
    life = approved(an_item("A"), an_item("B"))
    life.do("dispense", product="A", qty=3, remaining=2)
    seen = after(life)
    other = seen.items[1].model_copy(update={"qty": Decimal(7)})
    assert state(life, seen.model_copy(update={"items": (seen.items[0], other)})) == "changed"
    assert state(life, seen.model_copy(update={"items": seen.items[:1]})) == "changed", "it is no longer there"


def test_rx10_the_prescriber_that_we_moved_it_to_is_followed_and_no_other() -> None:
    life = dispensed()
    life.do("prescriber_replaced", prescriber="cho")
    assert state(life, shown(life)) == "agrees"
    assert state(life, shown(life), "cho") == "behind"
    assert state(life, shown(life), "may") == "changed"
    assert followed(life, shown(life), "cho").sent() == []


def test_rx1_a_creation_whose_answer_never_came_is_found() -> None:
    life = Life()
    life.do("approve", by="lee")
    there = after(life)
    call = life.answer(Stuck(reason="The answer never came.", unproven=True))
    assert isinstance(call, Create)
    assert state(life, Observed(uid=None)) == "agrees"
    assert state(life, there) == "behind"
    assert (followed(life, there).sent(), life.state.state) == ([], "sent")


def test_what_is_missing_there_is_created_anew_only_if_a_person_says_so() -> None:
    life = dispensed()
    assert state(life, Observed(uid=None)) == "missing"
    followed(life, Observed(uid=None), None)
    assert [call.kind for call in life.sent()] == ["create"]
    assert state(life, shown(life).model_copy(update={"uid": "another"})) == "changed"


def test_a_reading_does_not_count_once_our_record_has_changed() -> None:
    life = approved()
    before = life.prescription.delivery
    seen = shown(life)
    life.do("dispense", product="A", qty=3, remaining=2)
    life.sent()
    reading = Reading(delivery=before, shown=seen, prescriber="lee", why="It differs.", by="reconciliation")
    with pytest.raises(Refused):
        observe(life.prescription, reading, life.now)
