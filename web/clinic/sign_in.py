"""In and out for practices' people, their first and their next password, and the practices of a person."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk import members as desk_members
from store.accounts import accounts, one_time_links, throttle
from store.accounts.members import left_clinics
from store.accounts.one_time_links import Link
from store.accounts.people import member_columns
from store.accounts.problem import AccountProblem, LinkSpent
from store.accounts.throttle import Limit
from web import signing_in
from web.clinic.access import Memberships
from web.pages import go, local, page
from web.problem import Problem
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter()

Text = Annotated[str, Form()]
HOME = "/clinic"
ASKED = Limit(free=10, longest=300)
"""New passwords by e-mail asked for from one address."""
_OF_CLINIC = re.compile(rf"{HOME}/([^/?#]+)")
NOT_YOURS = "The page that you came for is of a clinic that you do not belong to, so your own opened instead."


@router.get(HOME)
async def practices(request: Request, mine: Memberships) -> Response:
    if len(mine) == 1:
        return RedirectResponse(f"{HOME}/{mine[0].clinic}", status_code=303)
    return await page(request, "clinic/practices.html", person=None, practices=mine)


@router.get("/members/sign-in")
async def sign_in_page(request: Request, next: str = HOME) -> Response:
    if await visit_of(request).memberships():
        return go(request, await _onward(request, local(next, HOME)))
    return await page(request, "clinic/sign_in.html", person=None, next=local(next, HOME), name="", problem=None)


@router.post("/members/sign-in")
async def sign_in(request: Request, web: Web, name: Text = "", password: Text = "", next: Text = HOME) -> Response:
    asked = local(next, HOME)
    answer = await signing_in.sign_in(
        request, web, name, password, asked, "clinic/sign_in.html", member_columns(), person=None
    )
    return answer if answer.status_code >= 400 else go(request, await _onward(request, asked))


@router.post("/members/sign-out")
async def sign_out(request: Request) -> Response:
    return await signing_in.sign_out(request, "/members/sign-in")


async def _onward(request: Request, asked: str) -> str:
    """Returns where signing in leads: to the page asked for, unless another person left it, whose clinic it is."""
    visit, found = visit_of(request), _OF_CLINIC.match(asked)
    if found is None or found[1] in {each.clinic for each in await visit.memberships()}:
        return asked
    visit.add_notice(NOT_YOURS, "notice")
    return HOME


@router.get("/members/new-password")
async def new_password_page(request: Request) -> Response:
    return await page(request, "clinic/new_password.html", person=None)


@router.post("/members/new-password")
async def new_password(request: Request, web: Web, email: Text = "") -> Response:
    address = request.client.host if request.client else ""
    await throttle.count(web.database, f"new password {throttle.address_key(address)[0]}", ASKED)
    answer = go(
        request,
        "/members/sign-in",
        "If somebody of a practice has this address, the mail with the link is on its way.",
        "notice",
    )
    # Afterwards, as the time would tell who has an account.
    answer.background = BackgroundTask(desk_members.send_new_password, web.desk, email)
    return answer


@router.get(f"{one_time_links.MEMBER_PATH}{{token}}")
async def welcome_page(request: Request, web: Web, token: str) -> Response:
    return await _welcome(request, web, await _link(web, token))


@router.post(f"{one_time_links.MEMBER_PATH}{{token}}")
async def welcome(request: Request, web: Web, token: str, password: Text = "") -> Response:
    link = await _link(web, token)
    try:
        account = await one_time_links.use(web.database, token, password, of_team=False)
    except LinkSpent:
        raise
    except AccountProblem as problem:
        return await _welcome(request, web, link, str(problem))
    visit_of(request).add_notice(f"Welcome, {account.name}.")
    return await signing_in.let_in(request, account.handle, HOME)


async def _link(web: Services, token: str) -> Link:
    """Raises `LinkSpent`, and `Problem` for somebody whom a password would let in nowhere."""
    link = await one_time_links.load_link(web.database, token, of_team=False)
    if left := await left_clinics(web.database, str(link.handle)):
        said = f"Your access to {' and '.join(left)} was switched off. Ask there if that is a mistake."
        raise Problem(403, "You cannot sign in", said, code="role")
    return link


async def _welcome(request: Request, web: Services, link: Link, problem: str | None = None) -> Response:
    assert link.handle is not None, "only the team's first admin has a link without"
    known = await accounts.find_account(web.database, link.handle)
    status = 422 if problem else 200
    return await page(
        request, "welcome.html", status=status, person=None, link=link, known=known, given={}, problem=problem
    )
