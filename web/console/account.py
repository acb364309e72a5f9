"""Everybody's own page: profile, password, where one is signed in, API tokens, out of office."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk.colleagues import colleagues_of
from store.accounts import access, accounts, personal_notifications, signing_in
from store.accounts.people import SCOPES, Person
from store.accounts.problem import AccountProblem
from store.journal import hand_overs
from web.authorization import Viewer
from web.pages import go, page, typed
from web.problem import Problem
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/account")

Text = Annotated[str, Form()]


@router.get("")
async def own_page(request: Request, web: Web, person: Viewer) -> Response:
    return await _own(request, web, person)


@router.post("/profile")
async def profile(request: Request, web: Web, person: Viewer, name: Text = "", time_zone: Text = "") -> Response:
    try:
        await accounts.set_profile(web.database, person.handle, name=name, time_zone=time_zone)
    except AccountProblem as problem:
        return await _own(request, web, person, profile=str(problem))
    return go(request, "/account", "Your profile was changed.")


@router.post("/password")
async def password(request: Request, web: Web, person: Viewer, old: Text = "", new: Text = "") -> Response:
    try:
        await signing_in.change_password(web.database, person.handle, old, new, keep=await _session(request))
    except AccountProblem as problem:
        return await _own(request, web, person, password=str(problem))
    return go(request, "/account", "Your password was changed; you are signed out everywhere else.")


@router.post("/sessions/end")
async def end_sessions(request: Request, web: Web, person: Viewer) -> Response:
    await access.end_other_sessions(web.database, person.handle, await _session(request))
    return go(request, "/account", "You are signed out everywhere else.")


@router.post("/tokens")
async def create_token(
    request: Request,
    web: Web,
    person: Viewer,
    name: Text = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Text = "",
) -> Response:
    try:
        number = int(days) if days.strip() else None
        secret = await access.create_token(web.database, person, name, tuple(scope or ()), number)
    except ValueError:
        return await _own(request, web, person, token="The number of days must be a whole number.")  # noqa: S106
    except AccountProblem as problem:
        return await _own(request, web, person, token=str(problem))
    return await _own(request, web, person, secret=secret)


@router.post("/tokens/{id}/revoke")
async def revoke_token(request: Request, web: Web, person: Viewer, id: str) -> Response:
    if not await access.revoke_token(web.database, id, person.handle, person.handle):
        raise Problem(404, "Not found", "You have no such token, or it is revoked already.", code="not-found")
    return go(request, "/account", "The token is revoked and no longer works.")


@router.post("/absence")
async def absence(
    request: Request, web: Web, person: Viewer, back_on: Text = "", deputy: Text = "", here: Text = ""
) -> Response:
    try:
        until = None if here else _morning_of(back_on, person.time_zone or web.settings.team_time_zone)
        await accounts.set_absence(web.database, person.handle, until, deputy or None, person.handle)
    except AccountProblem as problem:
        return await _own(request, web, person, absence=str(problem))
    if here:
        return go(request, "/account", "Welcome back.")
    there = await accounts.find(web.database, deputy)
    if there.has_password:
        return go(request, "/account", f"You are out of office; {there.name} covers for you.")
    said = f"You are out of office. {there.name} gets your mails, but cannot sign in yet."
    return go(request, "/account", said, "notice")


async def _own(
    request: Request, web: Services, person: Person, *, secret: str | None = None, **problems: str
) -> Response:
    """The page; with what was wrong about one of its forms and what was typed there, or a new token, shown once."""
    people = colleagues_of(await visit_of(request).team())
    return await page(
        request,
        "account.html",
        status=422 if problems else 200,
        sessions=await access.sessions_of(web.database, person.handle),
        this_session=await _session(request),
        told=await personal_notifications.choices_of(web.database, person.handle),
        tokens=await access.tokens_of(web.database, person.handle),
        scopes=SCOPES,
        invited=people.invited,
        deputies=[each for each in people.options() if each[0] != person.handle],
        mine=sum(group.count for group in await web.change_feed.groups() if group.assignee == person.handle),
        handed_over=await hand_overs.standing(web.database, person.handle),
        tomorrow=datetime.now(ZoneInfo(person.time_zone or web.settings.team_time_zone)).date() + timedelta(days=1),
        secret=secret,
        problems=problems,
        given=await typed(request) if problems else {},
        scopes_given=(await request.form()).getlist("scope") if "token" in problems else ["read"],
    )


async def _session(request: Request) -> str:
    signed_in = await visit_of(request).signed_in()
    assert signed_in is not None
    return signed_in[1].hash


def _morning_of(day: str, zone: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise AccountProblem("Give the day on which you are back, for example 2027-01-04.") from None
