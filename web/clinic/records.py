"""A patient's clinical records in the practice's system, asked for by the pages that show them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from integrations.model import ClinicalRecord, PartnerProblem
from integrations.registry import CLINICAL_RECORDS
from pharmacy.records.patients import load_patient
from web.clinic.access import Entered, member_page
from web.problem import without_commands
from web.services import Web

router = APIRouter(prefix="/clinic/{practice}/patients/{patient}/records")

SHOWN = 50
PARTS = ("last", "choice")


@router.get("")
async def records(
    request: Request, web: Web, member: Entered, patient: str, part: str = "", chosen: str = ""
) -> Response:
    """The whole page, or for htmx one part of it: the last visit, or the records to choose one from."""
    found = await load_patient(web.database, member.clinic, patient)
    known: tuple[ClinicalRecord, ...] = ()
    problem = None
    try:
        known = await CLINICAL_RECORDS(web.database, web.settings, member.clinic, patient)
    except PartnerProblem as error:
        problem = without_commands(str(error))
    return await member_page(
        request,
        member,
        "clinic/records.html",
        part=part if part in PARTS else None,
        patient=found,
        records=known[:SHOWN],
        chosen=chosen,
        problem=problem,
    )
