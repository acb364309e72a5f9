"""Clients by name, telephone or e-mail, or a patient's name; sister clinics' are offered while one is typed (RS4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.contact_details import wrong_details
from pharmacy.records.tables import CLIENT_VALUES
from pharmacy.sharing import taking
from pharmacy.sharing.clients import SharedClient, add_client, exact_row, joined_at, load_client, person_rows
from pharmacy.sharing.duplicates import list_duplicates
from pharmacy.sharing.finding import search_clients, search_patients
from pharmacy.sharing.ids import SEPARATOR
from pharmacy.sharing.resembling import find_offered, find_resembling
from pharmacy.sharing.shares import list_shares
from pharmacy.sharing.taking import Suggestion
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from templates.filters import join_list
from web.api.member.client_bodies import ClientValues
from web.clinic.access import Entered, form_page, records_at
from web.clinic.client import address
from web.clinic.once import go_once
from web.clinic.resembling import KNOWN, AlreadyKnown, Known
from web.clinic.sentences import MARKED, marked
from web.pages import go, typed
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/clients")

Text = Annotated[str, Form()]
NAMES = ("given_name", "surname")
SHOWN = 50
PATIENTS = 10
"""Patients shown for what is typed."""


@router.get("")
async def listed(request: Request, web: Web, member: Entered, name: str = "") -> Response:
    return await _clients(request, web, member, name)


@router.post("")
async def add(request: Request, web: Web, member: Entered) -> Response:
    form = await typed(request)
    given = {name: text for name, text in form.items() if name in CLIENT_VALUES}
    values, wrong = read_client(given)
    if values is None:
        return await _clients(request, web, member, "", given, MARKED, errors=wrong)

    async def act() -> tuple[str, str]:
        async with records_at(web, member) as connection:
            if "anyway" not in form:
                await _check_new(connection, member, values.model_dump())
            added = await add_client(connection, member.clinic, values.model_dump())
            row = await exact_row(connection, member.clinic, added.id)
            joined = await joined_at(connection, member.clinic, row, await person_rows(connection, member.clinic, row))
        names = await clinic_names(web.database, {*added.shared_with, *joined})
        shared = f" Shared with {_named(names, added.shared_with)}." if added.shared_with else ""
        had = f" {_named(names, joined)} had the client already: the two are one client there." if joined else ""
        return address(member.clinic, added.id), f"The client is added.{shared}{had}"

    try:
        return await go_once(request, web, member, act)
    except AlreadyKnown as known:
        return await _clients(request, web, member, "", given, KNOWN, known=known.found, alike=known.offered)


@router.get("/suggest")
async def suggest(request: Request, web: Web, member: Entered, given_name: str = "", surname: str = "") -> Response:
    """The sister clinics' clients whose name begins as the one that is typed, for htmx."""
    return await _clients(request, web, member, f"{given_name} {surname}", part="typed")


@router.post("/take")
async def take(request: Request, web: Web, member: Entered, offered: Text = "", about: Text = "") -> Response:
    """Shares a sister clinic's client, with the patients and records. `about` is who may be the same person."""
    of, _, client = offered.partition(SEPARATOR)
    async with records_at(web, member) as connection:
        taken = await taking.take(connection, member.clinic, of, client, member.handle)
        alike = await load_client(connection, member.clinic, about) if about else taken
    names = await clinic_names(web.database, [of])
    said = f"Shared with {names[of]} from now on, with the patients and records of both clinics."
    if taken.practice == member.clinic:
        said += f" {member.clinic_name} had the client already: the two are one client at both now."
    if alike.id != taken.id:
        compare = f"/clinic/{member.clinic}/clients/duplicates/compare"
        pair = urlencode({"client": alike.id, "other": taken.id})
        return go(request, f"{compare}?{pair}", f"{said} They are two clients: if they are one person, say so here.")
    return go(request, address(member.clinic, taken.id), said)


def read_client(
    given: Mapping[str, str], had: Mapping[str, str | None] | None = None
) -> tuple[ClientValues | None, dict[str, str]]:
    """Returns the values of a client that a form has, or None and what is wrong with them, by field.

    What the client `had` may stay as it is: a feed may have brought it.
    """
    nameless = not any(given.get(name, "").strip() for name in NAMES)
    wrong = {**wrong_details(given, had), **(dict.fromkeys(NAMES, "Write at least one name.") if nameless else {})}
    filled = {name: given[name] for name in CLIENT_VALUES if given.get(name, "").strip()}
    stays = {name: text for name, text in filled.items() if had and text == had[name]}
    try:
        values = ClientValues.model_validate({name: text for name, text in filled.items() if name not in stays})
    except ValidationError as error:
        return None, marked(error) | wrong
    return (None if wrong else values.model_copy(update=stays)), wrong


def _named(names: Mapping[str, str], clinics: Iterable[str]) -> str:
    return join_list(sorted(names[each] for each in clinics))


async def _check_new(connection: AsyncConnection, member: Member, values: Mapping[str, str | None]) -> None:
    """Raises `AlreadyKnown` if a client here, or one whom a sister clinic offers, may be the same person."""
    found = await find_resembling(connection, member.clinic, values)
    offered = await find_offered(connection, member.clinic, values)
    if found or offered:
        raise AlreadyKnown([_known(member, each) for each in found], offered)


def _known(member: Member, client: SharedClient) -> Known:
    values = client.values
    details = ", ".join(text for field in ("street", "city", "phone", "email") if (text := values[field]))
    return Known(client.name, address(member.clinic, client.id), details)


async def _clients(
    request: Request,
    web: Services,
    member: Member,
    name: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    part: Literal["found", "typed"] = "found",
    known: Sequence[Known] = (),
    alike: Sequence[Suggestion] = (),
    errors: Mapping[str, str] | None = None,
) -> Response:
    begins = " ".join(name.replace(",", " ").split())[:200]
    async with records_at(web, member) as connection:
        found = await search_clients(connection, member.clinic, begins, SHOWN + 1)
        offered = await taking.suggest(connection, member.clinic, begins) if begins else []
        patients = (
            await search_patients(connection, member.clinic, begins, PATIENTS) if begins and part == "found" else []
        )
        unsure = await list_duplicates(connection, member.clinic, SHOWN)
    shares = await list_shares(web.database, member.clinic)
    automatic = {each.other for each in shares if each.state == "enabled" and each.mode == "automatic"}
    names = await clinic_names(
        web.database, {each.practice for each in found} | {each.clinic for each in (*offered, *alike)} | automatic
    )
    return await form_page(
        request,
        member,
        "clinic/clients.html",
        part=part,
        name=begins,
        clients=found[:SHOWN],
        patients=patients,
        more=len(found) > SHOWN,
        clinics=names,
        offered=offered,
        typed=offered if part == "typed" else [],
        duplicates=len(unsure),
        shares=shares,
        seeing=sorted(names[each] for each in automatic),
        address_at=address,
        given=given or {},
        problem=problem,
        known=known,
        alike=alike,
        errors=errors or {},
    )
