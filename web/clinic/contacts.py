"""A practice's contacts and companies; those of one's other practices are copied with a click (RS6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from pydantic import ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.contacts import contacts
from pharmacy.records.contact_details import wrong_details
from pharmacy.sharing.shares import list_shares
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from web.api.member.contacts import ContactOrder
from web.clinic.access import Entered, form_page, records_at, tag_of
from web.clinic.once import go_once
from web.clinic.people import who_adds
from web.clinic.resembling import KNOWN, AlreadyKnown, Known
from web.clinic.sentences import MARKED, marked
from web.pages import go, typed
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/contacts")

Text = Annotated[str, Form()]
SHOWN = 50
FIELDS = ("name", "kind", "company", "phone", "email", "notes")
CHANGED = "Somebody has changed this contact since you opened the page. It stands below as it is now; change it again."


@router.get("")
async def listed(
    request: Request, web: Web, member: Entered, q: str = "", after: str = "", of: str = "", edit: str = ""
) -> Response:
    """The practice's own, and with `of` those of another practice, each with a button that copies it.

    `edit` is a contact of the practice, with which the form is filled.
    """
    return await _contacts(request, web, member, q=q, after=after, of=of, edit=edit)


@router.post("")
async def save(request: Request, web: Web, member: Entered) -> Response:
    """Adds a contact, or changes the one that the form names."""
    form = await typed(request)
    given = {name: text for name, text in form.items() if name in (*FIELDS, "contact", "tag")}
    present: dict[str, str] | None = None
    if given.get("contact"):
        async with records_at(web, member) as connection:
            present = _given(await contacts.load_contact(connection, member.clinic, given["contact"]))
    wrong = wrong_details(given, present)
    filled = {name: given[name] for name in FIELDS if given.get(name, "").strip()}
    try:
        order = ContactOrder.model_validate({"name": "", **filled})
    except ValidationError as error:
        wrong = marked(error) | wrong
    if wrong:
        return await _contacts(request, web, member, given=given, problem=MARKED, errors=wrong)
    values = order.model_dump(include=set(FIELDS))
    if present:
        return await _change(request, web, member, given, values)

    async def act() -> tuple[str, str]:
        async with records_at(web, member) as connection:
            alike = await contacts.contacts_named(connection, [member.clinic], [values["name"]])
            if alike and "anyway" not in form:
                raise AlreadyKnown([_known(member, each) for each in alike])
            await contacts.add_contact(connection, member.clinic, values)
        return _here(member), f"{values['name']} is saved."

    try:
        return await go_once(request, web, member, act)
    except AlreadyKnown as known:
        return await _contacts(request, web, member, given=given, problem=KNOWN, known=known.found)


async def _change(
    request: Request, web: Services, member: Member, given: dict[str, str], values: dict[str, Any]
) -> Response:
    id = given["contact"]
    async with records_at(web, member) as connection:
        present = await contacts.load_contact(connection, member.clinic, id, lock=True)
        unchanged = given.get("tag") == tag_of(_same(present))
        if unchanged:
            await contacts.change_contact(connection, present, values)
    if not unchanged and values != {name: present[name] for name in FIELDS}:
        return await _contacts(request, web, member, given=_given(present), problem=CHANGED)
    return go(request, _here(member), f"{values['name']} is saved.")


@router.post("/copy")
async def copy(
    request: Request, web: Web, member: Entered, of: Text = "", contact: Text = "", back: Text = "", anyway: Text = ""
) -> Response:
    """Copies a contact of the practice `of` to this one, and goes `back` to where it was shown.

    One of the same name is not copied; with `anyway`, it is unless all of it is the same.
    """

    async def act() -> tuple[str, str]:
        async with records_at(web, member, of) as connection:
            source = await contacts.load_contact(connection, of, contact)
            named = await contacts.contacts_named(connection, [member.clinic], [source["name"]])
            here = (bool(named) and not anyway) or _same(source) in map(_same, named)
            if not here:
                await contacts.copy_contact(connection, member.clinic, of, contact)
        there, name = (await clinic_names(web.database, [of]))[of], source["name"]
        said = f"{name} is copied to {member.clinic_name}; later changes at {there} are not copied."
        return back or _here(member), f"{name} is at {member.clinic_name} already: nothing is copied." if here else said

    return await go_once(request, web, member, act)


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/contacts"


def _known(member: Member, contact: RowMapping) -> Known:
    details = ", ".join(contact[name] for name in ("company", "phone", "email") if contact[name])
    return Known(contact["name"], f"{_here(member)}?edit={contact['id']}#add", details)


def _given(contact: RowMapping) -> dict[str, str]:
    """Returns what the form says if nobody changes it."""
    return {**{name: contact[name] or "" for name in FIELDS}, "contact": contact["id"], "tag": tag_of(_same(contact))}


def _same(contact: RowMapping) -> tuple[str | None, ...]:
    """Returns by what a contact is the same as another practice's."""
    return tuple(contact[name] for name in FIELDS)


async def _copied(connection: AsyncConnection, own: RowMapping, others: Collection[str]) -> set[str]:
    """Returns which other clinics of this transaction have the same contact already."""
    named = await contacts.contacts_named(connection, others, [own["name"]])
    return {each["practice"] for each in named if _same(each) == _same(own)}


def _place(after: str) -> tuple[str, str] | None:
    name, _, id = after.rpartition(" ")
    return (name, id) if id else None


async def _contacts(
    request: Request,
    web: Services,
    member: Member,
    *,
    q: str = "",
    after: str = "",
    of: str = "",
    edit: str = "",
    given: Mapping[str, str] | None = None,
    problem: str | None = None,
    known: list[Known] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    others = {each.clinic: each.clinic_name for each in await visit_of(request).memberships()}
    others.pop(member.clinic)
    of, part = of if of in others else "", " ".join(q.split())[:200]
    edited = edit or (given or {}).get("contact")
    async with records_at(web, member, *others) as connection:
        own = await contacts.list_contacts(connection, member.clinic, SHOWN + 1, _place(after), part)
        theirs = await contacts.list_contacts(connection, of, SHOWN + 1, part=part) if of else []
        alike = await contacts.contacts_named(connection, [member.clinic], [each["name"] for each in theirs])
        one = await contacts.load_contact(connection, member.clinic, edited) if edited else None
        copied = await _copied(connection, one, others) if one else set()
        filled = await contacts.clinics_with_contacts(connection, others)
    sisters = [each.other for each in await list_shares(web.database, member.clinic)]
    here, last = {name: text for name, text in (("q", part), ("of", of)) if text}, own[:SHOWN][-1:]
    following = [urlencode({**here, "after": f"{each['name'].lower()} {each['id']}"}) for each in last]
    return await form_page(
        request,
        member,
        "clinic/contacts.html",
        part="found",
        q=part,
        after=after,
        contacts=own[:SHOWN],
        more=following[0] if len(own) > SHOWN else None,
        others=others,
        filled={clinic: name for clinic, name in others.items() if clinic in filled},
        who_adds=await who_adds(web, {*sisters} - {*others}),
        of=of,
        copied=copied,
        theirs=theirs[:SHOWN],
        more_theirs=len(theirs) > SHOWN,
        here={_same(each) for each in alike},
        named={each["name"].lower() for each in alike},
        same=_same,
        address=_here(member),
        given=given or (_given(one) if one else {}),
        problem=problem,
        known=known or [],
        errors=errors or {},
    )
