"""Practices with an account, and their people, as the pharmacy's admins let them in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from desk import members as desk_members
from desk import sharing_pairs
from playbooks.engine.fields import Email, PracticeId
from playbooks.engine.model import labels_of
from playbooks.engine.validation import error_sentence
from store.accounts import clinics, members
from store.accounts.clinics import ClinicAccount
from store.accounts.members import MEMBER_ROLES, Membership
from store.accounts.problem import AccountProblem
from web.authorization import Admin
from web.pages import go, page, typed
from web.problem import sentence_of
from web.services import Services, Web

router = APIRouter(prefix="/clinics")

Text = Annotated[str, Form()]
LABELS = labels_of(ClinicAccount) | {"owner": "Legal owner", "account_email": "E-mail address of the account"}
"""What the form of an account calls its fields."""


@router.get("")
async def all_clinics(request: Request, web: Web, person: Admin) -> Response:
    return await _clinics(request, web)


@router.post("")
async def put_clinic(request: Request, web: Web, person: Admin) -> Response:
    given = await typed(request)
    try:
        id = TypeAdapter(PracticeId).validate_python(given.get("id", "").strip())
        values: dict[str, Any] = {name: given.get(name, "") for name in ClinicAccount.model_fields}
        account = ClinicAccount.model_validate(values | {"state": values["state"].strip() or None})
    except ValidationError as error:
        return await _clinics(request, web, given, f"{error_sentence(error, LABELS)}.")
    await clinics.put_clinic(web.database, id, account, person.handle)
    await sharing_pairs.follow_ownership(web.desk, id, person.handle)
    return go(request, f"/clinics/{id}", f"{account.name} has an account.")


@router.get("/{clinic}")
async def people(request: Request, web: Web, person: Admin, clinic: str) -> Response:
    return await _people(request, web, clinic)


@router.post("/{clinic}")
async def let_in(request: Request, web: Web, person: Admin, clinic: str, email: Text = "") -> Response:
    given = await typed(request)
    try:
        address = TypeAdapter(Email).validate_python(email)
        wanted = {name: given.get(name, "") for name in ("name", "role")} | {"handle": given.get("handle") or None}
        membership = Membership.model_validate(wanted)
        member = await desk_members.put_member(web.desk, clinic, address, membership, person.handle)
    except ValidationError as error:
        return await _people(request, web, clinic, given, f"{error_sentence(error, labels_of(Membership))}.")
    except AccountProblem as problem:
        return await _people(request, web, clinic, given, sentence_of(problem))
    return go(
        request,
        f"/clinics/{clinic}",
        f"{member.name} can sign in as {member.email}. We have sent a mail with the link.",
    )


@router.post("/{clinic}/{handle}")
async def change(
    request: Request, web: Web, person: Admin, clinic: str, handle: str, role: Text = "", act: Text = ""
) -> Response:
    found = await members.member_called(web.database, clinic, handle)
    said = await desk_members.change(web.desk, found, role, act, person.handle)
    return go(request, f"/clinics/{clinic}", said)


async def _clinics(
    request: Request, web: Services, given: dict[str, str] | None = None, problem: str | None = None
) -> Response:
    return await page(
        request,
        "console/clinics.html",
        status=422 if problem else 200,
        clinics=await clinics.list_clinics(web.database),
        given=given or {},
        problem=problem,
        zone_name=web.settings.team_time_zone,
    )


async def _people(
    request: Request, web: Services, clinic: str, given: dict[str, str] | None = None, problem: str | None = None
) -> Response:
    return await page(
        request,
        "console/clinic.html",
        status=422 if problem else 200,
        clinic=await clinics.load_clinic(web.database, clinic),
        people=await members.members_of(web.database, clinic),
        roles=MEMBER_ROLES,
        given=given or {},
        problem=problem,
    )
