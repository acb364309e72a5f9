"""RX6: only legal changes are sent; the word is computed from whether anything was dispensed, and who ended it."""

from __future__ import annotations

import pytest

from pharmacy.prescriptions.life.calls import Create, End, Fill, Update
from pharmacy.prescriptions.life.values import Rules
from tests.prescriptions.life import UNDO, Life, an_item, approved, dispensed, ended


@pytest.mark.parametrize(
    ("filled", "by", "word"),
    [
        (False, "vet", "DECLINED_DR"),
        (False, "owner", "DECLINED_CLIENT"),
        (True, "vet", "CANCELLED_DR"),
        (True, "owner", "CANCELLED_CLIENT"),
    ],
)
def test_rx6_the_word_is_computed(filled: bool, by: str, word: str) -> None:
    life = dispensed() if filled else approved()
    life.do("decline", by=by, reason="not needed")
    assert ended(life) == [word]
    assert (life.statuses, life.state.state) == ({"A": word}, "sent")


def test_rx6_pending_and_current_are_never_sent_as_words() -> None:
    life = dispensed()
    assert "PENDING" not in str([call.model_dump() for call in life.calls])
    assert "CURRENT" not in str([call.model_dump() for call in life.calls])


def test_rx6_what_ended_stays_ended() -> None:
    life = approved()
    life.do("decline", by="vet", reason="no")
    life.sent()
    assert "declined by the vet" in life.refused("dispense", product="A", qty=3, remaining=2)
    assert "declined by the vet" in life.refused("cancel", by="owner", reason="no")
    assert life.refused("undo").startswith("Product A was declined by the vet")
    assert life.later(days=500).sent() == []


def test_a_mixed_prescription_is_decided_item_by_item() -> None:
    life = approved(an_item("A"), an_item("B"), an_item("C"))
    life.do("dispense", product="A", qty=3, remaining=2)
    life.do("decline", by="vet", reason="no", items=["B"])
    (call,) = life.sent()
    assert isinstance(call, Update)
    assert [type(item) for item in call.items] == [Fill, End], "one call for both"
    assert life.statuses == {"A": "CURRENT", "B": "DECLINED_DR", "C": "PENDING"}
    life.do("cancel", by="owner", reason="moved away")
    assert ended(life) == ["CANCELLED_CLIENT", "DECLINED_CLIENT"]


def test_a_fill_and_a_cancel_reported_together_are_two_calls() -> None:
    life = approved()
    life.do("dispense", product="A", qty=3, remaining=2)
    life.do("cancel", by="vet", reason="no")
    fill, end = life.sent()
    assert isinstance(fill, Update) and isinstance(fill.items[0], Fill)
    assert isinstance(end, Update) and isinstance(end.items[0], End)
    assert life.statuses == {"A": "CANCELLED_DR"}


def test_a_fill_before_the_creation_is_created_as_current_in_one_call() -> None:
    life = Life()
    life.do("approve", by="lee")
    life.do("dispense", product="A", qty=3, remaining=2)
    (call,) = life.sent()
    assert isinstance(call, Create) and call.items[0].last_dispensed == life.item().last_dispensed_at
    assert (life.statuses, life.state.state) == ({"A": "CURRENT"}, "sent")


def test_a_decision_is_held_until_it_can_be_taken_back_no_longer() -> None:
    life = approved(rules=Rules(undo=UNDO))
    receipt = life.do("decline", by="vet", reason="a slip")
    assert receipt.text.endswith("It can be taken back until Wed 10 Jun 2026, 12:15 CDT.")
    assert (life.sent(), life.state.state, life.statuses) == ([], "waiting", {"A": "DECLINED_DR"})
    life.later(minutes=14).do("undo")
    assert (life.later(days=1).sent(), life.state.state, life.statuses) == ([], "sent", {"A": "PENDING"})
    life.do("decline", by="vet", reason="now it is meant")
    life.later(minutes=15)
    assert "too late" in life.refused("undo")
    assert ended(life) == ["DECLINED_DR"]


def test_one_item_of_a_decline_is_taken_back() -> None:
    life = approved(an_item("A"), an_item("B"), rules=Rules(undo=UNDO))
    life.do("decline", by="vet", reason="no")
    life.do("undo", items=["B"])
    life.repeated("undo", items=["B"])
    life.later(minutes=15)
    assert (ended(life), life.statuses) == (["DECLINED_DR"], {"A": "DECLINED_DR", "B": "PENDING"})


def test_an_undo_leaves_a_decision_that_is_final() -> None:
    life = approved(rules=Rules(undo=UNDO))
    earlier = life.now.isoformat()
    life.later(hours=1).do("decline", by="vet", reason="no")
    life.later(minutes=20).do("cancel", by="owner", reason="moved away", at=earlier)
    assert (life.sent(), life.statuses) == ([], {"A": "DECLINED_CLIENT"}), "the earlier decision takes its place"
    life.do("undo")
    assert ended(life) == ["DECLINED_DR"]


def test_a_decline_that_crosses_the_creation_follows_it() -> None:
    life = Life()
    life.do("approve", by="lee")
    before = life.prescription
    life.do("decline", by="vet", reason="no")
    after = life.prescription
    life.prescription = before
    life.sent()
    life.prescription = after.model_copy(update={"delivery": life.prescription.delivery})
    assert ended(life) == ["DECLINED_DR"]
