"""A practice's clients: found by name; one with everything we know, where it came from, and what staff may change."""

from __future__ import annotations

import hashlib
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records import editing, owner_links, shipping
from pharmacy.records.clients import Client, load_client, owner_of, search_clients
from pharmacy.records.difference_queries import open_differences_of_client
from pharmacy.records.errors import RecordsError
from pharmacy.records.everywhere import FoundClient
from pharmacy.records.origins import Origin, history, origins
from pharmacy.records.update_rules import rules
from pharmacy.sharing.telling import clinics_in, in_words, title_of
from playbooks.plural import count_of
from store.accounts.clinics import clinic_names
from web.authorization import Specialist, Viewer
from web.console.data import Practice, PracticeHeader
from web.console.data_differences import invitation
from web.pages import go, page
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}")

SHOWN = 50

Text = Annotated[str, Form()]


@router.get("/clients")
async def clients(request: Request, web: Web, person: Viewer, practice: Practice, q: str = "") -> Response:
    found = await search_clients(web.database, practice.id, q[:200], SHOWN + 1)
    return await page(
        request,
        "console/data_clients.html",
        part="clients",
        practice=practice,
        q=q[:200],
        clients=found[:SHOWN],
        more=len(found) > SHOWN,
    )


@router.get("/clients/{id:path}")
async def one(request: Request, web: Web, person: Viewer, practice: Practice, id: str, order: str = "") -> Response:
    return await _client(request, web, practice, id, order=order)


@router.get("/patients/{id:path}")
async def patient(request: Request, web: Web, person: Viewer, practice: Practice, id: str) -> Response:
    """Redirects to the patient's owner."""
    return go(request, f"{_home(practice, await owner_of(web.database, practice.id, id))}#{anchor(id)}")


@router.post("/patients/{id:path}/name")
async def rename(
    request: Request, web: Web, person: Specialist, practice: Practice, id: str, name: Text = "", why: Text = ""
) -> Response:
    """A pet's name is changed by staff, with the reason; its open prescriptions need a new one (DP13)."""
    owner = await owner_of(web.database, practice.id, id)
    try:
        if len(name) > 100 or len(why) > 1000:
            raise RecordsError("A name can have at most 100 characters, a reason 1,000.")
        needed = await editing.rename_pet(web.database, practice.id, id, name, person.handle, why)
    except RecordsError as problem:
        return await _client(request, web, practice, owner, problem=str(problem))
    notice = f"The pet is now called {' '.join(name.split())}."
    if needed:
        notice += (
            f" {len(needed)} open prescription{' needs' if len(needed) == 1 else 's need'} a new one under that name."
        )
    return go(request, f"{_home(practice, owner)}#{anchor(id)}", notice)


@router.post("/clients/{id:path}/shipping")
async def ship(
    request: Request, web: Web, person: Specialist, practice: Practice, id: str, order: Text = "", known: Text = ""
) -> Response:
    """Somebody confirms the shipping name and address for one order (DP13)."""
    order = " ".join(order.replace("\0", "").split())
    try:
        if not order or len(order) > 100:
            raise RecordsError("Enter the order number: at most 100 characters.")
        label = await shipping.load_label(web.database, practice.id, id)
        if label.fingerprint != known:
            raise RecordsError("The name or address has changed since you looked: look at it and confirm it again.")
        await shipping.confirm_label(web.database, practice.id, id, order, label, person.handle)
    except RecordsError as problem:
        return await _client(request, web, practice, id, order=order, problem=str(problem))
    return await _client(request, web, practice, id, order=order)


@router.post("/clients/{id:path}/link")
async def link(request: Request, web: Web, person: Specialist, practice: Practice, id: str) -> Response:
    """A link by which the owner looks at their own data, and puts them right."""
    made = await invitation(request, web, practice, person, id)
    back = (_home(practice, id), made.name)
    return await page(request, "console/data_asked.html", practice=practice, invitations=[made], refused=[], back=back)


@router.post("/clients/{id:path}/links/end")
async def end_links(request: Request, web: Web, person: Specialist, practice: Practice, id: str) -> Response:
    ended = await owner_links.revoke_links(web.database, practice.id, id)
    notice = f"{count_of(ended, 'link')} ended." if ended else "There was no valid link."
    return go(request, _home(practice, id), notice)


def _home(practice: PracticeHeader, client: str) -> str:
    return _address(practice.id, client)


def client_address(found: FoundClient) -> str:
    """Returns the address of the page of a client who was found among all practices'."""
    return _address(found.practice, found.id)


def _address(practice: str, client: str) -> str:
    return f"/practices/{practice}/clients/{quote(client, safe='')}"


def anchor(patient: str) -> str:
    """What a pet is found by in the page: fit for an HTML id, whatever the clinic's ids are."""
    return "pet-" + hashlib.sha256(patient.encode()).hexdigest()[:8]


async def _client(
    request: Request, web: Services, practice: PracticeHeader, id: str, *, order: str = "", problem: str | None = None
) -> Response:
    found = await load_client(web.database, practice.id, id)
    pets = []
    for patient in found.patients:
        known = await origins(web.database, practice.id, "patient", patient.id)
        pets.append((patient, [(each, patient.format(each), known[each.field]) for each in rules("patient")]))
    own = await origins(web.database, practice.id, "client", id)
    label = await shipping.load_label(web.database, practice.id, id)
    journal = await _journal(web, practice, found)
    named = {each for _, line in journal for value in (line.old, line.new) for each in clinics_in(value)}
    order = order.strip()[:100]
    return await page(
        request,
        "console/data_client.html",
        status=422 if problem else 200,
        practice=practice,
        client=found,
        values=[(each, found.format(each), own[each.field]) for each in rules("client")],
        pets=pets,
        waiting=await open_differences_of_client(web.database, practice.id, id),
        links=await owner_links.valid_links(web.database, practice.id, id),
        journal=journal,
        label=label,
        order=order,
        verdict=await shipping.may_ship(web.database, practice.id, id, order) if order else None,
        problem=problem,
        in_words=in_words,
        title_of=title_of,
        clinics=await clinic_names(web.database, named),
        anchor=anchor,
    )


async def _journal(web: Services, practice: PracticeHeader, found: Client) -> list[tuple[str, Origin]]:
    """All that changed about a client and the pets, with whose it was; the latest first."""
    lines = [("", each) for each in await history(web.database, practice.id, "client", found.id)]
    first = lines[0][1].feed
    for patient in found.patients:
        its = await history(web.database, practice.id, "patient", patient.id)
        # Pets that came together with their owner need no line of their own.
        lines += [(patient.name, each) for each in its if each.field != "all" or each.feed != first]
    return sorted(lines, key=lambda line: line[1].at, reverse=True)
