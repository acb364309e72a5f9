"""Which of the news about a prescription its owner is written to about, and what of it."""

from __future__ import annotations

from pharmacy.prescriptions.life.events import Cancel, Decline
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.texts import decline_text
from pharmacy.prescriptions.life.values import Item, Notice, Prescription, Recorded


def concerns_owner(prescription: Prescription, notice: Notice) -> bool:
    """Whether an owner is to hear of it: whatever a vet wrote to the owner, and what becomes of a prescription that the
    owner asked for or a vet approved, while the animal lives. A vet's draft is the practice's own affair.
    """
    decision = decision_told(prescription, notice)
    if decision and notice.text != decline_text(prescription, decision):
        return True
    position = position_of(prescription)
    return not position.death and (prescription.origin == "owner" or position.approval is not None)


def decision_told(prescription: Prescription, notice: Notice) -> Recorded | None:
    """Returns the decision that a notice tells of, in the vet's own words or without any; None for any other notice."""
    for each in reversed(prescription.events):
        if isinstance(each.event, Decline | Cancel) and notice.text in (
            each.event.message_to_owner,
            decline_text(prescription, each),
        ):
            return each
    return None


def items_to_pay(prescription: Prescription, notice: Notice) -> tuple[Item, ...]:
    """Returns the items that the owner is to pay for, where a notice says so."""
    position = position_of(prescription)
    if notice.to != "owner" or notice.kind not in ("approved", "request_reminder") or position.payment:
        return ()
    return tuple(each.item for each in position.open_items)
