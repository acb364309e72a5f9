"""Whether an event can be recorded, by what it is."""

from __future__ import annotations

from pharmacy.prescriptions.life import decisions, fills
from pharmacy.prescriptions.life.admission import Admission, Known
from pharmacy.prescriptions.life.calls import Create
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.delivery import problem_of
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
    position = admission.position
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
            return Known("the patient has died") if position.death else event
        case PatientAlive():
            return event if position.death else Known("the patient is alive")
        case PatientRenamed(patient_name=name):
            return Known(f"the patient is called {name}") if name == position.patient_name else event
        case PrescriberDisabled():
            known = Known(f"{position.prescriber} is not an active vet of the practice")
            return known if position.prescriber_disabled else event
        case PrescriberReplaced(prescriber=vet):
            same = vet == position.prescriber and not position.prescriber_disabled
            return Known(f"{vet} is the prescriber") if same else event
        case Resolve():
            return _resolve(admission, event)
        case Dismiss():
            return _dismiss(admission, event)
        case Lapse() | Expire():
            raise Refused(f"{event.name} is recorded by the clock when its time has come; nobody can report it.")


def _resolve(admission: Admission, event: Resolve) -> Resolve | Known:
    problem = problem_of(admission.prescription, admission.position)
    if problem is None:
        resolved = [each.event for each in admission.prescription.events if isinstance(each.event, Resolve)]
        if resolved and resolved[-1] == event:
            return Known("settled")
        raise Refused("There is nothing to settle: no call is uncertain or stuck.")
    creating = isinstance(problem.call, Create)
    if event.decision == "there" and creating and not event.uid:
        raise Refused("Give its `uid` in the practice's system.")
    if event.uid and (event.decision != "there" or not creating):
        raise Refused("A `uid` is given only for a creation that is there.")
    if event.clinical_record and (event.decision != "send" or not creating):
        raise Refused("Another clinical record can be given only for a creation that is to be sent.")
    return event


def _dismiss(admission: Admission, event: Dismiss) -> Dismiss | Known:
    events = [each.event for each in admission.prescription.events]
    if any(isinstance(each, Dismiss) and each.concern == event.concern for each in events):
        return Known("dealt with")
    if event.concern not in {concern.key for concern in concerns(admission.prescription)}:
        raise Refused(f"There is no concern '{event.concern}'; look at the prescription again.")
    return event
