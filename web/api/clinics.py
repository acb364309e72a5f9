"""The routes for practices with an account and their people, who sign in to the pages below `/clinic`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from desk import members as desk_members
from desk import sharing_pairs
from pharmacy.records.feeds import add_practice
from pharmacy.tasks.switch import set_task_sharing
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Email
from playbooks.engine.validation import error_sentence
from store.accounts import access, clinics, members
from store.accounts.clinics import ClinicAccount
from store.accounts.members import MemberHandle, MemberRole, Membership
from web.api import examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import PRACTICE, json_body
from web.api.callers import Admin
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Web

router = APIRouter(prefix="/api/clinics", tags=["clinics"], route_class=ApiRoute)

CLINIC: dict[str, Any] = {
    "name": "Riverside Veterinary Clinic",
    "owner": "Riverside Pet Health LLC",
    "account_email": "office@riverside.example",
    "time_zone": "America/Chicago",
    "country": "US",
    "state": "IL",
}
MEMBER: dict[str, Any] = {"name": "Dr. Robin Ames", "role": "vet", "active": True}
NOTHING: dict[int | str, dict[str, Any]] = {204: {"description": "It is recorded."}}


class MemberDetail(Frozen):
    """A person of a clinic. `handle` names them there: a vet's is the prescriber of prescriptions."""

    email: str
    name: str
    handle: MemberHandle
    role: MemberRole
    active: bool
    signs_in: bool


class MemberList(Frozen):
    items: tuple[MemberDetail, ...]
    next: str | None = None


class Token(Frozen):
    token: str


class TaskSharing(Frozen):
    """Whether the people of a clinic have one list of their tasks at all their clinics."""

    on: bool


RawAddress = Annotated[str, Path(description="The person's e-mail address.", examples=["robin@riverside.example"])]


async def _email(email: RawAddress) -> str:
    try:
        return TypeAdapter(Email).validate_python(email)
    except ValidationError as error:
        raise Problem(422, "That is not valid", f"{error_sentence(error)}.", code="invalid") from None


ClinicId = Annotated[str, Path(pattern=PRACTICE, examples=["riverside-vet"])]
Address = Annotated[str, Depends(_email)]


@router.put(
    "/{clinic}",
    summary="Add or change a clinic",
    status_code=204,
    responses=NOTHING | problems(*EVERYWHERE, *WITH_BODY),
    openapi_extra=examples.body("ClinicAccount", usual=CLINIC),
)
async def put_clinic(
    web: Web, person: Admin, clinic: ClinicId, account: Annotated[ClinicAccount, Depends(json_body(ClinicAccount))]
) -> Response:
    """A practice's account: `owner` is the legal entity, `account_email` the address from which it asks."""
    await clinics.put_clinic(web.database, clinic, account, person.handle)
    await add_practice(web.database, clinic, account.name)
    await sharing_pairs.follow_ownership(web.desk, clinic, person.handle)
    return Response(status_code=204)


@router.put(
    "/{clinic}/task-sharing",
    summary="Turn the task list across clinics on or off",
    status_code=204,
    responses=NOTHING | problems(*EVERYWHERE, *WITH_BODY, "not-found"),
    openapi_extra=examples.body("TaskSharing", usual={"on": True}),
)
async def put_task_sharing(
    web: Web, person: Admin, clinic: ClinicId, order: Annotated[TaskSharing, Depends(json_body(TaskSharing))]
) -> Response:
    """For the clinic's group: all clinics that are connected by sharing. It is on unless it was turned off."""
    await set_task_sharing(web.database, clinic, order.on, person.handle)
    return Response(status_code=204)


@router.get(
    "/{clinic}/members",
    summary="A clinic's people",
    response_model=MemberList,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def list_members(web: Web, person: Admin, clinic: ClinicId) -> MemberList:
    await clinics.load_clinic(web.database, clinic)
    found = await members.members_of(web.database, clinic)
    names = ("email", "name", "handle", "role", "active")
    return MemberList(
        items=tuple(
            MemberDetail(**{name: getattr(each, name) for name in names}, signs_in=each.has_password) for each in found
        )
    )


@router.put(
    "/{clinic}/members/{email}",
    summary="Add or change a clinic's member",
    status_code=204,
    responses=NOTHING | problems(*EVERYWHERE, *WITH_BODY, "not-found"),
    openapi_extra=examples.body("Membership", usual=MEMBER),
)
async def put_member(
    web: Web,
    person: Admin,
    clinic: ClinicId,
    address: Address,
    member: Annotated[Membership, Depends(json_body(Membership))],
) -> Response:
    """A person, who may belong to several clinics and has a role in each. Whoever is added gets a mail with a link.

    `handle` names the person within the clinic, for ever; without it, one is made of the address. Whoever is
    deactivated stays so until `active` is given as true; a body without it is refused for them.
    """
    await desk_members.put_member(web.desk, clinic, address, member, person.handle)
    return Response(status_code=204)


@router.post(
    "/{clinic}/members/{email}/tokens",
    summary="Create a token that acts as a member",
    status_code=201,
    response_model=Token,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def make_token(web: Web, person: Admin, clinic: ClinicId, address: Address) -> Token:
    """The token acts as this person at all their clinics, as long as they belong to one. It is shown this once."""
    member = await members.member_by_email(web.database, clinic, address)
    return Token(token=await access.create_member_token(web.database, member.person, person.handle))
