"""The routes of a clinic's inventory, and of moving a record that was added at the wrong clinic (RS6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.responses import Response

from pharmacy.inventory import counts
from pharmacy.reminders import items
from pharmacy.reminders.items import ItemStays
from pharmacy.sharing import records
from pharmacy.sharing.records import RecordStays
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, PracticeId
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import json_body
from web.api.member.callers import AtClinic
from web.api.routing import ApiRoute
from web.problem import Problem

router = APIRouter(prefix="/api/clinics/{clinic}", tags=["clients"], route_class=ApiRoute)

ItemId = Annotated[Line, Path(max_length=200, examples=["rabies-1yr"])]


class CountOrder(Frozen):
    count: Annotated[int, Field(ge=0, le=1_000_000)]


class CountDetail(Frozen):
    """`count` is below zero if more was given than had been counted: it is time to count."""

    item: str
    count: int


class ItemMove(Frozen):
    """`to` is the right clinic."""

    to: PracticeId


class MoveOrder(Frozen):
    """`to` is the right clinic, `item` what it calls the item if not as this one does."""

    to: PracticeId
    item: Line | None = None


@router.get(
    "/inventory/{item}",
    summary="How many of an item a clinic has",
    response_model=CountDetail,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def load_count(here: AtClinic, item: ItemId) -> CountDetail:
    """Of this clinic alone. A medical record with the item takes one."""
    async with here.transaction() as connection:
        return CountDetail(item=item, count=await counts.load_count(connection, here.clinic, item))


@router.put(
    "/inventory/{item}",
    summary="Set how many of an item a clinic has",
    status_code=204,
    responses=problems(*EVERYWHERE, *WITH_BODY, "not-found"),
)
async def put_count(
    here: AtClinic, item: ItemId, order: Annotated[CountOrder, Depends(json_body(CountOrder))]
) -> Response:
    """What has been counted. An item that is not on the clinic's list yet is added to it."""
    async with here.transaction() as connection:
        await counts.put_count(connection, here.clinic, item, order.count)
    return Response(status_code=204)


@router.post(
    "/items/{item}/move",
    summary="Move an item to the right clinic",
    status_code=204,
    responses=problems(*EVERYWHERE, *WITH_BODY, "not-found", "conflict"),
)
async def move_item(here: AtClinic, item: ItemId, order: Annotated[ItemMove, Depends(json_body(ItemMove))]) -> Response:
    """It is removed here and added there at once, with its count. Takes rights at both.

    409 for an item that was given here, is there already, or has its like there.
    """
    with _stays():
        async with here.transaction(order.to) as connection:
            await counts.move_item(connection, here.clinic, item, order.to)
    return Response(status_code=204)


@router.delete(
    "/items/{item}",
    summary="Remove an item",
    status_code=204,
    responses=problems(*EVERYWHERE, "not-found", "invalid", "conflict"),
)
async def remove_item(here: AtClinic, item: ItemId) -> Response:
    """With its count, and the reminder rules about it. 409 for an item that was given here."""
    with _stays():
        async with here.transaction() as connection:
            await items.remove_item(connection, here.clinic, item)
    return Response(status_code=204)


@router.post(
    "/records/{id}/move",
    summary="Move a record to the right clinic",
    status_code=204,
    responses=problems(*EVERYWHERE, *WITH_BODY, "not-found", "conflict"),
)
async def move_record(here: AtClinic, id: str, order: Annotated[MoveOrder, Depends(json_body(MoveOrder))]) -> Response:
    """It is removed here and added there at once, and both counts of its item are right. Takes rights at both."""
    with _stays():
        async with here.transaction(order.to) as connection:
            await records.move_record(connection, here.clinic, id, order.to, here.member.handle, order.item)
    return Response(status_code=204)


@contextmanager
def _stays() -> Iterator[None]:
    try:
        yield
    except (ItemStays, RecordStays) as stays:
        raise Problem(409, "It stays as it is", str(stays), code="conflict") from None
