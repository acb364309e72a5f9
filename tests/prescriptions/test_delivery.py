"""What becomes of calls: accepted, unsure, stuck, put off; and what a person decides about them (RX1, RX6)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pharmacy.prescriptions.life.calls import (
    Accepted,
    Check,
    Checked,
    Create,
    Disable,
    Observed,
    Outcome,
    ShownItem,
    Stuck,
    Unsure,
    Update,
    Waiting,
)
from pharmacy.prescriptions.life.delivery import acknowledged, next_call
from pharmacy.prescriptions.life.statuses import Status
from tests.prescriptions.life import UID, Life, approved

TWO, THREE = Decimal(2), Decimal(3)
CUT = Unsure(reason="The connection was cut.")
PERSON = Stuck(reason="The answer never came.", unproven=True)
REFUSED = Stuck(reason="There is no such clinical record.")


def with_call(outcome: Outcome) -> Life:
    """Returns an approved prescription whose creation had this outcome."""
    life = Life()
    life.do("approve", by="lee")
    life.answer(outcome)
    return life


def nothing_goes_out(life: Life) -> bool:
    return next_call(life.prescription, life.now) is None


@pytest.mark.parametrize(
    ("outcome", "state"), [(CUT, "uncertain"), (PERSON, "needs_person"), (REFUSED, "needs_person")]
)
def test_rx1_nothing_is_sent_while_a_creation_is_in_doubt(outcome: Unsure | Stuck, state: str) -> None:
    life = with_call(outcome)
    assert nothing_goes_out(life)
    assert life.state == (state, outcome.reason)
    life.do("dispense", product="A", qty=3, remaining=2)
    assert nothing_goes_out(life.later(days=3))


def shown(life: Life, status: Status = "PENDING") -> Observed:
    """Returns what is read back after the creation."""
    at = int(life.prescription.written_at.timestamp())
    return Observed(uid=UID, items=(ShownItem(product="A", status=status, status_date=at, qty=THREE, remaining=TWO),))


def test_a_creation_that_was_found_goes_on_from_what_is_shown() -> None:
    life = with_call(CUT)
    life.do("dispense", product="A", qty=3, remaining=2)
    life.settle(shown(life))
    (update,) = life.sent()
    assert isinstance(update, Update) and update.uid == UID
    assert life.statuses == {"A": "CURRENT"}


def test_a_creation_that_was_not_found_is_sent_again() -> None:
    life = with_call(CUT)
    life.settle(Observed(uid=None))
    assert [call.kind for call in life.sent()] == ["create", "check"]
    assert nothing_goes_out(life)


@pytest.mark.parametrize("outcome", [CUT, PERSON])
def test_rx1_a_creation_that_was_sent_again_is_checked_until_it_is_there_once(outcome: Outcome) -> None:
    """The first one may be carried out after it was looked up."""
    life = with_call(outcome)
    life.settle(Observed(uid=None)) if outcome is CUT else life.do("resolve", decision="send")
    life.answer(Accepted(uid=UID))
    assert life.answer(Checked(disabled=("late",))) == Check(uid=UID)
    assert life.entries[-1].text == "Came to be there twice; disabled in the practice's system: late"
    life.do("dispense", product="A", qty=3, remaining=2)
    assert isinstance(life.answer(Accepted()), Update)
    assert life.answer(Checked()) == Check(uid=UID)
    assert (nothing_goes_out(life), life.state.state) == (True, "sent")


def test_rx1_a_creation_that_was_not_found_and_is_not_wanted_any_more_is_disabled_if_it_comes_late() -> None:
    life = with_call(CUT)
    life.settle(Observed(uid=None))
    life.do("cancel", by="owner", reason="not needed")
    assert life.answer(shown(life)) == Check(uid=None)
    assert life.entries[-1].text == f"Created in the practice's system as {UID}"
    assert life.sent() == [Disable(uid=UID), Check(uid=UID)]
    assert life.state.state == "disabled"


def test_rx1_one_that_was_found_several_times_is_checked() -> None:
    life = with_call(CUT)
    life.settle(shown(life).model_copy(update={"twice": True}))
    assert life.sent() == [Check(uid=UID)]


def test_a_person_settles_what_a_check_cannot() -> None:
    life = with_call(CUT)
    life.settle(Observed(uid=None))
    life.answer(Accepted(uid=UID))
    life.answer(Stuck(reason="ezyVet has it twice."))
    assert (nothing_goes_out(life), life.state) == (True, ("needs_person", "ezyVet has it twice."))
    life.do("resolve", decision="send")
    assert life.answer(Stuck(reason="ezyVet has it twice.")) == Check(uid=UID)
    life.do("resolve", decision="there")
    assert (nothing_goes_out(life), life.state.state) == (True, "sent")


def test_a_creation_cancelled_while_in_doubt_is_disabled_only_if_it_is_there() -> None:
    there, absent = with_call(CUT), with_call(CUT)
    for life in (there, absent):
        life.do("cancel", by="owner", reason="not needed")
        assert (nothing_goes_out(life), life.state.state) == (True, "uncertain")
    there.settle(shown(there))
    absent.settle(Observed(uid=None))
    assert there.sent() == [Disable(uid=UID)]
    assert (absent.sent(), absent.state.state) == ([Check(uid=None)], "not_due")


def test_a_refused_creation_that_is_cancelled_needs_nobody() -> None:
    life = with_call(REFUSED)
    life.do("cancel", by="owner", reason="not needed")
    assert (life.sent(), life.state.state) == ([], "not_due")


def test_a_person_says_that_it_is_there() -> None:
    life = with_call(PERSON)
    assert "Give its `uid`" in life.refused("resolve", decision="there")
    life.do("resolve", decision="there", uid=UID)
    assert (life.sent(), life.state.state, life.prescription.delivery.uid) == ([], "sent", UID)
    life.repeated("resolve", decision="there", uid=UID)
    assert "nothing to settle" in life.refused("resolve", decision="send")


def test_a_person_says_that_it_is_sent_again_under_another_record() -> None:
    life = with_call(REFUSED)
    life.do("resolve", decision="send", clinical_record=77)
    (call,) = life.sent()
    assert isinstance(call, Create) and call.clinical_record == 77


def test_a_person_leaves_it() -> None:
    life = with_call(REFUSED)
    life.do("resolve", decision="leave")
    assert (nothing_goes_out(life), life.state) == (True, ("not_due", "Left as it is: nothing more is sent."))
    life.do("resolve", decision="send")
    assert len(life.sent()) == 1


def test_what_is_put_off_is_offered_again_with_the_reason() -> None:
    reason = "The practice's connection is not live yet."
    life = with_call(Waiting(reason=reason))
    assert life.state == ("waiting", reason)
    assert not nothing_goes_out(life)
    before = life.prescription
    life.answer(Waiting(reason=reason))
    assert life.prescription == before, "the same reason is no news"
    assert (len(life.sent()), life.state.state) == (1, "sent")


def test_an_update_in_doubt_is_not_repeated_blindly() -> None:
    life = approved()
    life.do("decline", by="vet", reason="no")
    life.answer(CUT)
    assert nothing_goes_out(life)
    life.settle(shown(life, "DECLINED_DR"))
    assert (life.sent(), life.state.state) == ([], "sent")


def test_a_disabling_in_doubt_is_settled_by_what_is_shown() -> None:
    life = approved()
    life.do("cancel", by="vet", reason="no")
    life.answer(CUT)
    life.settle(shown(life).model_copy(update={"active": False}))
    assert (life.sent(), life.state.state) == ([], "disabled")


def test_a_creation_accepted_without_an_identity_is_in_doubt() -> None:
    assert with_call(Accepted()).state.state == "uncertain"


def test_a_second_identity_goes_to_a_person() -> None:
    life = approved()
    create = life.calls[0]
    life.prescription = acknowledged(life.prescription, create, Accepted(uid="another"), life.now).prescription
    assert life.state == ("needs_person", f"It is there twice, as {UID} and as another: disable one of them there.")


def test_what_is_no_longer_found_goes_to_a_person() -> None:
    life = approved()
    life.do("dispense", product="A", qty=3, remaining=2)
    life.answer(CUT)
    life.settle(Observed(uid=None))
    assert life.state == ("needs_person", "It is no longer found there.")


def test_what_was_ended_there_alone_is_a_concern() -> None:
    life = approved()
    life.do("dispense", product="A", qty=3, remaining=2)
    life.answer(CUT)
    ended = shown(life, "CANCELLED_DR").items[0].model_copy(update={"last_dispensed": life.item().last_dispensed_at})
    life.settle(Observed(uid=UID, items=(ended,)))
    assert life.sent() == []
    assert life.concerns == [
        "The practice's system shows Product A as ended, which nobody reported here: cancel it here too."
    ]
    life.do("cancel", by="vet", reason="it was")
    assert (life.concerns, life.statuses) == ([], {"A": "CANCELLED_DR"})


def test_what_was_disabled_there_alone_is_a_concern() -> None:
    life = with_call(CUT)
    life.settle(shown(life).model_copy(update={"active": False}))
    assert (life.sent(), life.state) == ([], ("disabled", "It was disabled there."))
    assert len(life.concerns) == 1 and "which nobody reported here" in life.concerns[0]


def test_a_fill_made_there_alone_ends_as_cancelled() -> None:
    life = with_call(CUT)
    life.settle(shown(life, "CURRENT"))
    life.do("decline", by="vet", reason="no")
    life.sent()
    assert life.statuses == {"A": "CANCELLED_DR"}
