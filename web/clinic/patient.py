"""A patient's page: the medical records of all clinics by location, and the reminders (RS5, RS7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from integrations.registry import takes_prescriptions
from pharmacy.inventory.counts import load_counts
from pharmacy.records.errors import RecordsError
from pharmacy.reminders.items import own_items, rules_about, search_items
from pharmacy.reminders.naming import item_meant
from pharmacy.reminders.patients import list_reminders
from pharmacy.reminders.rules import ItemOf, neighbours
from pharmacy.sharing import records
from pharmacy.sharing.clients import load_exactly
from pharmacy.sharing.patients import load_patient
from pharmacy.sharing.records import RecordStays, list_records
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from web.api.member.patients import RecordOrder
from web.clinic.access import Entered, form_page, member_page, records_at
from web.clinic.client import address as client_address
from web.clinic.once import go_once
from web.clinic.prescribing import names_at
from web.clinic.sentences import MARKED, marked
from web.pages import go
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/patients/{id}")

Text = Annotated[str, Form()]
SHOWN = 100
MOST_ITEMS = 200
FIRST_YEAR = 1950
"""Records of an animal are not older."""


@router.get("")
async def patient(request: Request, web: Web, member: Entered, id: str) -> Response:
    return await _patient(request, web, member, id)


@router.post("")
async def add_record(
    request: Request,
    web: Web,
    member: Entered,
    id: str,
    on: Text = "",
    kind: Text = "",
    item: Text = "",
    text: Text = "",
    new_item: Text = "",
) -> Response:
    """An item that is not on record is added too, once the form's `new_item` says that this is meant."""
    given = {"on": on, "kind": kind, "item": item, "text": text}
    try:
        values = RecordOrder(kind=kind, text=text, item=item if item.strip() else None).model_dump(exclude={"at"})
        at = _moment(on.strip(), ZoneInfo(member.time_zone))
        async with records_at(web, member) as connection:
            known = await own_items(connection, member.clinic) if values["item"] else []
        meant = values["item"] and item_meant(values["item"], known)
    except ValidationError as error:
        return await _patient(request, web, member, id, given, MARKED, marked(error))
    except (ValueError, RecordsError) as problem:
        return await _patient(request, web, member, id, given, str(problem))
    said = "The record is added."
    if meant and meant not in {each.item for each in known}:
        if new_item != meant:
            asked = f"There is no item {meant} yet: correct it, or press the button once more to add it to Items too."
            return await _patient(request, web, member, id, given | {"new_item": meant}, asked)
        said += f" {meant} is new under Items: say there after how many days it is due again."

    async def act() -> tuple[str, str]:
        async with records_at(web, member) as connection:
            await records.add_record(connection, member.clinic, id, at=at, by=member.handle, **values | {"item": meant})
        return address(member.clinic, id), said

    return await go_once(request, web, member, act)


@router.get("/records/{record}/move")
async def move(request: Request, web: Web, member: Entered, id: str, record: str, to: str = "") -> Response:
    """Asks where the record belongs, then says what becomes of both counts."""
    return await _move(request, web, member, id, record, to)


@router.post("/records/{record}/move")
async def moved(
    request: Request, web: Web, member: Entered, id: str, record: str, to: Text = "", item: Text = ""
) -> Response:
    try:
        async with records_at(web, member, to) as connection:
            await records.move_record(connection, member.clinic, record, to, member.handle, item or None)
    except RecordStays as stays:
        return go(request, address(member.clinic, id), str(stays), "problem")
    names = await clinic_names(web.database, [to])
    return go(request, address(member.clinic, id), f"The record is at {names.get(to, to)} now.")


def _moment(on: str, zone: ZoneInfo) -> datetime | None:
    """Returns the noon of a day at the clinic; None for this moment, if it is today or not given. Raises `ValueError`.

    Noon is on the same day in the zones of the clinics that see the record too.
    """
    today = datetime.now(zone).date()
    try:
        day = date.fromisoformat(on) if on else today
    except ValueError:
        raise ValueError("Give the day like 2026-03-31.") from None
    if day > today:
        raise ValueError("The day is still to come: a record says what was done.")
    if day.year < FIRST_YEAR:
        raise ValueError(f"The year {day.year} is too long ago: give a day from {FIRST_YEAR} on.")
    return None if day == today else datetime.combine(day, time(12), zone)


def address(clinic: str, patient: str) -> str:
    return f"/clinic/{clinic}/patients/{quote(patient, safe='~')}"


async def _move(request: Request, web: Services, member: Member, id: str, record: str, to: str) -> Response:
    entered = {each.clinic: each.clinic_name for each in await visit_of(request).memberships()}
    async with records_at(web, member, *([to] if to in entered else [])) as connection:
        found = await load_patient(connection, member.clinic, id)
        row = await records.record_row(connection, record)
        others = {each: entered[each] for each in await records.seen_by(connection, row) if each in entered}
        others.pop(member.clinic, None)
        to = to if to in others else ""
        if row["location"] != member.clinic:
            raise RecordsError("The record was added at another clinic; it is moved from there.")
        counts, items, there = {}, [], row["item"]
        if to and row["item"]:
            items = [each for each in await search_items(connection, to, None, MOST_ITEMS) if each.clinic == to]
            there = await _item_at(connection, ItemOf(member.clinic, row["item"]), to, {each.item for each in items})
            used = [row["item"], there]
            counts = {clinic: await load_counts(connection, clinic, used) for clinic in (member.clinic, to)}
    return await member_page(
        request,
        member,
        "clinic/move.html",
        patient=found,
        client=client_address(member.clinic, found.client),
        address=address(member.clinic, id),
        record=row,
        others=others,
        to=to,
        items=items,
        there=there,
        counts=counts,
    )


async def _item_at(connection: AsyncConnection, item: ItemOf, to: str, items: Collection[str]) -> str:
    """Returns what the other clinic calls an item: the same, or what a rule says is the same service."""
    same = neighbours(await rules_about(connection, item.clinic))[item]
    named = sorted(each.item for each in same if each.clinic == to)
    return item.item if item.item in items or not named else named[0]


async def _patient(
    request: Request,
    web: Services,
    member: Member,
    id: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    async with records_at(web, member) as connection:
        found = await load_patient(connection, member.clinic, id)
        owner = (await load_exactly(connection, member.clinic, found.client)).values
        listed = await list_records(connection, member.clinic, id, SHOWN)
        reminders = await list_reminders(connection, member.clinic, id)
        items = await own_items(connection, member.clinic)
        moves = await records.list_moves(connection, [each.id for each in listed])
    origins = {move["moved_from"] for those in moves.values() for move in those}
    several = len(await visit_of(request).memberships()) > 1
    moved = {clinic for each in moves.values() for one in each for clinic in (one["moved_from"], one["moved_to"])}
    clinics = {each.location for each in listed} | {each.clinic for each in reminders} | moved | {found.origin}
    return await form_page(
        request,
        member,
        "clinic/patient.html",
        patient=found,
        client=client_address(member.clinic, found.client),
        owner=" ".join(filter(None, (owner["given_name"], owner["surname"]))) or "The client",
        address=address(member.clinic, id),
        records=listed,
        in_ezyvet=not listed
        and found.origin == member.clinic
        and await takes_prescriptions(web.database, member.clinic),
        moves=moves,
        names={clinic: await names_at(web, clinic) for clinic in origins},
        reminders=reminders,
        clinics=await clinic_names(web.database, clinics),
        items=items,
        may_move=several,
        today=datetime.now(ZoneInfo(member.time_zone)).date(),
        given=given or {},
        problem=problem,
        wrong=wrong or {},
    )
