"""What a person with a token of their own asks about themselves: their clinics, and what is assigned to them (RS9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from desk import practice_prescriptions
from desk.practice_prescriptions import PracticeView
from pharmacy.tasks.assigned import assigned_to, choose
from playbooks.calendar.values import Frozen
from store.accounts.members import MemberRole
from web.api.answers import EVERYWHERE, problems
from web.api.member.callers import Caller
from web.api.member.paging import Position, next_page, position
from web.api.member.tasks import TaskDetail, detail
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.services import Web

router = APIRouter(prefix="/api/me", tags=["tasks"], route_class=ApiRoute)


class OwnClinic(Frozen):
    id: str
    name: str
    role: MemberRole


class Me(Frozen):
    """Whose token it is, and the clinics that they may enter."""

    name: str
    email: str
    clinics: tuple[OwnClinic, ...]


class WaitingRequest(Frozen):
    """A prescription request that the person decides about, on the page `page`."""

    id: str
    clinic: str
    patient: str
    title: str
    prescriber: str
    since: datetime
    page: str


class AssignedToMe(Frozen):
    """Tasks by day, what is done last; `clinics` are those shown, and `notice` says why others are not."""

    items: tuple[TaskDetail, ...]
    requests: tuple[WaitingRequest, ...]
    clinics: tuple[str, ...]
    notice: str | None
    next: str | None


@router.get("", summary="Who I am", response_model=Me, responses=problems(*EVERYWHERE))
async def me(visitor: Caller) -> Me:
    clinics = [OwnClinic(id=each.clinic, name=each.clinic_name, role=each.role) for each in visitor.memberships]
    return Me(name=visitor.account.name, email=visitor.account.email, clinics=tuple(clinics))


@router.get(
    "/tasks",
    summary="What is assigned to me",
    response_model=AssignedToMe,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def my_tasks(
    request: Request,
    web: Web,
    visitor: Caller,
    clinic: Annotated[str | None, Query(description="The clinic that the person is signed in to.")] = None,
    clinics: Annotated[str | None, Query(description="The clinics of the list, with commas between.")] = None,
    limit: Limit = 200,
    after: Position | None = None,
) -> AssignedToMe:
    """Of the clinic signed in to, or of the clinics named. Without any: of all that the person may enter.

    `warning` says that the client or patient is not shared with the clinic signed in to. `requests` are prescriptions
    that wait for the person's approval at these clinics.
    """
    present = visitor.at(clinic) if clinic else None
    chosen = {visitor.at(each.strip()).clinic for each in clinics.split(",") if each.strip()} if clinics else set()
    choice = await choose(web.database, visitor.memberships, clinic, chosen)
    (offset,) = position(after, _number) or (0,)
    found = await assigned_to(web.database, visitor.account.handle, choice, clinic, limit + 1, offset)
    waiting = [] if offset else await practice_prescriptions.requests_for(web.desk, choice.shown, datetime.now(UTC))
    return AssignedToMe(
        items=tuple(detail(each, visitor.at(each.clinic), present, visitor.account.email) for each in found[:limit]),
        requests=tuple(_request(view) for view in waiting),
        clinics=tuple(each.clinic for each in choice.shown),
        notice=choice.notice,
        next=next_page(request, str(offset + limit)) if len(found) > limit else None,
    )


def _number(text: str) -> int:
    if not 0 <= (number := int(text)) <= 1_000_000:
        raise ValueError(text)
    return number


def _request(view: PracticeView) -> WaitingRequest:
    one = view.prescription
    return WaitingRequest(
        id=one.id,
        clinic=one.practice,
        patient=view.position.patient_name,
        title=", ".join(item.name for item in one.items),
        prescriber=view.position.prescriber,
        since=one.opened_at,
        page=f"/clinic/{one.practice}/prescriptions/{one.id}",
    )
