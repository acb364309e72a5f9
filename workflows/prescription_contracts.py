"""The messages between the workflow of a prescription, its activities and its clients."""

from __future__ import annotations

from datetime import datetime

from pharmacy.prescriptions.life.calls import Call
from pharmacy.prescriptions.life.values import NewPrescription, Notice, Prescription, Rules
from playbooks.calendar.values import Frozen

OBSERVED = "observed"
"""The update that gives a prescription a `Reading` of it."""


NOT_YET = "NotYet"
"""The type of the error by which a call to ezyVet is put off."""


def ezyvet_queue(queue: str) -> str:
    """Returns the task queue of calls to ezyVet, given that of workflows, as `Settings.ezyvet_task_queue` does."""
    return f"{queue}-ezyvet"


class PrescriptionStart(Frozen):
    """The start of a prescription: what it is opened with, or the state `carried` over by continue-as-new."""

    request: NewPrescription
    by: str
    rules: Rules
    carried: Prescription | None = None
    history_limit: int = 2_000


class PrescriptionNews(Frozen):
    """A prescription as it is now, and whom to tell what."""

    prescription: Prescription
    notices: tuple[Notice, ...] = ()


class Delivery(Frozen):
    """A call to be made at the practice's ezyVet. Of several that wait, those `due` first go first.

    `asked_at` tells the prescription's calls apart: a later one is made only when the earlier ones are settled.
    `with_person`: a doubtful one could not be looked up in time, and a person may settle it meanwhile.
    `maybe_twice`: an earlier creation may have been carried out after it was looked up.
    """

    prescription: str
    practice: str
    patient: str
    call: Call
    due: datetime
    asked_at: datetime
    with_person: bool = False
    maybe_twice: bool = False


class Site(Frozen):
    """The ezyVet of a practice."""

    practice: str
