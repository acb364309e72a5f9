"""The routes by which clinics share clients by hand, and decide who is one person (RS4, RS10)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.sharing import duplicates, taking
from pharmacy.sharing.clients import exact_row
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, PracticeId
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import Shown, json_body
from web.api.member.callers import AtClinic
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.problem import Problem

router = APIRouter(prefix="/api/clinics/{clinic}/clients", tags=["clients"], route_class=ApiRoute)

READ = problems(*EVERYWHERE, "not-found", "invalid")
WRITTEN = problems(*EVERYWHERE, *WITH_BODY, "not-found")


class SuggestionDetail(Shown):
    """A client of a sister clinic, under the ID there, who is not shared with this one yet."""

    clinic: str
    client: str
    given_name: str | None
    surname: str | None
    street: str | None
    city: str | None
    state: str | None
    postcode: str | None
    phone: str | None
    email: str | None


class Suggestions(Frozen):
    items: tuple[SuggestionDetail, ...]
    next: None = None


class SharingOrder(Frozen):
    """Clients of `origin`, under the IDs there, to share with `taker`; one of the two is this clinic."""

    origin: PracticeId
    taker: PracticeId
    clients: Annotated[tuple[Line, ...], Field(min_length=1, max_length=200)]
    preview: bool = False


class PreviewDetail(Shown):
    """What the taker sees with a client. `shared`: it sees the client already."""

    client: str
    given_name: str | None
    surname: str | None
    patients: int
    records: int
    shared: bool


class SharingAnswer(Frozen):
    items: tuple[PreviewDetail, ...]
    next: None = None


class DuplicateDetail(Shown):
    """Two clients here who may be one person, and why."""

    client: str
    other: str
    reasons: tuple[str, ...]


class Duplicates(Frozen):
    items: tuple[DuplicateDetail, ...]
    next: None = None


class Decision(Frozen):
    client: Line
    other: Line
    same: bool


@router.get("/suggest", summary="Clients of sister clinics", response_model=Suggestions, responses=READ)
async def suggest(here: AtClinic, name: Line) -> Suggestions:
    """Those who are not shared yet, while a name is typed: the first whose given name, surname or both begin so."""
    async with here.transaction() as connection:
        found = await taking.suggest(connection, here.clinic, name)
    return Suggestions(items=tuple(SuggestionDetail.model_validate(each) for each in found))


@router.post("/sharing", summary="Share clients by hand", response_model=SharingAnswer, responses=WRITTEN)
async def share(here: AtClinic, order: Annotated[SharingOrder, Depends(json_body(SharingOrder))]) -> SharingAnswer:
    """One or many, of this clinic or a sister clinic; with `preview` nothing is shared. It cannot be undone (RS3)."""
    if here.clinic not in (order.origin, order.taker):
        raise Problem(422, "That cannot be shared", "One of 'origin' and 'taker' is this clinic.", code="invalid")
    these = order.origin, order.taker, order.clients
    async with here.transaction() as connection:
        if order.preview:
            found = await taking.preview(connection, *these)
        else:
            found = await taking.share(connection, *these, here.clinic, here.member.handle)
    if not found:
        raise NoSuchRecord(
            "None of these clients can be shared: the two clinics no longer share, or the clients are gone."
        )
    return SharingAnswer(items=tuple(PreviewDetail.model_validate(each) for each in found))


@router.get("/duplicates", summary="Likely duplicates", response_model=Duplicates, responses=READ)
async def list_duplicates(here: AtClinic, limit: Limit = 50) -> Duplicates:
    """Clients of this and sister clinics who may be one person; the rules were not certain."""
    async with here.transaction() as connection:
        found = await duplicates.list_duplicates(connection, here.clinic, limit)
    return Duplicates(items=tuple(DuplicateDetail.model_validate(each) for each in found))


@router.post("/duplicates", summary="Decide whether two clients are one person", response_model=Duplicates,
             responses=WRITTEN | problems("conflict"))  # fmt: skip
async def decide(here: AtClinic, order: Annotated[Decision, Depends(json_body(Decision))]) -> Duplicates:
    """Also against an earlier decision or the rules'. Answers with the pairs that still wait."""
    async with here.transaction() as connection:
        one, other = [await exact_row(connection, here.clinic, id) for id in (order.client, order.other)]
        try:
            await duplicates.decide(connection, here.clinic, one, other, order.same, here.member.handle)
        except NoSuchRecord:
            raise
        except RecordsError as error:
            raise Problem(409, "They cannot be one", str(error), code="conflict") from None
        found = await duplicates.list_duplicates(connection, here.clinic, 50)
    return Duplicates(items=tuple(DuplicateDetail.model_validate(each) for each in found))
