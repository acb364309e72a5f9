"""The routes of patients and their medical records, with those that sister clinics share (RS4, RS5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.sharing import patients, records
from pharmacy.sharing.clients import client_rows
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Instant, Line, Text
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import Shown, json_body
from web.api.idempotency import Key
from web.api.member.callers import AtClinic, answer_once
from web.api.member.paging import Position, next_page, position
from web.api.onboardings import Limit
from web.api.routing import ApiRoute

router = APIRouter(prefix="/api/clinics/{clinic}", tags=["clients"], route_class=ApiRoute)

READ = problems(*EVERYWHERE, "not-found", "invalid")
ADDED = problems(*EVERYWHERE, *WITH_BODY, *WITH_KEY, "not-found")


class PatientValues(Frozen):
    name: Line
    species: Line | None = None
    breed: Line | None = None


class PatientDetail(Shown):
    """A patient as this clinic sees it. `origin` is the clinic whose client it is of."""

    id: str
    client: str
    origin: str
    name: str | None
    species: str | None
    breed: str | None
    deceased: bool
    deceased_on: date | None


class PatientList(Frozen):
    items: tuple[PatientDetail, ...]
    next: str | None = None


class RecordOrder(Frozen):
    """What was done, when (else now), and with which item of the inventory."""

    at: Instant | None = None
    kind: Line
    item: Line | None = None
    text: Text


class RecordDetail(Shown):
    """`location` is the clinic that added the record, `by` who did it there."""

    id: str
    at: datetime
    kind: str
    item: str | None
    text: str
    location: str
    by: str


class RecordList(Frozen):
    items: tuple[RecordDetail, ...]
    next: str | None = None


@router.get("/clients/{id}/patients", summary="A client's patients", response_model=PatientList, responses=READ)
async def list_patients(here: AtClinic, id: str) -> PatientList:
    """The living first, with those that other clinics of the client have added."""
    async with here.transaction() as connection:
        owners = await client_rows(connection, here.clinic, id)
        found = await patients.list_patients(connection, here.clinic, owners)
    return PatientList(items=tuple(PatientDetail.model_validate(each) for each in found))


@router.post(
    "/clients/{id}/patients",
    summary="Add a patient",
    status_code=201,
    response_model=PatientDetail,
    responses=ADDED,
)
async def add_patient(
    request: Request,
    here: AtClinic,
    id: str,
    order: Annotated[PatientValues, Depends(json_body(PatientValues))],
    key: Key = None,
) -> Response:
    """Every clinic sees it that sees the client."""

    async def act() -> PatientDetail:
        async with here.transaction() as connection:
            added = await patients.add_patient(connection, here.clinic, id, order.model_dump())
        return PatientDetail.model_validate(added)

    return await answer_once(request, here, key, order, act)


@router.get("/patients/{id}/records", summary="A patient's medical records", response_model=RecordList, responses=READ)
async def list_records(
    request: Request, here: AtClinic, id: str, limit: Limit = 50, after: Annotated[Position | None, Query()] = None
) -> RecordList:
    """The newest first, each with the clinic that added it."""
    before = position(after, datetime.fromisoformat, int)
    async with here.transaction() as connection:
        found = await records.list_records(connection, here.clinic, id, limit + 1, before)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = next_page(request, last.at.isoformat(), last.id)
    return RecordList(items=tuple(RecordDetail.model_validate(each) for each in found[:limit]), next=following)


@router.post(
    "/patients/{id}/records",
    summary="Add a medical record",
    status_code=201,
    response_model=RecordDetail,
    responses=ADDED,
)
async def add_record(
    request: Request,
    here: AtClinic,
    id: str,
    order: Annotated[RecordOrder, Depends(json_body(RecordOrder))],
    key: Key = None,
) -> Response:
    """It is this clinic's, and every clinic sees it that sees the patient."""

    async def act() -> RecordDetail:
        async with here.transaction() as connection:
            added = await records.add_record(connection, here.clinic, id, by=here.member.handle, **dict(order))
        return RecordDetail.model_validate(added)

    return await answer_once(request, here, key, order, act)
