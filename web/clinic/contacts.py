"""A practice's contacts and companies; those of one's other practices are copied with a click (RS6)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import ValidationError
from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.contacts import contacts
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from web.api.member.contacts import ContactOrder
from web.clinic.access import Entered, form_page, records_at
from web.clinic.once import go_once
from web.clinic.sentences import form_sentence
from web.pages import typed
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/contacts")

Text = Annotated[str, Form()]
SHOWN = 200
FIELDS = ("name", "kind", "company", "phone", "email", "notes")


@router.get("")
async def listed(request: Request, web: Web, member: Entered, of: str = "") -> Response:
    """The practice's own, and with `of` those of another practice, each with a button that copies it."""
    return await _contacts(request, web, member, of)


@router.post("")
async def add(request: Request, web: Web, member: Entered) -> Response:
    given = {name: text for name, text in (await typed(request)).items() if name in FIELDS}
    try:
        order = ContactOrder.model_validate({name: text for name, text in given.items() if text.strip()})
    except ValidationError as error:
        return await _contacts(request, web, member, "", given, form_sentence(error))

    async def act() -> tuple[str, str]:
        async with records_at(web, member) as connection:
            await contacts.add_contact(connection, member.clinic, order.model_dump(exclude={"copied_from"}))
        return _here(member), f"{order.name} is on record."

    return await go_once(request, web, member, act)


@router.post("/copy")
async def copy(request: Request, web: Web, member: Entered, of: Text = "", contact: Text = "") -> Response:
    async def act() -> tuple[str, str]:
        async with records_at(web, member, of) as connection:
            copied = await contacts.copy_contact(connection, member.clinic, of, contact)
        there = (await clinic_names(web.database, [of]))[of]
        return _here(member), f"{copied['name']} is copied; later changes at {there} are not copied."

    return await go_once(request, web, member, act)


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/contacts"


def _same(contact: RowMapping) -> tuple[str | None, ...]:
    """Returns by what a contact is the same as another practice's."""
    return tuple(contact[name] for name in FIELDS)


async def _contacts(
    request: Request,
    web: Services,
    member: Member,
    of: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    others = {each.clinic: each.clinic_name for each in await visit_of(request).memberships()}
    others.pop(member.clinic)
    of = of if of in others else ""
    async with records_at(web, member, *([of] if of else [])) as connection:
        own = await contacts.list_contacts(connection, member.clinic, SHOWN)
        theirs = await contacts.list_contacts(connection, of, SHOWN) if of else []
    return await form_page(
        request,
        member,
        "clinic/contacts.html",
        contacts=own,
        others=others,
        of=of,
        theirs=theirs,
        here={_same(each) for each in own},
        same=_same,
        address=_here(member),
        given=given or {},
        problem=problem,
    )
