"""Clients of a clinic and of its sister clinics who may be one person, for a person to decide."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.sharing import duplicates
from pharmacy.sharing.clients import exact_row, load_clients, load_exactly, person_rows
from store.accounts.clinics import clinic_names
from web.clinic.access import Entered, member_page, records_at
from web.clinic.client import address
from web.pages import go
from web.services import Web

router = APIRouter(prefix="/clinic/{practice}/clients/duplicates")

Text = Annotated[str, Form()]
SHOWN = 50


@router.get("")
async def listed(request: Request, web: Web, member: Entered, client: str = "") -> Response:
    """The pairs that wait for a decision, or all pairs about one client, decided ones too."""
    async with records_at(web, member) as connection:
        if client:
            row = await exact_row(connection, member.clinic, client)
            rows = await person_rows(connection, member.clinic, row)
            pairs = await duplicates.pairs_about(connection, member.clinic, rows)
            ids = {id for pair in pairs for id in (pair.client, pair.other)}
            found = {id: await load_exactly(connection, member.clinic, id) for id in ids}
        else:
            pairs = await duplicates.list_duplicates(connection, member.clinic, SHOWN)
            ids = {id for pair in pairs for id in (pair.client, pair.other)}
            found = await load_clients(connection, member.clinic, ids)
    return await member_page(
        request,
        member,
        "clinic/duplicates.html",
        pairs=[
            (pair, found[pair.client], found[pair.other]) for pair in pairs if {pair.client, pair.other} <= {*found}
        ],
        clinics=await clinic_names(web.database, {each.practice for each in found.values()}),
        address_at=address,
        about=client,
    )


@router.post("")
async def decide(
    request: Request, web: Web, member: Entered, client: Text = "", other: Text = "", same: Text = "", about: Text = ""
) -> Response:
    here = f"/clinic/{member.clinic}/clients/duplicates" + (f"?client={quote(about, safe='~')}" if about else "")
    try:
        async with records_at(web, member) as connection:
            rows = [await exact_row(connection, member.clinic, id) for id in (client, other)]
            await duplicates.decide(connection, member.clinic, rows[0], rows[1], same == "yes", member.handle)
    except NoSuchRecord:
        raise
    except RecordsError as problem:
        return go(request, here, str(problem), "problem")
    if same == "yes":
        return go(request, here, "They are one client from now on.")
    return go(request, here, "They are two clients from now on." if about else "They stay two clients.")
