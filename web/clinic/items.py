"""A practice's items: counts, after how many days each is due again, and which of sister clinics are the same (RS7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.inventory.counts import check_movable, load_counts, move_item, put_count
from pharmacy.records.clinic import member_transaction
from pharmacy.reminders import items
from pharmacy.reminders.gaps import Item
from pharmacy.reminders.items import ItemStays
from pharmacy.reminders.rules import ItemOf
from pharmacy.sharing.shares import list_shares
from playbooks.engine.fields import Line
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from web.api.member.inventory import CountOrder
from web.api.member.reminders import ItemOrder
from web.clinic.access import Entered, form_page, records_at, tag_of
from web.clinic.people import who_adds, who_moves
from web.clinic.resembling import KNOWN, Known
from web.clinic.sentences import MARKED, changed_since, marked
from web.pages import go
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/items")

Text = Annotated[str, Form()]
SHOWN = 100
FIELDS = ("name", "reminds_after_days")
"""What of an item is compared with what the form showed; the count follows what is used too."""


class ItemForm(ItemOrder):
    """What the form says: `count` only if somebody gave another one."""

    item: Line
    count: CountOrder | None = None


@router.get("")
async def listed(
    request: Request, web: Web, member: Entered, q: str = "", edit: str = "", item: str = "", name: str = ""
) -> Response:
    """`edit` is an item of the clinic, with which the form is filled; `item` and `name` are of one to be added."""
    return await _items(request, web, member, q, {"item": item, "name": name} if item else None, edit=edit)


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
    edited: Text = "",
    tag: Text = "",
    anyway: Text = "",
) -> Response:
    """`counted` is the count that the form showed: one that nobody changed may be another by now, and stays.

    `edited` is the item with which the form was filled, as `tag` says; anything else adds one, whose ID must be new.
    """
    given = {"item": item, "name": name, "reminds_after_days": reminds_after_days, "count": count, "counted": counted}
    given |= {"edited": edited, "tag": tag}
    try:
        new = {"count": count} if count.strip() not in ("", counted) else None
        days = reminds_after_days.strip() or None
        form = ItemForm.model_validate({"item": item, "name": name, "reminds_after_days": days, "count": new})
    except ValidationError as error:
        return await _items(request, web, member, "", given, MARKED, wrong=marked(error, item="ID"))
    id, differing, alike = form.item, dict[str, str](), list[Item]()
    async with records_at(web, member) as connection:
        if id == edited:
            now = _given(await items.load_item(connection, member.clinic, id, lock=True), {})
            if tag != now["tag"]:
                given["tag"] = now["tag"]
                differing = {
                    each: f"Now: {now[each] or 'empty'}" for each in FIELDS if now[each] != given[each].strip()
                }
        else:
            alike = await items.items_called(connection, member.clinic, id, form.name)
        taken = [each for each in alike if each.item == id]
        asked = taken or (alike if not anyway else [])
        if not (differing or asked):
            await items.put_item(connection, member.clinic, id, form.name, form.reminds_after_days)
            if form.count:
                await put_count(connection, member.clinic, id, form.count.count)
    if differing:
        return await _items(request, web, member, "", given, changed_since("item"), wrong=differing)
    if asked:
        known = [_known(member, each) for each in asked]
        said = f"{id} is the ID of {taken[0].name}: change that one, or give another ID." if taken else KNOWN
        return await _items(request, web, member, "", given, said, known=known, taken=bool(taken))
    return go(request, _here(member), f"{form.name} is saved.")


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
        own = ItemOf(member.clinic, item)
        named = await items.names_of(connection, {own, this})
    there = (await clinic_names(web.database, [clinic])).get(clinic, clinic)
    said = (
        "different services again: each clinic reminds of its own. If they are the same after all, press"
        f" The same service beside {named[this]} of {there}."
        if act == "remove"
        else "the same service from now on: one reminder goes out."
    )
    return go(request, back or _here(member), f"{named[own]} and {named[this]} of {there} are {said}")


@router.post("/remove")
async def remove(request: Request, web: Web, member: Entered, item: Text = "", to: Text = "") -> Response:
    """Removes an item, and with `to` adds it at that practice, the right one."""
    try:
        async with records_at(web, member, *([to] if to else [])) as connection:
            if to:
                removed = await move_item(connection, member.clinic, item, to)
            else:
                removed = await items.remove_item(connection, member.clinic, item)
    except ItemStays as stays:
        return go(request, _here(member), str(stays), "problem")
    at = f"at {(await clinic_names(web.database, [to]))[to]} now" if to else "removed"
    return go(request, _here(member), f"{removed.name} is {at}.")


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/items"


def _known(member: Member, item: Item) -> Known:
    return Known(item.name, f"{_here(member)}?edit={quote(item.item)}#add", item.item)


def _given(item: Item, counts: Mapping[str, int]) -> dict[str, str]:
    days, count = item.reminds_after_days, str(counts.get(item.item, ""))
    shown = {"item": item.item, "name": item.name, "reminds_after_days": str(days) if days else ""}
    return {**shown, "count": count, "counted": count, "edited": item.item, "tag": tag_of(item)}


async def _counts_at(
    web: Services, member: Member, entered: Collection[str], found: Sequence[Item]
) -> dict[ItemOf, int]:
    """Returns the counts of those items that are of clinics which the member may enter besides this one."""
    counts: dict[ItemOf, int] = {}
    if others := {each.clinic for each in found if each.clinic in entered}:
        async with member_transaction(web.database, member.person, *others) as (connection, clinics):
            for clinic in clinics:
                its = [each.item for each in found if each.clinic == clinic]
                counted = await load_counts(connection, clinic, its)
                counts |= {ItemOf(clinic, item): count for item, count in counted.items()}
    return counts


async def _stays(web: Services, member: Member, entered: Collection[str], item: Item) -> dict[str, str]:
    """Returns why the item cannot be moved, by clinic, and under the member's own why it cannot be removed."""
    stays: dict[str, str] = {}
    async with records_at(web, member, *entered) as connection:
        for clinic in (member.clinic, *entered):
            try:
                if clinic == member.clinic:
                    await items.check_removable(connection, item)
                else:
                    await check_movable(connection, item, clinic)
            except ItemStays as problem:
                stays[clinic] = str(problem)
    return stays


async def _items(
    request: Request,
    web: Services,
    member: Member,
    q: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    edit: str = "",
    known: Sequence[Known] = (),
    taken: bool = False,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    async with records_at(web, member) as connection:
        edited = await items.load_item(connection, member.clinic, edit) if edit else None
        listed = await items.search_items(connection, member.clinic, q.strip() or None, SHOWN + 1)
        found = listed[:SHOWN]
        missing = await items.missing_at(connection, member.clinic)
        counts = await load_counts(connection, member.clinic, [edit, *(each.item for each in found)])
        own_items = await items.own_items(connection, member.clinic)
        every = await items.rules_about(connection, member.clinic)
        named = await items.names_of(connection, {each for pair in every for each in pair})
    rules = [(of.item, other) for of, other in every if of.clinic == member.clinic]
    # A rule counts both ways; who has set it removes it.
    theirs = [(other.item, of) for of, other in every if other.clinic == member.clinic and of.clinic != member.clinic]
    entered = {each.clinic: each.clinic_name for each in await visit_of(request).memberships() if each != member}
    there = await _counts_at(web, member, entered, found)
    sisters = {each.other for each in await list_shares(web.database, member.clinic)} - {*entered} if edited else set()
    others = {each.clinic for each in found} | {other.clinic for _, other in (*rules, *theirs)}
    return await form_page(
        request,
        member,
        "clinic/items.html",
        part="found",
        q=q,
        items=found,
        more=len(listed) > SHOWN,
        own_items=own_items,
        named=named,
        elsewhere=others - {member.clinic},
        linked={other for _, other in (*rules, *theirs)},
        missing=missing,
        counts=counts,
        there=there,
        rules=rules,
        theirs=theirs,
        clinics=await clinic_names(web.database, others | {each.clinic for one in missing for each in one.alike}),
        this=edited,
        stays=await _stays(web, member, entered, edited) if edited else {},
        entered=entered,
        who_moves=dict(await who_moves(web, member.clinic, sisters)) if sisters else {},
        who_adds=await who_adds(web, sisters),
        address=_here(member),
        given=given or (_given(edited, counts) if edited else {}),
        problem=problem,
        known=known,
        taken=taken,
        wrong=wrong or {},
    )
