"""RX2, RX3: a prescription is created once, when it has all that it needs, with what belongs on it."""

from __future__ import annotations

import pytest

from pharmacy.prescriptions.life.calls import Create
from pharmacy.prescriptions.life.values import Rules
from tests.prescriptions.life import UNDO, Life, an_item, approved


def created(life: Life) -> list[str]:
    """Returns the products of the one creation."""
    (call,) = life.sent()
    assert isinstance(call, Create)
    return [item.product for item in call.items]


def test_rx2_a_vets_prescription_waits_for_the_approval_alone() -> None:
    life = Life()
    assert (life.sent(), life.state.state) == ([], "not_due")
    life.do("approve", by="lee")
    assert life.state.state == "waiting"
    assert created(life) == ["A"]
    assert (life.statuses, life.state.state) == ({"A": "PENDING"}, "sent")


@pytest.mark.parametrize("order", [("approve", "pay"), ("pay", "approve")])
def test_rx2_an_owners_request_waits_for_approval_and_payment_in_either_order(order: tuple[str, str]) -> None:
    life = Life(origin="owner")
    for event in order:
        assert (life.sent(), life.state.state, life.statuses) == ([], "not_due", {"A": None})
        life.do(event, by="lee" if event == "approve" else None)
    assert created(life) == ["A"]


def test_rx3_it_contains_what_needs_a_vet_and_no_free_product() -> None:
    items = an_item("A"), an_item("B", "over_the_counter", price_cents=550), an_item("C", "free", price_cents=99)
    life = Life(*items)
    life.do("approve", by="lee")
    (call,) = life.sent()
    assert isinstance(call, Create)
    assert ([item.product for item in call.items], call.total_cents) == (["A", "B"], 2550)
    assert life.statuses["C"] is None


def test_rx2_it_is_created_once() -> None:
    life = approved()
    life.repeated("approve", by="kim")
    assert life.sent() == []


def test_what_is_declined_before_the_creation_is_never_created() -> None:
    life = Life(an_item("A"), an_item("B"), origin="owner", rules=Rules(undo=UNDO))
    life.do("decline", by="vet", reason="not this one", items=["B"])
    life.do("approve", by="lee")
    life.do("pay")
    assert life.sent() == [], "the decline can be taken back, and nothing can be added to a creation later"
    assert created(life.later(minutes=15)) == ["A"]
    assert life.statuses == {"A": "PENDING", "B": "DECLINED_DR"}


def test_a_decline_taken_back_in_time_leaves_the_creation_whole() -> None:
    life = Life(an_item("A"), an_item("B"), rules=Rules(undo=UNDO))
    life.do("approve", by="lee")
    life.do("decline", by="vet", reason="a slip", items=["B"])
    life.later(minutes=14).do("undo")
    assert created(life) == ["A", "B"]


@pytest.mark.parametrize("event", ["decline", "cancel"])
@pytest.mark.parametrize("by", ["vet", "owner"])
def test_nothing_is_ever_created_of_what_ended_whole_before(event: str, by: str) -> None:
    life = Life()
    life.do("approve", by="lee")
    life.do(event, by=by, reason="changed our mind")
    assert (life.later(days=400).sent(), life.state.state) == ([], "not_due")
    assert life.statuses == {"A": "DECLINED_DR" if by == "vet" else "DECLINED_CLIENT"}
