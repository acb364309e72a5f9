"""Everybody's own page at a practice: password, where one is signed in, and a vet's delegates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.accounts import access, signing_in
from store.accounts.members import Member, delegates_of, members_of, set_delegates
from store.accounts.problem import AccountProblem
from templates.filters import join_list
from web.clinic.access import Entered, member_page
from web.pages import go
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/account")

Text = Annotated[str, Form()]


@router.get("")
async def own_page(request: Request, web: Web, member: Entered) -> Response:
    return await _own(request, web, member)


@router.post("/password")
async def password(request: Request, web: Web, member: Entered, old: Text = "", new: Text = "") -> Response:
    try:
        await signing_in.change_password(web.database, member.person, old, new, keep=visit_of(request).session_hash())
    except AccountProblem as problem:
        return await _own(request, web, member, password=str(problem))
    return go(request, _here(member), "Your password was changed; you are signed out everywhere else.")


@router.post("/sessions/end")
async def end_sessions(request: Request, web: Web, member: Entered) -> Response:
    await access.end_other_sessions(web.database, member.person, visit_of(request).session_hash())
    return go(request, _here(member), "You are signed out everywhere else.")


@router.post("/delegates")
async def delegates(
    request: Request, web: Web, member: Entered, delegate: Annotated[list[str] | None, Form()] = None
) -> Response:
    await set_delegates(web.database, member, delegate or ())
    named = await delegates_of(web.database, member.clinic, member.handle)
    names = [each.name for each in await members_of(web.database, member.clinic) if each.handle in named]
    decide = "decides" if len(names) == 1 else "decide"
    said = f"Saved: {join_list(names)} {decide} in your name." if names else "You have no delegates now."
    return go(request, _here(member), said)


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/account"


async def _own(request: Request, web: Services, member: Member, **problems: str) -> Response:
    found = await members_of(web.database, member.clinic)
    others = [each for each in found if each.active and each.person != member.person]
    return await member_page(
        request,
        member,
        "clinic/account.html",
        status=422 if problems else 200,
        sessions=await access.sessions_of(web.database, member.person),
        this_session=visit_of(request).session_hash(),
        others=others,
        adders=[each.name for each in others if each.manages_people],
        named=await delegates_of(web.database, member.clinic, member.handle),
        problems=problems,
    )
