"""RX9: what was cancelled before any fill, or came back unconsumed, is disabled as a whole."""

from __future__ import annotations

import pytest

from pharmacy.prescriptions.life.calls import Disable
from pharmacy.prescriptions.life.values import Rules
from tests.prescriptions.life import UID, UNDO, Life, an_item, approved, dispensed, ended

NO_CALL = Rules(can_disable=False)


@pytest.mark.parametrize("by", ["vet", "owner"])
def test_rx9_cancelled_before_any_fill_as_a_whole(by: str) -> None:
    life = approved(an_item("A"), an_item("B"))
    receipt = life.do("cancel", by=by, reason="not needed")
    assert receipt.answer == "done"
    assert life.sent() == [Disable(uid=UID)]
    assert (life.state.state, life.prescription.delivery.uid) == ("disabled", UID)


def test_rx9_cancelled_item_by_item_is_disabled_with_the_last() -> None:
    life = approved(an_item("A"), an_item("B"))
    life.do("cancel", by="vet", reason="not needed", items=["A"])
    assert ended(life) == ["DECLINED_DR"]
    life.do("cancel", by="vet", reason="not needed")
    assert life.sent() == [Disable(uid=UID)]


def test_a_declined_prescription_shows_so_and_is_not_disabled() -> None:
    life = approved()
    life.do("decline", by="vet", reason="not needed")
    assert ended(life) == ["DECLINED_DR"]
    assert life.state.state == "sent"


def test_what_was_cancelled_after_a_fill_is_not_disabled() -> None:
    life = dispensed(an_item("A"), an_item("B"))
    life.do("cancel", by="owner", reason="not needed")
    assert (ended(life), life.state.state) == (["CANCELLED_CLIENT", "DECLINED_CLIENT"], "sent")


def test_rx9_returned_unconsumed() -> None:
    life = dispensed()
    life.do("return", product="A")
    assert life.sent() == [Disable(uid=UID)]
    life.repeated("return", product="A")
    assert "came back" in life.refused("dispense", product="A", qty=3, remaining=1)


def test_rx9_returned_after_it_was_cancelled() -> None:
    life = dispensed()
    life.do("cancel", by="vet", reason="not needed")
    life.sent()
    life.do("return", product="A")
    assert life.sent() == [Disable(uid=UID)]


def test_one_item_that_came_back_of_several_is_cancelled() -> None:
    life = dispensed(an_item("A"), an_item("B"))
    life.do("return", product="A")
    assert ended(life) == ["CANCELLED_CLIENT"]
    life.do("cancel", by="owner", reason="not needed")
    assert life.sent() == [Disable(uid=UID)]


def test_a_return_can_be_taken_back_as_long_as_it_is_held() -> None:
    life = dispensed(rules=Rules(undo=UNDO))
    life.do("return", product="A")
    assert (life.sent(), life.state.state) == ([], "waiting")
    life.do("undo")
    assert (life.later(days=1).sent(), life.statuses, life.state.state) == ([], {"A": "CURRENT"}, "sent")


def test_what_was_dispensed_and_came_back_before_the_creation_is_never_created() -> None:
    life = Life()
    life.do("approve", by="lee")
    life.do("dispense", product="A", qty=3, remaining=2)
    life.do("return", product="A")
    assert (life.sent(), life.state.state) == ([], "not_due")


@pytest.mark.parametrize(("filled", "word"), [(False, "DECLINED_DR"), (True, "CANCELLED_DR")])
def test_rx9_without_such_a_call_the_legal_final_status_is_sent(filled: bool, word: str) -> None:
    life = dispensed(rules=NO_CALL) if filled else approved(rules=NO_CALL)
    life.do("cancel", by="vet", reason="not needed")
    assert (ended(life), life.state.state) == ([word], "sent")


def test_nothing_comes_back_that_was_not_dispensed() -> None:
    assert approved().refused("return", product="A") == "Product A cannot come back: nothing was dispensed."
