"""A practice's prescriptions with the state of each in ezyVet, and why one is stuck."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.prescriptions import register
from pharmacy.prescriptions.listed import ListedPrescription
from web.clinic.access import member_page
from web.clinic.prescribing import Deciding
from web.services import Web

router = APIRouter(prefix="/clinic/{practice}/prescriptions")

SHOWN = 50
STATES = (
    ("", "All"),
    ("open", "Open"),
    ("needs_person", "Stuck"),
    ("uncertain", "Uncertain in ezyVet"),
    ("waiting", "To be sent to ezyVet"),
    ("PENDING", "Pending"),
    ("CURRENT", "Current"),
    ("disabled", "Disabled"),
    ("closed", "Closed"),
)


@router.get("")
async def prescriptions(
    request: Request, web: Web, decider: Deciding, state: str = "", patient: str = "", after: str = ""
) -> Response:
    member = decider.member
    wanted = state if state in dict(STATES) else ""
    found = await register.listing(
        web.database,
        practice=member.clinic,
        states=(wanted,) if wanted else (),
        patient=patient or None,
        before=_place(after),
        limit=SHOWN + 1,
    )
    return await member_page(
        request,
        member,
        "clinic/prescriptions.html",
        part="prescriptions",
        rows=found[:SHOWN],
        states=STATES,
        wanted=wanted,
        patient=patient,
        here=_address(wanted, patient, after),
        more=_address(wanted, patient, _after(found[SHOWN - 1])) if len(found) > SHOWN else None,
        decider=decider,
    )


def _address(state: str, patient: str, after: str) -> str:
    return urlencode({name: text for name, text in (("state", state), ("patient", patient), ("after", after)) if text})


def _after(row: ListedPrescription) -> str:
    return f"{row.created_at.isoformat()} {row.id}"


def _place(after: str) -> tuple[datetime, str] | None:
    time, _, id = after.rpartition(" ")
    try:
        return (datetime.fromisoformat(time), id) if time else None
    except ValueError:
        return None
