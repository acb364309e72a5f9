"""The rules of the trade: validity, coded reasons of a decline, requests that are one."""

from __future__ import annotations

from pharmacy.prescriptions.life.values import NewPrescription, Prescription

DECLINE_REASONS = {
    "not_my_patient": "Not a patient of this practice",
    "needs_examination": "The patient needs an examination first",
    "not_appropriate": "Not appropriate for this patient",
    "different_product": "Another product is prescribed instead",
    "different_dose": "Another strength or dose is needed",
    "already_supplied": "Already supplied by the practice",
    "too_early": "Asked for too early",
    "owner_withdrew": "The owner does not want it any more",
    "patient_deceased": "The patient has died",
    "other": "Another reason",
}
"""The coded reasons of a decline or a cancel. With `other`, the reason is given in free text."""


def is_same_request(open_one: Prescription, request: NewPrescription) -> bool:
    """Whether an owner asks again for what is still awaiting approval or payment: the two are one.

    A vet's own prescription is never joined with another.
    """
    raise NotImplementedError
