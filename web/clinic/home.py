"""A practice's first page: the requests that wait for a vet, to be approved one at a time or many at once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk import practice_prescriptions, prescriptions, sharing
from desk.open_already import open_beside
from desk.practice_prescriptions import PracticeView
from desk.problem import DeskProblem, NotFound
from integrations.registry import takes_prescriptions
from pharmacy.prescriptions.life.events import Approve
from pharmacy.records.clients import client_names
from playbooks.engine.transition import Refused
from store.accounts.members import Member
from web.clinic.access import member_page
from web.clinic.prescribing import Decider, Deciding, dispensed_when, last_quantities, unusual_of
from web.console.bulk import UNFORESEEN
from web.console.choices import new_key
from web.pages import go
from web.problem import without_commands
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}")
log = logging.getLogger("web")

Ids = Annotated[list[str] | None, Form()]
MOST = 100
"""Requests approved at once."""


@dataclass(frozen=True)
class Line:
    """What an approval does, or would do, to one of several requests: `text` says why not, or what comes next.

    `beside` are the open prescriptions for the same, by id: it is approved once somebody ticks it.
    """

    id: str
    view: PracticeView | None
    approved: bool
    text: str
    beside: tuple[str, ...] = ()


@router.get("")
async def requests(request: Request, web: Web, decider: Deciding, whose: str = "") -> Response:
    """Lists those that the viewer decides about, or all of the practice."""
    member = decider.member
    found = await practice_prescriptions.requests(web.desk, [member.clinic], datetime.now(UTC))
    mine = [each for each in found if each.in_name_of(decider.vets)]
    shown = found if whose == "all" or not decider.vets else mine
    return await member_page(
        request,
        member,
        "clinic/requests.html",
        part="requests",
        requests=shown,
        others=len(found) - len(mine),
        mine=shown is mine,
        sharing=await _sharing_to_confirm(web, member),
        owners=await client_names(web.database, member.clinic, {each.prescription.owner for each in shown}),
        decider=decider,
    )


async def _sharing_to_confirm(web: Services, member: Member) -> sharing.OpenRequest | None:
    """Returns the request for record sharing that this owner or admin has not confirmed for the clinic yet."""
    if not member.manages_people:
        return None
    try:
        found = await sharing.open_request(web.desk, member.clinic)
    except NotFound:
        return None
    return None if member.clinic in found.confirmed else found


@router.post("/approve")
async def approve_many(
    request: Request,
    web: Web,
    decider: Deciding,
    id: Ids = None,
    key: Annotated[str, Form()] = "",
    beside: Ids = None,
    asked: Ids = None,
) -> Response:
    """Without a key it says line by line what would happen; with it, approves what can be.

    `beside` are the open prescriptions, by id, that were shown beside those requests, and `asked` the requests that
    were to be ticked.
    """
    ids = list(dict.fromkeys(id or asked or ()))[:MOST]
    here = f"/clinic/{decider.member.clinic}"
    if not ids:
        return go(request, here, "Choose requests first.", "problem")
    if not (key and id):
        lines = await _each(web, ids, lambda id: _foreseen(web, decider, id))
        owners = {line.view.prescription.owner for line in lines if line.view}
        return await _lines(
            request,
            decider,
            "clinic/approve_many.html",
            lines,
            key=new_key(),
            connected=await takes_prescriptions(web.database, decider.member.clinic),
            owners=await client_names(web.database, decider.member.clinic, owners),
            problem="Tick at least one." if key else None,
            status=422 if key else 200,
        )
    lines = await _each(web, ids, lambda id: _approve(web, decider, id, f"{key} {id}", beside or ()))
    return await _lines(request, decider, "clinic/approved_many.html", lines)


async def _each(web: Services, ids: list[str], act: Callable[[str], Awaitable[Line]]) -> list[Line]:
    found = {id: outcome async for id, outcome in web.desk.each(ids, act)}
    return [_line(id, found[id]) for id in ids]


def _line(id: str, outcome: Line | Exception) -> Line:
    if isinstance(outcome, Line):
        return outcome
    if isinstance(outcome, DeskProblem | Refused):
        return Line(id, None, False, without_commands(str(outcome)))
    log.error("for many: %s", id, exc_info=outcome)
    return Line(id, None, False, UNFORESEEN)


async def _foreseen(web: Services, decider: Decider, id: str) -> Line:
    now = datetime.now(UTC)
    view = await practice_prescriptions.load(web.desk, decider.member.clinic, id, now)
    if refused := await _refused(web, decider, view):
        return replace(refused, text=f"{refused.text} {dispensed_when(view)}") if refused.beside else refused
    why: str | None = "It is approved already."
    if not view.position.approval:
        why = practice_prescriptions.refusal(view.prescription, _event(decider), decider.by, now)
    return Line(id, view, why is None, why or dispensed_when(view))


async def _refused(web: Services, decider: Decider, view: PracticeView, beside: Collection[str] = ()) -> Line | None:
    """Returns why the viewer does not approve it, but for what is open `beside`; None if nothing stands against it."""
    id = view.prescription.id
    if why := decider.why_not(view):
        return Line(id, view, False, why)
    if view.waits_for_approval and (unusual := await _unusual(web, view)):
        return Line(id, view, False, f"Unusual: {unusual}. Open it to approve it alone.")
    found = [each for each in await open_beside(web.desk, view) if each.id not in beside]
    text = " ".join(f"{decider.names.text(each.text)}." for each in found)
    return Line(id, view, False, text, tuple(each.id for each in found)) if found else None


async def _unusual(web: Services, view: PracticeView) -> str:
    """Returns the quantities about which a person is asked back who approves it alone; empty if there are none."""
    its, items = view.prescription, [each.item for each in view.position.open_items]
    last = await last_quantities(web, its.practice, its.patient, its.id)
    return unusual_of(((each.product, each.name, each.qty) for each in items), last)


async def _approve(web: Services, decider: Decider, id: str, key: str, beside: Collection[str]) -> Line:
    view = await practice_prescriptions.load(web.desk, decider.member.clinic, id, datetime.now(UTC))
    if refused := await _refused(web, decider, view, beside):
        return refused
    try:
        receipt = await prescriptions.record_event(web.desk, id, _event(decider), decider.by, key)
    except (DeskProblem, Refused) as problem:
        return Line(id, view, False, without_commands(str(problem)))
    return Line(id, view, True, receipt.text)


def _event(decider: Decider) -> Approve:
    return Approve(by=decider.member.handle)


async def _lines(request: Request, decider: Decider, template: str, lines: list[Line], **context: Any) -> Response:
    return await member_page(
        request,
        decider.member,
        template,
        yes=[each for each in lines if each.approved],
        no=[each for each in lines if not each.approved],
        decider=decider,
        **context,
    )
