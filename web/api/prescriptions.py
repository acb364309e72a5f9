"""The routes of prescriptions: opening one, what happens to it, one of them, and the list (RX)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from desk import prescribing, prescriptions
from desk.open_already import PrescribedAlready
from desk.prescribing import PrescriptionOrder
from desk.prescription_detail import PrescriptionDetail, detail_of
from desk.prescriptions import REPORTED_EVENTS
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.dates import When
from pharmacy.prescriptions.life.events import parse_event
from pharmacy.prescriptions.life.quantities import Quantity, Remaining
from pharmacy.prescriptions.life.values import MOST_ITEMS, Origin, Receipt
from pharmacy.prescriptions.listed import ListedPrescription
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from playbooks.engine.transition import Refused
from store.inbox.idempotency import Answer
from web.api import examples, prescription_examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import EventReport, field_errors, json_body
from web.api.callers import Reader, Recorder
from web.api.idempotency import Key, run_once
from web.api.money import Price, cents
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Web

router = APIRouter(prefix="/api/prescriptions", tags=["prescriptions"], route_class=ApiRoute)

CHANGE = (*EVERYWHERE, *WITH_BODY, "refused", "key-reused", "key-under-way", "no-answer")
Id = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$", examples=["rx-0f3c9a1b2d4e5f607182"])]


class NewItem(Frozen):
    """One product to prescribe: `refills` is how much is left after the first fill; `price` is for the whole item."""

    product: Line
    qty: Quantity
    instructions: Annotated[str, Field(max_length=1000)] = ""
    price: Price
    refills: Remaining = Remaining(0)
    days: Annotated[int, Field(ge=1, le=366, description="How many days one fill lasts.")] | None = None


class NewPrescription(Frozen):
    """A prescription, written by a vet or requested by an owner. `renews` is the id of the one that it replaces."""

    practice: Line
    patient: Annotated[Line, Field(description="The patient's id in the practice's feed.")]
    prescriber: Annotated[Line, Field(description="The handle of one of the practice's vets.")]
    origin: Origin
    written_at: When | None = None
    clinical_record: Annotated[int, Field(ge=1, description="The id of ezyVet's consult.")] | None = None
    renews: Line | None = None
    months: Annotated[int, Field(ge=1, description="How long it is valid.")] | None = None
    items: Annotated[tuple[NewItem, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    another: Annotated[
        bool, Field(description="`false`: it is refused while the patient has one of its products open already.")
    ] = True

    def order(self) -> PrescriptionOrder:
        items = [{**item.model_dump(exclude={"price"}), "price_cents": cents(item.price)} for item in self.items]
        return PrescriptionOrder(**self.model_dump(exclude={"items", "another"}), items=tuple(items))


class Prescriptions(Frozen):
    """Some prescriptions, the newest first. `next` is the address of those after them, null at the end."""

    items: tuple[ListedPrescription, ...]
    next: str | None


@router.post(
    "",
    summary="Open a prescription",
    status_code=201,
    response_model=PrescriptionDetail,
    responses={201: examples.answer("prescription"), **problems(*CHANGE, "conflict")},
    openapi_extra=examples.body("NewPrescription", usual=prescription_examples.PRESCRIPTION),
)
async def open_prescription(
    request: Request,
    web: Web,
    person: Recorder,
    body: Annotated[NewPrescription, Depends(json_body(NewPrescription))],
    key: Key = None,
) -> Response:
    """It is sent to ezyVet once it is approved, and paid if an owner asked for it (RX2).

    An owner's request for what is open already is that one.
    """

    async def act(key: str | None) -> Answer:
        beside = None if body.another else ()
        try:
            opened = await prescribing.open_prescription(web.desk, body.order(), person.handle, key, beside)
        except PrescribedAlready as found:
            way = f"{found} If you mean another one, leave `another` out."
            raise Problem(409, "It is open already", way, code="conflict") from None
        content = detail_of(opened, datetime.now(UTC)).model_dump(mode="json")
        return Answer(201, content, {"Location": f"/api/prescriptions/{opened.id}"})

    return await run_once(request, web, person, key, body, act)


@router.get(
    "",
    summary="The prescriptions",
    response_model=Prescriptions,
    responses={200: examples.answer("prescriptions"), **problems(*EVERYWHERE, "invalid")},
)
async def list_prescriptions(
    request: Request,
    web: Web,
    person: Reader,
    practice: Line | None = None,
    state: Annotated[
        Line | None,
        Query(description="`open`, `closed`, a state in ezyVet (for example `needs_person`), or an item's (PENDING)."),
    ] = None,
    limit: Limit = 50,
    after: Annotated[str | None, Query(pattern=r"^\S{1,40} rx-[0-9a-f]{20}$", description="From `next`.")] = None,
) -> Prescriptions:
    """The newest first; they may lag a moment behind."""
    before = _place(after) if after else None
    states = (state,) if state else ()
    found = await register.listing(web.database, practice=practice, states=states, before=before, limit=limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        place = {"after": f"{last.created_at.isoformat()} {last.id}"}
        kept = {name: value for name, value in request.query_params.items() if name != "after"}
        following = f"{request.url.path}?{urlencode(kept | place)}"
    return Prescriptions(items=tuple(found[:limit]), next=following)


@router.get(
    "/{id}",
    summary="One prescription",
    response_model=PrescriptionDetail,
    responses={200: examples.answer("prescription"), **problems(*EVERYWHERE, "not-found", "invalid", "no-answer")},
)
async def show_prescription(web: Web, person: Reader, id: Id) -> PrescriptionDetail:
    """Its items as they show in ezyVet, how far ezyVet is told, what it waits for, and its history."""
    return detail_of(await prescriptions.load(web.desk, id), datetime.now(UTC))


@router.post(
    "/{id}/{event}",
    summary="Report what happened to it",
    description="Events: " + ", ".join(f"`{name}`" for name in REPORTED_EVENTS) + ". A repeat is `already_known`.",
    response_model=Receipt,
    responses={200: examples.answer("prescription_event"), **problems(*CHANGE, "not-found", "conflict")},
    openapi_extra=examples.body("EventReport", approve=prescription_examples.APPROVAL),
)
async def report_event(
    request: Request,
    web: Web,
    person: Recorder,
    id: Id,
    event: Annotated[str, Path(pattern=f"^({'|'.join(REPORTED_EVENTS)})$", examples=["approve"])],
    body: Annotated[EventReport, Depends(json_body(EventReport))],
    key: Key = None,
) -> Response:
    """An event that cannot be is a conflict, with the reason; one of the past says when it happened in `at`."""
    try:
        parsed = parse_event(event, body.model_dump(mode="json"))
    except ValidationError as error:
        raise field_errors(error) from None

    async def act(key: str | None) -> Answer:
        try:
            receipt = await prescriptions.record_event(web.desk, id, parsed, person.handle, key)
        except Refused as refusal:
            raise Problem(409, "That cannot be now", str(refusal), code="conflict") from None
        return Answer(200, receipt.model_dump(mode="json"), {})

    return await run_once(request, web, person, key, body, act)


def _place(text: str) -> tuple[datetime, str]:
    time, _, id = text.partition(" ")
    try:
        return datetime.fromisoformat(time.replace(" ", "+")), id
    except ValueError:
        raise Problem(422, "That is not valid", "'after' is taken from `next`.", code="invalid") from None
