"""Which of the news about a prescription its owner is written to about."""

from __future__ import annotations

from pharmacy.prescriptions.life.events import Cancel, Decline
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.values import Notice, Prescription


def concerns_owner(prescription: Prescription, notice: Notice) -> bool:
    """Whether an owner is to hear of it: whatever a vet wrote to the owner, and what becomes of a prescription that the
    owner asked for or a vet approved, while the animal lives. A vet's draft is the practice's own affair.
    """
    events = (each.event for each in prescription.events)
    if notice.text in [event.message_to_owner for event in events if isinstance(event, Decline | Cancel)]:
        return True
    position = position_of(prescription)
    return not position.death and (prescription.origin == "owner" or position.approval is not None)
