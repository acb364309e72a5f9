"""Checks of what becomes of patient and prescriber, and of what a person settles."""

from __future__ import annotations

from pharmacy.prescriptions.life.admission import Admission, Known
from pharmacy.prescriptions.life.calls import Create
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.delivery import problem_of
from pharmacy.prescriptions.life.events import (
    Dismiss,
    PatientAlive,
    PatientDied,
    PatientRenamed,
    PrescriberDisabled,
    PrescriberReplaced,
    Resolve,
)
from playbooks.engine.transition import Refused


def died(admission: Admission, event: PatientDied) -> PatientDied | Known:
    return Known("the patient has died") if admission.position.death else event


def alive(admission: Admission, event: PatientAlive) -> PatientAlive | Known:
    return event if admission.position.death else Known("the patient is alive")


def renamed(admission: Admission, event: PatientRenamed) -> PatientRenamed | Known:
    same = event.patient_name == admission.position.patient_name
    return Known(f"the patient is called {event.patient_name}") if same else event


def prescriber_disabled(admission: Admission, event: PrescriberDisabled) -> PrescriberDisabled | Known:
    if admission.position.prescriber_disabled:
        return Known(f"{admission.position.prescriber} is not an active vet of the practice")
    return event


def prescriber_replaced(admission: Admission, event: PrescriberReplaced) -> PrescriberReplaced | Known:
    position = admission.position
    if event.prescriber == position.prescriber and not position.prescriber_disabled:
        return Known(f"{event.prescriber} is the prescriber")
    return event


def resolve(admission: Admission, event: Resolve) -> Resolve | Known:
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


def dismiss(admission: Admission, event: Dismiss) -> Dismiss | Known:
    events = [each.event for each in admission.prescription.events]
    if any(isinstance(each, Dismiss) and each.concern == event.concern for each in events):
        return Known("dealt with")
    if event.concern not in {concern.key for concern in concerns(admission.prescription)}:
        raise Refused(f"There is no concern '{event.concern}'; look at the prescription again.")
    return event
