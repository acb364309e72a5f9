"""In and out: the sign-in page, and the pages behind one-time links (first admin, invitation, new password)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from store.accounts import accounts, one_time_links
from store.accounts.one_time_links import Link
from store.accounts.problem import AccountProblem, LinkSpent
from web import signing_in
from web.authorization import current_person
from web.pages import local, page
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/") -> Response:
    if await current_person(request):
        return RedirectResponse(local(next), status_code=303)
    return await page(request, "sign_in.html", next=local(next), name="", problem=None)


@router.post("/sign-in")
async def sign_in(request: Request, web: Web, name: Text = "", password: Text = "", next: Text = "/") -> Response:
    return await signing_in.sign_in(request, web, name, password, local(next), "sign_in.html")


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    return await signing_in.sign_out(request, "/sign-in")


@router.get("/welcome/{token}")
async def welcome_page(request: Request, web: Web, token: str) -> Response:
    return await _welcome(request, web, await one_time_links.load_link(web.database, token))


@router.post("/welcome/{token}")
async def welcome(
    request: Request,
    web: Web,
    token: str,
    password: Text = "",
    handle: Text = "",
    name: Text = "",
    email: Text = "",
) -> Response:
    link = await one_time_links.load_link(web.database, token)
    given = {"handle": handle, "name": name, "email": email}
    try:
        first = accounts.new_person(**given, role="admin") if link.handle is None else None
        person = await one_time_links.use(web.database, token, password, first)
    except LinkSpent:
        raise
    except AccountProblem as problem:
        return await _welcome(request, web, link, given, str(problem))
    visit_of(request).add_notice(f"Welcome, {person.name}.")
    return await signing_in.let_in(request, person.handle, "/")


async def _welcome(
    request: Request, web: Services, link: Link, given: dict[str, str] | None = None, problem: str | None = None
) -> Response:
    known = await accounts.find_account(web.database, link.handle) if link.handle else None
    status = 422 if problem else 200
    return await page(
        request, "welcome.html", status=status, link=link, known=known, given=given or {}, problem=problem
    )
