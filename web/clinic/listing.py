"""A practice's prescriptions with the state of each in ezyVet, and why one is stuck."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.statuses import Ended
from pharmacy.prescriptions.listed import ListedPrescription
from pharmacy.records.clients import client_names
from pharmacy.sharing.finding import search_patients
from web.clinic.access import member_page, records_at
from web.clinic.prescribing import Deciding
from web.services import Web

router = APIRouter(prefix="/clinic/{practice}/prescriptions")

SHOWN = 50
MOST_FOUND = 500
"""Patients whose prescriptions a search lists."""
STATES = (
    ("", "All"),
    ("open", "Open"),
    ("vet", "To approve"),
    ("owner", "To be paid"),
    ("PENDING", "Pending"),
    ("CURRENT", "Current"),
    ("ended", "Declined or cancelled"),
    ("not_due", "Not in ezyVet"),
    ("waiting", "To be sent to ezyVet"),
    ("sent", "In ezyVet"),
    ("uncertain", "Uncertain in ezyVet"),
    ("needs_person", "Stuck"),
    ("disabled", "Disabled in ezyVet"),
    ("closed", "Closed"),
)
"""What the filter offers, in the words of the list."""
UNDUE = ("vet", "owner")
ENDED: tuple[str, ...] = get_args(Ended)


@router.get("")
async def prescriptions(
    request: Request, web: Web, decider: Deciding, state: str = "", patient: str = "", after: str = "", q: str = ""
) -> Response:
    member = decider.member
    wanted = state if state in dict(STATES) else ""
    patients = [patient] if patient else None
    if q.strip():
        async with records_at(web, member) as connection:
            named = await search_patients(connection, member.clinic, q, MOST_FOUND, shared=False)
        patients = [each.id for each in named if patient in ("", each.id)]
    found = await register.listing(
        web.database,
        practice=member.clinic,
        states=() if wanted in UNDUE else ENDED if wanted == "ended" else (wanted,) if wanted else (),
        undue_with=wanted if wanted in UNDUE else None,
        patients=patients,
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
        q=q,
        owners=await client_names(web.database, member.clinic, {each.client for each in found if each.client}),
        here=_address(state=wanted, patient=patient, q=q, after=after),
        more=_address(state=wanted, patient=patient, q=q, after=_after(found[SHOWN - 1]))
        if len(found) > SHOWN
        else None,
        decider=decider,
    )


def _address(**wanted: str) -> str:
    return urlencode({name: text for name, text in wanted.items() if text})


def _after(row: ListedPrescription) -> str:
    return f"{row.created_at.isoformat()} {row.id}"


def _place(after: str) -> tuple[datetime, str] | None:
    time, _, id = after.rpartition(" ")
    try:
        return (datetime.fromisoformat(time), id) if time else None
    except ValueError:
        return None
