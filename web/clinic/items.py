"""A practice's items: counts, after how many days each is due again, and which of sister clinics are the same (RS7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.inventory.counts import load_counts, put_count
from pharmacy.reminders import items
from pharmacy.reminders.gaps import Item
from pharmacy.reminders.rules import ItemOf
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from web.api.member.inventory import CountOrder
from web.api.member.reminders import ItemOrder, OtherItem
from web.clinic.access import Entered, form_page, records_at
from web.clinic.sentences import form_sentence
from web.pages import go
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/items")

Text = Annotated[str, Form()]
SHOWN = 100


@router.get("")
async def listed(request: Request, web: Web, member: Entered, q: str = "", edit: str = "") -> Response:
    """`edit` is an item of the clinic, with which the form is filled."""
    return await _items(request, web, member, q, edit=edit)


@router.post("")
async def put_item(
    request: Request,
    web: Web,
    member: Entered,
    item: Text = "",
    name: Text = "",
    reminds_after_days: Text = "",
    count: Text = "",
    counted: Text = "",
) -> Response:
    """`counted` is the count that the form showed: one that nobody changed may be another by now, and stays."""
    given = {"item": item, "name": name, "reminds_after_days": reminds_after_days, "count": count, "counted": counted}
    try:
        order = ItemOrder.model_validate({"name": name, "reminds_after_days": reminds_after_days.strip() or None})
        id = OtherItem.model_validate({"clinic": member.clinic, "item": item}).item
        changed = count.strip() not in ("", counted)
        new = CountOrder.model_validate({"count": count}) if changed else None
    except ValidationError as error:
        return await _items(request, web, member, "", given, form_sentence(error, item="ID"))
    async with records_at(web, member) as connection:
        await items.put_item(connection, member.clinic, id, order.name, order.reminds_after_days)
        if new:
            await put_count(connection, member.clinic, id, new.count)
    return go(request, _here(member), f"{order.name} is on record.")


@router.post("/rules")
async def change_rule(
    request: Request,
    web: Web,
    member: Entered,
    item: Text = "",
    clinic: Text = "",
    other: Text = "",
    act: Text = "",
    back: Text = "",
) -> Response:
    """Adds one item of a sister clinic to those that are the same service, or removes it."""
    this = ItemOf(clinic, other)
    async with records_at(web, member) as connection:
        rules = [each for each in await items.load_rules(connection, member.clinic, item) if each != this]
        if act != "remove":
            rules.append(this)
        await items.put_rules(connection, member.clinic, item, rules)
    said = "different services again" if act == "remove" else "the same service from now on: one reminder goes out"
    return go(request, back or _here(member), f"The two are {said}.")


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/items"


def _given(item: Item, counts: Mapping[str, int]) -> dict[str, str]:
    days, count = item.reminds_after_days, str(counts.get(item.item, ""))
    shown = {"item": item.item, "name": item.name, "reminds_after_days": str(days) if days else ""}
    return {**shown, "count": count, "counted": count}


async def _items(
    request: Request,
    web: Services,
    member: Member,
    q: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    edit: str = "",
) -> Response:
    async with records_at(web, member) as connection:
        found = await items.search_items(connection, member.clinic, q.strip() or None, SHOWN)
        every_item = await items.search_items(connection, member.clinic, None, SHOWN) if q.strip() else found
        missing = await items.missing_at(connection, member.clinic)
        counts = await load_counts(connection, member.clinic, [each.item for each in found])
        every = await items.rules_about(connection, member.clinic)
    rules = [(of.item, other) for of, other in every if of.clinic == member.clinic]
    # A rule counts both ways; who has set it removes it.
    theirs = [(other.item, of) for of, other in every if other.clinic == member.clinic and of.clinic != member.clinic]
    others = {each.clinic for each in found} | {other.clinic for _, other in (*rules, *theirs)}
    return await form_page(
        request,
        member,
        "clinic/items.html",
        part="found",
        q=q,
        items=found,
        own_items=[each for each in every_item if each.clinic == member.clinic],
        linked={other for _, other in (*rules, *theirs)},
        missing=missing,
        counts=counts,
        rules=rules,
        theirs=theirs,
        clinics=await clinic_names(web.database, others | {each.clinic for one in missing for each in one.alike}),
        address=_here(member),
        given=given or next((_given(each, counts) for each in found if each.key == (member.clinic, edit)), {}),
        problem=problem,
    )
