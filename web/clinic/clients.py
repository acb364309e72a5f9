"""A practice's clients by name; while a name is typed, sister clinics' clients are offered to be shared (RS4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.tables import CLIENT_VALUES
from pharmacy.sharing import taking
from pharmacy.sharing.clients import add_client
from pharmacy.sharing.listing import list_clients
from playbooks.engine.validation import error_sentence
from store.accounts.members import Member
from web.api.member.client_bodies import ClientValues
from web.clinic.access import Entered, form_page, records_at
from web.clinic.client import address
from web.pages import go, typed
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/clients")

Text = Annotated[str, Form()]
SHOWN = 50


@router.get("")
async def listed(request: Request, web: Web, member: Entered, name: str = "") -> Response:
    return await _clients(request, web, member, name)


@router.post("")
async def add(request: Request, web: Web, member: Entered) -> Response:
    given = {name: text for name, text in (await typed(request)).items() if name in CLIENT_VALUES}
    try:
        values = ClientValues.model_validate({name: text for name, text in given.items() if text.strip()})
    except ValidationError as error:
        return await _clients(request, web, member, "", given, f"{error_sentence(error)}.")
    if not (values.given_name or values.surname):
        return await _clients(request, web, member, "", given, "Write at least one name.")
    async with records_at(web, member) as connection:
        added = await add_client(connection, member.clinic, values.model_dump())
    return go(request, address(member.clinic, added.id), "The client is added.")


@router.post("/take")
async def take(request: Request, web: Web, member: Entered, of: Text = "", client: Text = "") -> Response:
    """Shares a sister clinic's client, with the patients and records."""
    async with records_at(web, member) as connection:
        taken = await taking.take(connection, member.clinic, of, client)
    return go(request, address(member.clinic, taken.id), f"The client of {of} is shared with the patients and records.")


async def _clients(
    request: Request,
    web: Services,
    member: Member,
    name: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    begins = " ".join(name.split())[:200]
    async with records_at(web, member) as connection:
        found, _ = await list_clients(connection, member.clinic, begins or None, SHOWN + 1)
        offered = await taking.suggest(connection, member.clinic, begins) if begins else []
    return await form_page(
        request,
        member,
        "clinic/clients.html",
        part="found",
        name=begins,
        clients=found[:SHOWN],
        more=len(found) > SHOWN,
        offered=offered,
        address_at=address,
        given=given or {},
        problem=problem,
    )
