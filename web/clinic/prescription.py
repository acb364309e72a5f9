"""One prescription for a practice: approve it, also with changes, decline or cancel it, and take that back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from desk import practice_prescriptions, prescriptions
from desk.open_already import PrescribedAlready, check_beside, open_beside
from desk.practice_prescriptions import PracticeView
from desk.problem import DeskProblem
from integrations.registry import takes_prescriptions
from pharmacy.prescriptions.life.events import Approve, Cancel, Decline, Event, ItemChange, Undo
from pharmacy.prescriptions.life.trade import DECLINE_REASONS
from pharmacy.prescriptions.listed import items_text
from pharmacy.records.clients import client_names, load_owner
from playbooks.engine.transition import Refused
from playbooks.engine.validation import error_sentence
from web.clinic.access import member_page
from web.clinic.prescribing import (
    LABELS,
    Decider,
    Deciding,
    WrongFields,
    already_open,
    ask_back,
    beside_of,
    check_fields,
    dispensed_when,
    event_of,
    last_quantities,
    marking,
    quantity_of,
    refills_of,
)
from web.console.choices import new_key
from web.pages import go, typed
from web.problem import Problem, without_commands
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/prescriptions/{id}")

STOPS = {"decline": "Declined", "cancel": "Cancelled"}


async def _view(web: Web, decider: Deciding, id: str) -> PracticeView:
    return await practice_prescriptions.load(web.desk, decider.member.clinic, id, datetime.now(UTC))


View = Annotated[PracticeView, Depends(_view)]
"""A route's parameter: the prescription in the path, of the practice in the path."""


@router.get("")
async def prescription(request: Request, web: Web, decider: Deciding, view: View) -> Response:
    return await _page(request, web, decider, view)


@router.post("/approve")
async def approve(request: Request, web: Web, decider: Deciding, view: View) -> Response:
    form = await typed(request)
    try:
        its = view.prescription
        last = await last_quantities(web, its.practice, its.patient, its.id)
        event = Approve(by=decider.member.handle, changes=tuple(_changes(view, form, last)))
        check_beside(await open_beside(web.desk, view), beside_of(form))
    except PrescribedAlready as problem:
        said = already_open(problem, decider)
        return await _page(request, web, decider, view, form, said, asked=True, refused="approve")
    except WrongFields as problem:
        return await _page(request, web, decider, view, form, str(problem), problem.wrong, refused="approve")
    except DeskProblem as problem:
        return await _page(request, web, decider, view, form, str(problem), refused="approve")
    return await _record(request, web, decider, view, form, event, "Approved for")


@router.post("/{stop}")
async def stop(request: Request, web: Web, decider: Deciding, view: View, stop: str) -> Response:
    if stop == "undo":
        form = await typed(request)
        return await _record(request, web, decider, view, form, event_of("undo", {}), _taken_back(view))
    if stop not in STOPS:
        raise Problem(404, "There is nothing here", "This cannot be done with a prescription.", code="not-found")
    decider.check(view)
    items = [each for each in (await request.form()).getlist("item") if isinstance(each, str)]
    form = await typed(request) | {"chosen": "\n".join(items)}
    texts = {name: form.get(name, "").strip() or None for name in ("code", "reason", "message_to_owner")}
    try:
        unchosen = not items and len(view.position.open_items) > 1
        check_fields(_unexplained(texts) | ({"item": "Choose at least one item."} if unchosen else {}))
    except WrongFields as problem:
        return await _page(request, web, decider, view, form, str(problem), problem.wrong, refused=stop)
    event = event_of(stop, {"by": "vet", "items": items or None, **texts})
    return await _record(request, web, decider, view, form, event, f"{STOPS[stop]} for")


def _unexplained(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Returns what is wrong, by field, with the reason of a form that declines or cancels."""
    if not (texts["code"] or texts["reason"]):
        return {"code": "Choose a reason."}
    if texts["code"] == "other" and not texts["reason"]:
        return {"reason": "Write the reason in your own words."}
    return {}


def _taken_back(view: PracticeView) -> str:
    """Returns what an undo takes back, to be followed by the patient's name."""
    names = {each.end.recorded.event.name for each in view.position.items if each.end}
    return f"The {'cancellation' if names == {'cancel'} else 'decline'} is taken back for"


async def _record(
    request: Request,
    web: Services,
    decider: Decider,
    view: PracticeView,
    form: dict[str, str],
    event: Event,
    done: str,
) -> Response:
    decider.check(view)
    try:
        receipt = await prescriptions.record_event(
            web.desk, view.prescription.id, event, decider.by, form.get("key") or None
        )
    except (Refused, DeskProblem) as problem:
        return await _page(request, web, decider, view, form, without_commands(str(problem)), refused=event.name)
    said = f"{done} {view.position.patient_name}: {_concerned(view, event)}."
    if receipt.answer:
        said = receipt.text.removeprefix("Recorded: ")
    elif isinstance(event, Approve):
        said = f"{said} {dispensed_when(view)}"
    return go(request, f"/clinic/{decider.member.clinic}/prescriptions/{view.prescription.id}", said)


def _concerned(view: PracticeView, event: Event) -> str:
    """Returns the products that an event of a form concerns, with their quantities after it."""
    items = [each.item for each in view.position.items if isinstance(event, Undo) or not each.end]
    match event:
        case Approve(changes=changes):
            given = {each.product: each.qty for each in changes}
            items = [each.model_copy(update={"qty": given.get(each.product) or each.qty}) for each in items]
        case Decline(items=named) | Cancel(items=named) if named:
            items = [each for each in items if each.product in named]
    return items_text(items)


def _changes(view: PracticeView, form: dict[str, str], last: Mapping[str, Decimal]) -> list[ItemChange]:
    """Returns what of each item differs from what was asked for. Raises `DeskProblem` with what is wrong."""
    changes: list[ItemChange] = []
    wrong: dict[str, str] = {}
    quantities: list[tuple[str, str, Decimal]] = []
    for number, position in enumerate(view.position.items):
        item = position.item
        if position.end:
            continue
        change: dict[str, Any] = {}
        with marking(wrong, f"qty-{number}"):
            qty = quantity_of(form.get(f"qty-{number}", "").strip() or f"{item.qty:f}", item.name)
        with marking(wrong, f"refills-{number}"):
            asked = form.get(f"refills-{number}", "").strip() or f"{item.refills:f}"
            refills = refills_of(asked, item.name, item.refills)
        if wrong:
            continue
        quantities.append((item.product, item.name, qty))
        for name, given, now in (("qty", qty, item.qty), ("refills", refills, item.refills)):
            if given != now:
                change[name] = given
        text = form.get(f"instructions-{number}", "").replace("\r\n", "\n").strip()
        if text and text != item.instructions:
            change["instructions"] = text
        if change:
            try:
                changes.append(ItemChange(product=item.product, **change))
            except ValidationError as error:
                raise DeskProblem(f"{item.name}: {error_sentence(error, LABELS)}.") from None
    check_fields(wrong)
    ask_back(quantities, last, form)
    return changes


def _forms(view: PracticeView, decider: Decider) -> set[str]:
    """Returns the decisions for which the page has a form."""
    if decider.why_not(view):
        return set()
    forms = {
        "approve": view.waits_for_approval,
        "undo": view.undo_until is not None,
        view.position.stop: bool(view.position.open_items) and not view.position.over,
    }
    return {each for each, shown in forms.items() if shown}


async def _requests(web: Services, decider: Decider) -> list[PracticeView]:
    """Returns what waits for the viewer's approval, the oldest first."""
    if not decider.vets:
        return []
    found = await practice_prescriptions.requests(web.desk, [decider.member.clinic], datetime.now(UTC))
    return [each for each in found if each.in_name_of(decider.vets)]


async def _page(
    request: Request,
    web: Services,
    decider: Decider,
    view: PracticeView,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    wrong: Mapping[str, str] | None = None,
    asked: bool = False,
    refused: str = "",
) -> Response:
    """`refused` is the decision whose form is shown again, with the `problem` in it if it still is on the page.

    `wrong` says of fields what is, and `asked` is whether the tick beside what is open was missing.
    """
    forms = _forms(view, decider)
    owner = view.prescription.owner
    at = f"/clinic/{decider.member.clinic}"
    others = [] if view.waits_for_approval else await _requests(web, decider)
    return await member_page(
        request,
        decider.member,
        "clinic/prescription.html",
        status=422 if problem else 200,
        part="prescription",
        menu=at if view.waits_for_approval else f"{at}/prescriptions",
        view=view,
        next_request=others[0] if others else None,
        waiting=len(others),
        owner=(await client_names(web.database, decider.member.clinic, [owner])).get(owner, owner),
        decider=decider,
        why_not=decider.why_not(view),
        connected=not view.waits_for_approval or await takes_prescriptions(web.database, decider.member.clinic),
        reasons=DECLINE_REASONS,
        open_already=await open_beside(web.desk, view),
        given=given or {},
        problem=problem,
        forms=forms,
        mailed=bool(forms & STOPS.keys()) and (await load_owner(web.database, decider.member.clinic, owner)).email,
        in_form=refused if problem and refused in forms else "",
        wrong=wrong or {},
        asked=asked,
        renewal=await practice_prescriptions.renewal_of(web.desk, view) if view.position.approval else None,
        key=new_key(),
        order_page=urlsplit(view.prescription.items[0].link).path,
    )
