"""Whether an event can be recorded, by what it is."""

from __future__ import annotations

from pharmacy.prescriptions.life import decisions, fills, persons
from pharmacy.prescriptions.life.admission import Admission, Known
from pharmacy.prescriptions.life.events import (
    Approve,
    Cancel,
    Decline,
    Deliver,
    Dismiss,
    Dispense,
    Event,
    Expire,
    Lapse,
    PatientAlive,
    PatientDied,
    PatientRenamed,
    Pay,
    PrescriberDisabled,
    PrescriberReplaced,
    RequestRefill,
    Resolve,
    Return,
    Ship,
    Undo,
)
from playbooks.engine.transition import Refused


def admit(admission: Admission, event: Event) -> Event | Known:
    """Returns the event as it is recorded, with the items that it concerns. Raises `Refused` if it cannot be."""
    match event:
        case Approve():
            return decisions.approve(admission, event)
        case Pay():
            return decisions.pay(admission, event)
        case Decline() | Cancel():
            return decisions.end(admission, event)
        case Undo():
            return decisions.undo(admission, event)
        case Dispense():
            return fills.dispense(admission, event)
        case Return():
            return fills.take_back(admission, event)
        case Ship() | Deliver():
            return fills.parcel(admission, event)
        case RequestRefill():
            return fills.ask_refill(admission, event)
        case PatientDied():
            return persons.died(admission, event)
        case PatientAlive():
            return persons.alive(admission, event)
        case PatientRenamed():
            return persons.renamed(admission, event)
        case PrescriberDisabled():
            return persons.prescriber_disabled(admission, event)
        case PrescriberReplaced():
            return persons.prescriber_replaced(admission, event)
        case Resolve():
            return persons.resolve(admission, event)
        case Dismiss():
            return persons.dismiss(admission, event)
        case Lapse() | Expire():
            raise Refused(f"{event.name} is recorded by the clock when its time has come; nobody can report it.")
