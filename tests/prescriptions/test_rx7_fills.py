"""RX7 and the ledger: fills, refills, partial fills, parcels sent again, and what comes back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from integrations.ezyvet.bodies import update_body
from pharmacy.prescriptions.life.calls import Call, Fill, Update
from pharmacy.prescriptions.life.quantities import number
from tests.prescriptions.life import Life, an_item, approved, dispensed


def fill_of(calls: list[Call]) -> Fill:
    """Returns the one fill of the one call."""
    (call,) = calls
    assert isinstance(call, Update)
    (fill,) = call.items
    assert isinstance(fill, Fill)
    return fill


def test_rx7_a_refill_updates_quantity_remaining_and_dates() -> None:
    life = approved()
    life.do("dispense", product="A", qty=3, remaining=2)
    first = fill_of(life.sent())
    assert (number(first.qty), number(first.remaining), first.last_dispensed) == (3, 2, int(life.now.timestamp()))
    life.later(days=20).do("dispense", product="A", qty=3, remaining=1)
    second = fill_of(life.sent())
    assert (number(second.qty), number(second.remaining), second.last_dispensed) == (3, 1, int(life.now.timestamp()))
    assert second.status_date == first.last_dispensed, "it has been CURRENT since the first fill"
    assert life.concerns == []


def test_rx7_the_body_of_a_refill_has_all_that_changed_and_no_status() -> None:
    life = approved()
    life.do("dispense", product="A", qty=3, remaining=2)
    (call,) = life.sent()
    assert isinstance(call, Update)
    at = int(life.now.timestamp())
    (item,) = update_body(call, None)["external_prescription_item_list"]
    assert item == {
        "external_product_reference": "A",
        "qty": 3,
        "remaining": 2,
        "date_of_lastdispense": at,
        "status_date": at,
    }


def test_a_late_report_of_an_earlier_fill_is_placed_before_the_later_one() -> None:
    life = dispensed()
    life.later(days=30).do("dispense", product="A", qty=3, remaining=0)
    life.sent()
    day_before = life.now.replace(day=life.now.day - 1).isoformat()
    life.do("dispense", product="A", qty=3, remaining=1, at=day_before)
    assert (life.sent(), number(life.item().remaining), life.concerns) == ([], 0, [])


def test_two_fills_before_the_next_call_are_one_call() -> None:
    life = dispensed()
    life.later(days=20).do("dispense", product="A", qty=3, remaining=1)
    life.later(days=20).do("dispense", product="A", qty=3, remaining=0)
    assert fill_of(life.sent()).remaining == 0


@pytest.mark.parametrize("remaining", [[2, 2, 1], [8, 6, 5]], ids=["refills", "units"])
def test_partial_fills_agree_with_either_meaning_of_remaining(remaining: list[int]) -> None:
    life = approved()
    for qty, left in zip([1, 2, 1], remaining, strict=True):
        life.later(days=1).do("dispense", product="A", qty=qty, remaining=left)
    assert life.concerns == []


def test_a_contradiction_is_taken_as_said_and_shown_to_a_person() -> None:
    life = dispensed()
    life.later(days=1).do("dispense", product="A", qty=3, remaining=7)
    assert fill_of(life.sent()).remaining == 7
    assert life.concerns == [
        "The dispenser says that 7 remain of Product A; by the fills so far it is 1 refill or 3 units."
    ]
    assert life.state.state == "sent"
    assert [notice.to for notice in life.notices] == ["team"]
    (alert,) = [entry for entry in life.entries if entry.kind == "alert"]
    assert alert.text == life.concerns[0]
    life.do("dismiss", concern="ledger/3")
    assert life.concerns == []
    life.repeated("dismiss", concern="ledger/3")


def test_more_than_was_prescribed_is_shown_to_a_person() -> None:
    life = approved(an_item(refills=0))
    life.do("dispense", product="A", qty=4, remaining=0)
    assert life.concerns == ["4 were dispensed of Product A, and 3 are prescribed with all refills."]


def test_a_parcel_sent_again_is_no_refill() -> None:
    life = dispensed()
    life.later(days=3).do("dispense", product="A", qty=3, remaining=2, reshipment=True)
    assert (life.sent(), life.concerns, len(life.item().ledger.fills)) == ([], [], 1)


def test_a_repeated_fill_changes_nothing() -> None:
    life = dispensed()
    life.repeated("dispense", product="A", qty=3, remaining=2)
    at = (life.now).isoformat()
    life.later(days=2).repeated("dispense", product="A", qty=3, remaining=2, at=at)


def test_equal_partial_fills_with_keys_of_their_own_both_count() -> None:
    life = approved(an_item(refills=0))
    for key in ("one", "two", "two", "three"):
        life.do("dispense", product="A", qty=1, remaining=0, key=key)
    assert life.item().ledger.with_owner == 3
    assert "was used for something else" in life.refused("dispense", product="A", qty=2, remaining=0, key="two")


def test_a_fill_that_comes_back_in_part_leaves_the_item_current() -> None:
    life = dispensed()
    life.do("return", product="A", qty=1)
    assert (life.sent(), life.statuses, number(life.item().ledger.with_owner)) == ([], {"A": "CURRENT"}, 2)
    assert "the owner has 2" in life.refused("return", product="A", qty=2.5)


def test_a_fill_after_the_decline_was_shown_goes_to_a_person() -> None:
    life = approved()
    earlier = life.now.isoformat()
    life.later(hours=1).do("decline", by="vet", reason="no")
    life.sent()
    life.do("dispense", product="A", qty=3, remaining=2, at=earlier)
    assert (life.sent(), life.statuses) == ([], {"A": "DECLINED_DR"})
    assert life.concerns == [
        "A fill of Product A was reported too late: the practice's system shows the item as ended."
    ]


@pytest.mark.parametrize(
    ("life", "why"),
    [
        (Life(), "no vet has approved it yet"),
        (Life(origin="owner"), "no vet has approved it yet"),
        (approved(origin="owner"), "it is not paid yet"),
    ],
)
def test_nothing_is_dispensed_before_it_may_be(life: Life, why: str) -> None:
    assert why in life.refused("dispense", product="A", qty=3, remaining=2)


def test_what_is_not_on_it_is_refused_by_name() -> None:
    assert approved().refused("dispense", product="Z", qty=1, remaining=0) == (
        "Z is not on this prescription, which has A."
    )


@pytest.mark.parametrize("qty", [0, -1, True, "many", 100_001, 1.2345, float("nan"), float("inf")])
def test_no_absurd_quantity_is_taken(qty: object) -> None:
    with pytest.raises(ValidationError):
        dispensed().do("dispense", product="A", qty=qty, remaining=0)


def test_a_quantity_is_a_number_in_json_whole_where_it_is() -> None:
    life = Life(an_item(qty=Decimal("0.5"), refills=Decimal("2.0")))
    assert life.prescription.items[0].model_dump(mode="json") | {"qty": 0.5, "refills": 2} == (
        life.prescription.items[0].model_dump(mode="json")
    )
    assert isinstance(life.prescription.items[0].model_dump(mode="json")["refills"], int)
