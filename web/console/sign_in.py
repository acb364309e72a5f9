"""In and out: the sign-in page, and the pages behind one-time links (first admin, invitation, new password)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from store.accounts import accounts, one_time_links
from store.accounts.one_time_links import Link
from store.accounts.people import Person
from store.accounts.problem import AccountProblem, LinkSpent, SignInRefused, TooManyTries
from web.authorization import current_person
from web.pages import go, local, page
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
    visit = visit_of(request)
    address = request.client.host if request.client else ""
    try:
        person = await accounts.sign_in(web.database, name, password, address=address, browser_of=visit.browser_of)
    except SignInRefused as refusal:
        return await page(
            request,
            "sign_in.html",
            status=429 if isinstance(refusal, TooManyTries) else 422,
            headers={"Retry-After": str(refusal.seconds)} if isinstance(refusal, TooManyTries) else None,
            next=local(next),
            name=name,
            problem=str(refusal),
        )
    return await _let_in(request, person, local(next))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    await visit_of(request).end()
    return go(request, "/sign-in", "You are signed out.")


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
    return await _let_in(request, person, "/")


async def _let_in(request: Request, person: Person, path: str) -> Response:
    await visit_of(request).sign_in(person, request.headers.get("user-agent", "unknown"))
    return go(request, path)


async def _welcome(
    request: Request, web: Services, link: Link, given: dict[str, str] | None = None, problem: str | None = None
) -> Response:
    known = await accounts.find(web.database, link.handle) if link.handle else None
    status = 422 if problem else 200
    return await page(
        request, "welcome.html", status=status, link=link, known=known, given=given or {}, problem=problem
    )
