"""A practice's people: who belongs to it and in which role, as its admins and owners decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from desk import members as desk_members
from playbooks.engine.fields import Email
from store.accounts.clinics import clinic_names
from store.accounts.members import MEMBER_ROLES, Member, Membership, member_called, members_of
from store.accounts.problem import AccountProblem
from web.clinic.access import Manager, member_page, refusal
from web.clinic.sentences import form_sentence
from web.pages import go
from web.problem import sentence_of
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/people")

Text = Annotated[str, Form()]


@router.get("")
async def people(request: Request, web: Web, member: Manager) -> Response:
    return await _people(request, web, member)


@router.post("")
async def invite(
    request: Request, web: Web, member: Manager, name: Text = "", email: Text = "", role: Text = ""
) -> Response:
    given = {"name": name, "email": email, "role": role}
    try:
        address = TypeAdapter(Email).validate_python(email)
        membership = Membership.model_validate({"name": name, "role": role})
        existing = [
            each for each in await members_of(web.database, member.clinic) if each.email.lower() == address.lower()
        ]
        for each in existing:
            if each.person == member.person:
                who = "owner" if each.role == "owner" else "admin"
                raise AccountProblem(
                    f"You are in the list above already, as {each.role}; another {who} or the pharmacy can change that."
                )
            _check_change(member, each, membership.role)
            if each.active:
                raise AccountProblem(
                    f"{address} belongs to {each.name}, who is on the list as {each.role}: change the role there."
                )
        _check_role(member, membership.role)
        invited = await desk_members.put_member(
            web.desk, member.clinic, address, membership, member.person, rename=False
        )
    except ValidationError as error:
        return await _people(request, web, member, given, form_sentence(error))
    except AccountProblem as problem:
        return await _people(request, web, member, given, sentence_of(problem))
    if invited.name != membership.name:
        said = (
            f"{invited.email} is already known as {invited.name}: that name stays. They may sign in; the mail"
            f" is on its way. If the name is wrong, ask the pharmacy to correct it: {web.settings.brand.support_phone}."
        )
        return go(request, _here(member), said, "notice")
    return go(request, _here(member), f"{invited.name} may sign in; the mail with the link is on its way.")


@router.post("/{handle}")
async def change(request: Request, web: Web, member: Manager, handle: str, role: Text = "", act: Text = "") -> Response:
    found = await member_called(web.database, member.clinic, handle)
    _check_change(member, found, role or found.role)
    return go(request, _here(member), await desk_members.change(web.desk, found, role, act, member.person))


async def who_adds(web: Services, clinics: Iterable[str]) -> list[str]:
    """Says of each clinic who can add somebody there: `Ann Lee, admin of Oak Park Animal Clinic`."""
    names = await clinic_names(web.database, clinics)
    found = []
    for clinic, name in sorted(names.items(), key=lambda each: each[1]):
        managers = [each for each in await members_of(web.database, clinic) if each.manages_people]
        who = next((f"{each.name}, {each.role} of {name}" for each in managers), f"an admin of {name}")
        found.append(who)
    return found


async def who_moves(web: Services, clinic: str, others: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Returns each other clinic's name with the names of those who belong to it and to this one, by name."""
    here = {each.person for each in await members_of(web.database, clinic) if each.active}
    found = []
    for other, name in (await clinic_names(web.database, others)).items():
        there = [each for each in await members_of(web.database, other) if each.active]
        found.append((name, [each.name for each in there if each.person in here]))
    return sorted(found)


def _check_change(member: Member, other: Member, role: str) -> None:
    if other.person == member.person:
        raise AccountProblem("You cannot change your own role; ask another admin or the pharmacy.")
    if other.role == "owner" and member.role != "owner":
        raise refusal("Only an owner changes what an owner may do.")
    _check_role(member, role)


def _check_role(member: Member, role: str) -> None:
    if role == "owner" and member.role != "owner":
        raise refusal("Only an owner makes somebody an owner.")


def _here(member: Member) -> str:
    return f"/clinic/{member.clinic}/people"


async def _people(
    request: Request, web: Services, member: Member, given: dict[str, str] | None = None, problem: str | None = None
) -> Response:
    return await member_page(
        request,
        member,
        "clinic/people.html",
        status=422 if problem else 200,
        people=await members_of(web.database, member.clinic),
        roles=[each for each in MEMBER_ROLES if each != "owner" or member.role == "owner"],
        given=given or {},
        problem=problem,
    )
