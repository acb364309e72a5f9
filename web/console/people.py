"""The admins' page: who there is, inviting somebody, roles, new links, letting somebody in no longer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.accounts import accounts, audit, one_time_links
from store.accounts.people import ROLES
from store.accounts.problem import AccountProblem
from web.authorization import Admin
from web.pages import go, page
from web.problem import by_field
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/people")

Text = Annotated[str, Form()]
FIELDS = {"name": "Name", "email": "E-mail address", "handle": "Handle"}
"""What the fields of an invitation that are typed are called."""


@router.get("")
async def people_page(request: Request, web: Web, person: Admin) -> Response:
    return await _people(request, web)


@router.post("")
async def invite(
    request: Request, web: Web, person: Admin, handle: Text = "", name: Text = "", email: Text = "", role: Text = ""
) -> Response:
    given = {"handle": handle, "name": name, "email": email, "role": role}
    try:
        invited = accounts.new_person(**given)
        secret = await one_time_links.invite(web.database, invited, person.handle)
    except AccountProblem as problem:
        return await _people(request, web, given=given, problem=str(problem))
    return await _people(request, web, link=_address(request, web, secret), for_whom=invited.name)


@router.post("/{handle}/role")
async def change_role(request: Request, web: Web, person: Admin, handle: str, role: Text = "") -> Response:
    known = {each: each for each in ROLES}
    if role not in known:
        raise AccountProblem(f"'{role[:40]}' is not a role; choose one of {', '.join(ROLES)}.")
    await accounts.change_role(web.database, handle, known[role], person.handle)
    return go(request, "/people", f"{await _name(web, handle)} is {role} now.")


@router.post("/{handle}/link")
async def new_link(request: Request, web: Web, person: Admin, handle: str) -> Response:
    secret = await one_time_links.new_link(web.database, handle, person.handle)
    return await _people(request, web, link=_address(request, web, secret), for_whom=await _name(web, handle))


@router.post("/{handle}/deactivate")
async def deactivate(request: Request, web: Web, person: Admin, handle: str) -> Response:
    await accounts.set_active(web.database, handle, False, person.handle)
    return go(request, "/people", f"{await _name(web, handle)} is deactivated and can no longer sign in.")


@router.post("/{handle}/activate")
async def activate(request: Request, web: Web, person: Admin, handle: str) -> Response:
    await accounts.set_active(web.database, handle, True, person.handle)
    return go(request, "/people", f"{await _name(web, handle)} can sign in again.")


async def _name(web: Services, handle: str) -> str:
    return (await accounts.find(web.database, handle)).name


async def _people(
    request: Request,
    web: Services,
    *,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    link: str | None = None,
    for_whom: str = "",
) -> Response:
    log = await audit.logged(web.database)
    return await page(
        request,
        "people.html",
        status=422 if problem else 200,
        people=await visit_of(request).team(),
        given=given or {},
        problem=problem,
        errors=by_field(problem or "", FIELDS),
        link=link,
        for_whom=for_whom,
        log=log,
        members=await accounts.member_names(web.database, (line[who] for line in log for who in ("by", "handle"))),
    )


def _address(request: Request, web: Services, secret: str) -> str:
    """The address to hand over; it is shown this once."""
    return f"{web.settings.public_url or str(request.base_url).rstrip('/')}/welcome/{secret}"
