"""The routes of a clinic's contacts and companies, which sister clinics do not share (RS6)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import model_validator
from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.contacts import contacts
from pharmacy.contacts.tables import CONTACT_VALUES, ContactKind
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Email, Line, PracticeId, Text
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import json_body
from web.api.idempotency import Key
from web.api.member.callers import AtClinic, answer_once
from web.api.member.paging import Position, next_page, position
from web.api.onboardings import Limit
from web.api.routing import ApiRoute

router = APIRouter(prefix="/api/clinics/{clinic}/contacts", tags=["clients"], route_class=ApiRoute)


class ContactOrigin(Frozen):
    clinic: PracticeId
    contact: Line


class ContactOrder(Frozen):
    """A person or a company; or only `copied_from`, a contact of another clinic of yours."""

    name: Line | None = None
    kind: ContactKind = "person"
    company: Line | None = None
    phone: Line | None = None
    email: Email | None = None
    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postcode: Line | None = None
    notes: Text | None = None
    copied_from: ContactOrigin | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ContactOrder:
        if self.copied_from is None and self.name is None:
            raise ValueError("name is missing")
        if self.copied_from is not None and self.model_fields_set != {"copied_from"}:
            raise ValueError("copied_from copies all there is; send nothing else")
        return self


class ContactDetail(Frozen):
    id: str
    name: str
    kind: ContactKind
    company: str | None
    phone: str | None
    email: str | None
    street: str | None
    city: str | None
    state: str | None
    postcode: str | None
    notes: str | None


class ContactList(Frozen):
    items: tuple[ContactDetail, ...]
    next: str | None = None


@router.get(
    "",
    summary="A clinic's contacts",
    response_model=ContactList,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def list_contacts(
    request: Request, here: AtClinic, limit: Limit = 50, after: Position | None = None
) -> ContactList:
    """People and companies by name, of this clinic alone."""
    async with here.transaction() as connection:
        found = await contacts.list_contacts(connection, here.clinic, limit + 1, position(after, str, str))
    last = found[limit - 1] if len(found) > limit else None
    following = next_page(request, last["name"].lower(), last["id"]) if last else None
    return ContactList(items=tuple(_detail(each) for each in found[:limit]), next=following)


@router.post(
    "",
    summary="Add or copy a contact",
    status_code=201,
    response_model=ContactDetail,
    responses=problems(*EVERYWHERE, *WITH_BODY, *WITH_KEY, "not-found"),
)
async def add_contact(
    request: Request, here: AtClinic, order: Annotated[ContactOrder, Depends(json_body(ContactOrder))], key: Key = None
) -> Response:
    """`copied_from` copies one of another clinic that you may enter; later changes to either stay there."""

    async def act() -> ContactDetail:
        if order.copied_from is None:
            async with here.transaction() as connection:
                values = order.model_dump(exclude={"copied_from"})
                return _detail(await contacts.add_contact(connection, here.clinic, values))
        origin = order.copied_from
        async with here.transaction(origin.clinic) as connection:
            return _detail(await contacts.copy_contact(connection, here.clinic, origin.clinic, origin.contact))

    return await answer_once(request, here, key, order, act)


def _detail(row: RowMapping) -> ContactDetail:
    return ContactDetail(**{name: row[name] for name in ("id", "name", "kind", *CONTACT_VALUES)})
