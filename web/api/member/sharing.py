"""The routes by which a clinic's people ask for record sharing, confirm it, and end it (RS1 to RS4)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from desk import sharing, sharing_pairs
from desk.sharing_preview import show_preview
from pharmacy.sharing.shares import Share
from pharmacy.sharing.tables import ShareMode, ShareState
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line, Text
from playbooks.engine.onboarding import Contact
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import json_body
from web.api.idempotency import Key
from web.api.member.callers import AtClinic, Here, answer_once
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Web

router = APIRouter(prefix="/api/clinics/{clinic}/sharing", tags=["sharing"], route_class=ApiRoute)
KINDS = (*EVERYWHERE, "not-found", "no-answer")

ENDED: dict[int | str, dict[str, Any]] = {204: {"description": "It has ended."}}

Other = Annotated[str, Path(description="The other clinic.", examples=["lakeside-vet"])]


class SharingRequest(Frozen):
    clinics: tuple[Line, ...] = Field(min_length=1, max_length=50, description="The clinics to share with.")


class Confirmation(Frozen):
    words: Text


class Mode(Frozen):
    mode: ShareMode


class ShareDetail(Frozen):
    """How this clinic shares with another. `mode` is of the clients that are added here."""

    clinic: str
    state: ShareState
    mode: ShareMode
    since: datetime


class ShareList(Frozen):
    items: tuple[ShareDetail, ...]
    next: str | None = None


class DoubleReminder(Frozen):
    item: str
    clinics: tuple[str, ...]


class MissingRule(Frozen):
    clinic: str
    item: str


class Gaining(Frozen):
    """A person of a clinic who will see, and may change, what is shared by the clinics `sees`."""

    clinic: str
    name: str
    role: str
    sees: tuple[str, ...]


class PreviewDetail(Frozen):
    """What would follow. The clients there are stay where they are until they are shared by hand (RS10).

    `opt_outs` are the owners who want no mail, which will hold at every clinic that sees them. `confirm_words` is what
    to type back to confirm.
    """

    clinics: tuple[str, ...]
    clients_here: int
    clients_there: int
    likely_duplicates: int
    opt_outs: int
    double_reminders: tuple[DoubleReminder, ...]
    missing_rules: tuple[MissingRule, ...]
    members_gaining_sight: tuple[Gaining, ...]
    consent_note: str | None
    confirm_words: str


async def _manager(here: AtClinic) -> Here:
    if not here.member.manages_people:
        raise Problem(403, "You cannot do this", "Only an owner or admin of the clinic can do this.", code="role")
    return here


Manager = Annotated[Here, Depends(_manager)]


@router.post(
    "/requests",
    summary="Ask for record sharing",
    status_code=201,
    response_model=ShareList,
    responses=problems(*KINDS, *WITH_BODY, *WITH_KEY, "refused", "already-open"),
)
async def request_sharing(
    request: Request,
    web: Web,
    here: AtClinic,
    order: Annotated[SharingRequest, Depends(json_body(SharingRequest))],
    key: Key = None,
) -> Response:
    """Between clinics of the same owner, by an owner or admin (RS1, RS2); what is refused is kept with the reason."""

    async def act() -> ShareList:
        contact = Contact(name=here.member.name, email=here.member.email)
        await sharing.request(web.desk, here.clinic, order.clinics, here.member.person, contact)
        return await _list(web, here)

    return await answer_once(request, here, key, order, act)


@router.get(
    "", summary="The clinics that it shares with", response_model=ShareList, responses=problems(*KINDS, "invalid")
)
async def list_sharing(web: Web, here: AtClinic) -> ShareList:
    return await _list(web, here)


@router.get(
    "/preview",
    summary="What would follow from record sharing",
    response_model=PreviewDetail,
    responses=problems(*KINDS, "refused"),
)
async def preview(web: Web, here: Manager) -> PreviewDetail:
    """For the open request in which the clinic takes part; that it was seen is recorded (RS3)."""
    found = await show_preview(web.desk, here.member)
    return PreviewDetail(
        clinics=tuple(each.id for each in found.others),
        **asdict(found.numbers),
        double_reminders=tuple(DoubleReminder(item=each.item, clinics=each.clinics) for each in found.double_reminders),
        missing_rules=tuple(MissingRule(clinic=each.item.clinic, item=each.item.item) for each in found.missing_rules),
        members_gaining_sight=tuple(Gaining(**asdict(each)) for each in found.members_gaining_sight),
        consent_note=found.consent_note,
        confirm_words=found.confirm_words,
    )


@router.post(
    "/confirm",
    summary="Confirm record sharing for a clinic",
    response_model=ShareList,
    responses=problems(*KINDS, *WITH_BODY, "refused", "already-open"),
)
async def confirm(
    web: Web, here: Manager, order: Annotated[Confirmation, Depends(json_body(Confirmation))]
) -> ShareList:
    """`words` is the sentence of the preview, typed back. A day after the last clinic has confirmed, sharing begins."""
    await sharing.confirm(web.desk, here.member, order.words)
    return await _list(web, here)


@router.patch(
    "/{other}",
    summary="Share new clients automatically, or by hand",
    response_model=ShareDetail,
    responses=problems(*KINDS, *WITH_BODY),
)
async def set_mode(
    web: Web, here: Manager, other: Other, order: Annotated[Mode, Depends(json_body(Mode))]
) -> ShareDetail:
    """`automatic`: clients added here appear at the other clinic at once; `manual`: it takes them one by one (RS4)."""
    return detail(await sharing_pairs.set_mode(web.desk, here.member, other, order.mode))


@router.delete("/{other}", summary="End record sharing", status_code=204, responses=ENDED | problems(*KINDS, "refused"))
async def remove(web: Web, here: Manager, other: Other) -> Response:
    """New clients are no longer shared; shared ones keep updating (RS3). A request that is open is withdrawn."""
    await sharing_pairs.remove(web.desk, here.member, other)
    return Response(status_code=204)


def detail(share: Share) -> ShareDetail:
    return ShareDetail(clinic=share.other, state=share.state, mode=share.mode, since=share.since)


async def _list(web: Web, here: Here) -> ShareList:
    return ShareList(items=tuple(detail(each) for each in await sharing_pairs.list_pairs(web.desk, here.clinic)))
