"""A client's values, home location and opt-out changed at one clinic, and the history of changes at all (RS5, RS8)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.sharing import editing
from pharmacy.sharing.clients import SharedClient, client_row, load_client
from pharmacy.sharing.editing import Replaced
from pharmacy.sharing.history import history_of
from pharmacy.sharing.telling import clinics_in, in_words, title_of
from store.accounts.clinics import clinic_names
from store.accounts.members import Member, member_names, memberships_of
from web.api.member.client_bodies import ClientValues
from web.clinic.access import Entered, form_page, member_page, records_at, tag_of
from web.clinic.client import address
from web.clinic.clients import read_client
from web.clinic.people import who_adds
from web.clinic.sentences import MARKED, changed_since
from web.pages import go, typed
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/clients/{id}")

SHOWN = 100
CHANGED = changed_since("client")


@router.get("/edit")
async def edit(request: Request, web: Web, member: Entered, id: str) -> Response:
    async with records_at(web, member) as connection:
        found = await load_client(connection, member.clinic, id)
    return await _form(request, web, member, found, _given(found) | {"tag": tag_of(_given(found))})


@router.post("/edit")
async def save(request: Request, web: Web, member: Entered, id: str) -> Response:
    given = await typed(request)
    async with records_at(web, member) as connection:
        found = await load_client(connection, member.clinic, id)
    values, wrong = read_client(given, found.values)
    if values is None:
        return await _form(request, web, member, found, given, MARKED, wrong)
    homes = await _homes(web, member)
    replaced: list[Replaced] = []
    async with records_at(web, member) as connection:
        row = await client_row(connection, member.clinic, id, lock=True)
        found = await load_client(connection, member.clinic, id)
        unchanged = given.get("tag") == tag_of(_given(found))
        if unchanged:
            home = given.get("home", found.home_location)
            if home != found.home_location and {home, found.home_location} <= homes:
                await editing.set_home(connection, member.clinic, row, home, member.handle)
            await editing.set_opt_out(connection, member.clinic, row, "opt_out" in given, member.handle)
            # What was left as it is here may differ at a sister clinic that has the same person, and stays there.
            changed = {name: value for name, value in values.model_dump().items() if value != found.values[name]}
            replaced = await editing.change_client(connection, member.clinic, id, changed, member.handle)
    if not unchanged and _wanted(values, given, found) != _given(found):
        return await _form(request, web, member, found, given | {"tag": tag_of(_given(found))}, CHANGED)
    said = "Saved. Every clinic of the client sees it." if found.shared_with else "Saved."
    return go(request, address(member.clinic, id), " ".join([said, *await _replaced(web, replaced)]))


@router.get("/history")
async def history(request: Request, web: Web, member: Entered, id: str) -> Response:
    async with records_at(web, member) as connection:
        found = await load_client(connection, member.clinic, id)
        changes = await history_of(connection, member.clinic, id, SHOWN)
    clinics = {member.clinic, *found.shared_with, *(each.clinic for each in changes)}
    clinics |= {clinic for each in changes for value in (each.old, each.new) for clinic in clinics_in(value)}
    names = await clinic_names(web.database, clinics)
    return await member_page(
        request,
        member,
        "clinic/client_history.html",
        client=found,
        address=address(member.clinic, id),
        changes=changes,
        title_of=title_of,
        in_words=in_words,
        clinics=names,
        people=await member_names(web.database, clinics),
    )


async def _form(
    request: Request,
    web: Services,
    member: Member,
    found: SharedClient,
    given: Mapping[str, str],
    problem: str | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    homes = await _homes(web, member)
    sees = {member.clinic, *found.shared_with}
    names = await clinic_names(web.database, sees | {found.home_location})
    needed = {found.home_location} - homes or sees - homes
    return await form_page(
        request,
        member,
        "clinic/client_edit.html",
        client=found,
        address=address(member.clinic, found.id),
        given=given,
        present=_given(found) if problem == CHANGED else None,
        clinics=names,
        homes=[(each, names[each]) for each in sorted(sees & homes, key=names.__getitem__)],
        who_adds=await who_adds(web, needed),
        problem=problem,
        errors=errors or {},
    )


def _given(client: SharedClient) -> dict[str, str]:
    """Returns what the form says if nobody changes it."""
    values = {name: value or "" for name, value in client.values.items()}
    return {**values, "home": client.home_location, **({"opt_out": "yes"} if client.opt_out else {})}


def _wanted(values: ClientValues, given: Mapping[str, str], client: SharedClient) -> dict[str, str]:
    """Returns what the form asks for, which is there already if it is sent twice."""
    wanted = {name: value or "" for name, value in values.model_dump().items()}
    home = {"home": given.get("home", client.home_location)}
    return wanted | home | ({"opt_out": "yes"} if "opt_out" in given else {})


async def _homes(web: Services, member: Member) -> set[str]:
    """Returns the clinics between which the member may change a home location: those of which they are a member."""
    return {each.clinic for each in await memberships_of(web.database, member.person)}


async def _replaced(web: Services, replaced: list[Replaced]) -> list[str]:
    names = await clinic_names(web.database, {each.clinic for each in replaced})
    return [
        f"This replaces the {title_of('client', each.field)} that {names.get(each.clinic, each.clinic)} wrote"
        f" a few minutes ago: {in_words(each.field, each.value, names)}."
        for each in replaced
    ]
