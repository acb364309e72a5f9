"""The routes of a clinic's items, of the rules that end a reminder, and of a patient's reminders (RS7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from pharmacy.reminders import items
from pharmacy.reminders.gaps import Item
from pharmacy.reminders.patients import list_reminders
from pharmacy.reminders.rules import ItemOf
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, PracticeId
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import Shown, json_body
from web.api.member.callers import AtClinic
from web.api.member.inventory import ItemId
from web.api.onboardings import Limit
from web.api.routing import ApiRoute

router = APIRouter(prefix="/api/clinics/{clinic}", tags=["clients"], route_class=ApiRoute)

READ = problems(*EVERYWHERE, "not-found", "invalid")
CHANGE = problems(*EVERYWHERE, *WITH_BODY, "not-found")


class ItemOrder(Frozen):
    """`reminds_after_days` is after how many days the service is due again; without it, it is not."""

    name: Line
    reminds_after_days: Annotated[int, Field(ge=1, le=3660)] | None = None


class ItemDetail(Shown):
    """An item and the clinic that it is of."""

    clinic: str
    item: str
    name: str
    reminds_after_days: int | None


class ItemList(Frozen):
    items: tuple[ItemDetail, ...]
    next: str | None = None


class OtherItem(Frozen):
    clinic: PracticeId
    item: Line


class RulesOrder(Frozen):
    """`disables` are the items, above all of sister clinics, that are the same service."""

    disables: Annotated[tuple[OtherItem, ...], Field(max_length=100)]


class MissingRule(Shown):
    """An item of this clinic that reminds; `alike` are items of sister clinics that seem to be the same service."""

    clinic: str
    item: str
    name: str
    alike: tuple[ItemDetail, ...]


class MissingRules(Frozen):
    items: tuple[MissingRule, ...]
    next: str | None = None


class ReminderDetail(Shown):
    """`clinic` gave the service, and reminds. `mail` is whether the client takes reminders by mail."""

    item: str
    name: str
    due_on: date
    clinic: str
    state: Literal["due", "done"]
    mail: bool


class ReminderList(Frozen):
    items: tuple[ReminderDetail, ...]
    next: str | None = None


@router.get("/items", summary="Items of a clinic and its sister clinics", response_model=ItemList, responses=READ)
async def search_items(here: AtClinic, name: Line | None = None, limit: Limit = 50) -> ItemList:
    """The clinic's own first, each with its origin; `name` is a part of the name or ID."""
    async with here.transaction() as connection:
        found = await items.search_items(connection, here.clinic, name, limit)
    return ItemList(items=tuple(ItemDetail.model_validate(each) for each in found))


@router.put("/items/{item}", summary="Add or change an item", status_code=204, responses=CHANGE)
async def put_item(
    here: AtClinic, item: ItemId, order: Annotated[ItemOrder, Depends(json_body(ItemOrder))]
) -> Response:
    async with here.transaction() as connection:
        await items.put_item(connection, here.clinic, item, order.name, order.reminds_after_days)
    return Response(status_code=204)


@router.get(
    "/reminder-rules/missing",
    summary="The missing reminder rules",
    response_model=MissingRules,
    responses=READ,
)
async def missing_rules(here: AtClinic) -> MissingRules:
    """Items that remind although a clinic that shares with this one, or is about to, gives the same service."""
    async with here.transaction() as connection:
        found = await items.missing_at(connection, here.clinic)
    return MissingRules(items=tuple(_missing(each.item, each.alike) for each in found))


@router.get("/reminder-rules/{item}", summary="An item's reminder rules", response_model=RulesOrder, responses=READ)
async def load_rules(here: AtClinic, item: ItemId) -> RulesOrder:
    async with here.transaction() as connection:
        found = await items.load_rules(connection, here.clinic, item)
    return RulesOrder(disables=tuple(OtherItem(clinic=each.clinic, item=each.item) for each in found))


@router.put("/reminder-rules/{item}", summary="Set an item's reminder rules", status_code=204, responses=CHANGE)
async def put_rules(
    here: AtClinic, item: ItemId, order: Annotated[RulesOrder, Depends(json_body(RulesOrder))]
) -> Response:
    """Which items of sister clinics are the same service: one reminder of it goes out, from the last that gave it."""
    others = [ItemOf(each.clinic, each.item) for each in order.disables]
    async with here.transaction() as connection:
        await items.put_rules(connection, here.clinic, item, others)
    return Response(status_code=204)


@router.get("/reminders", summary="A patient's reminders", response_model=ReminderList, responses=READ)
async def reminders(here: AtClinic, patient: Line) -> ReminderList:
    """Of all clinics that gave a service: each reminds of its own. A reminder is `due` also before its day."""
    async with here.transaction() as connection:
        found = await list_reminders(connection, here.clinic, patient)
    return ReminderList(items=tuple(ReminderDetail.model_validate(each) for each in found))


def _missing(item: Item, alike: tuple[Item, ...]) -> MissingRule:
    others = tuple(ItemDetail.model_validate(each) for each in alike)
    return MissingRule(clinic=item.clinic, item=item.item, name=item.name, alike=others)
