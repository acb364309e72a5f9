"""The index page: the queue, each practice's state, the webhooks with their answers, and the buttons to misbehave."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from partners.datapoint import QueueRequest
from partners.simulators import datapoint_control as control
from partners.simulators.datapoint_admin import Office
from partners.simulators.datapoint_agent import STATES
from partners.simulators.datapoint_control import Here
from partners.simulators.datapoint_mail import TEMPLATES
from partners.simulators.datapoint_page import filled_in, page
from partners.simulators.datapoint_problem import Refused
from partners.simulators.datapoint_progress import KINDS
from partners.simulators.datapoint_view import overview
from partners.smtp import TransportError
from playbooks.engine.validation import error_sentence

SHOWN_PRACTICES = 20

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def index(office: Here, open: str = "", search: str = "") -> HTMLResponse:
    return _index(office, open=open, search=search)


@router.get("/style.css")
async def style() -> FileResponse:
    return FileResponse(TEMPLATES / "style.css", media_type="text/css")


@router.post("/practices")
async def add_practice(request: Request, office: Here) -> Response:
    given = await filled_in(request)
    try:
        wanted = QueueRequest.model_validate(
            {
                "practice": {"id": given.get("id"), "name": given.get("name")},
                "primary_contact": {"name": given.get("contact"), "email": given.get("email")},
            }
        )
    except ValidationError as error:
        return _index(office, problem=f"Not added: {error_sentence(error)}.", given=given, status=422)
    office.accept(wanted)
    return _back(wanted.practice.id)


@router.post("/program")
async def change_program(request: Request, office: Here) -> Response:
    given = await filled_in(request)
    try:
        change = control.ProgramChange.model_validate(
            {"speed": given.get("speed"), "automatic": given.get("mode") == "automatic"}
        )
    except ValidationError as error:
        return _index(office, problem=f"Not changed: {error_sentence(error)}.", status=422)
    await control.change_program(change, office)
    return _back("")


@router.post("/practices/{practice}")
async def change_practice(practice: str, request: Request, office: Here) -> Response:
    match (await filled_in(request)).get("do"):
        case "automatic" | "manual" as mode:
            office.save(office.practice(practice).change(automatic=mode == "automatic"))
        case "day":
            try:
                await office.set_clock(practice, office.now(office.practice(practice)) + timedelta(days=1))
            except TransportError as error:
                return _index(office, open=practice, problem=str(error), status=502)
        case "heartbeat" | "feed" as sign:
            await office.give(practice, sign)
        case "running" | "no_feed" | "silent" as state:
            await control.change_practice(practice, control.PracticeChange(agent=state), office)
        case "remove":
            office.remove(practice)
    return _back(practice)


@router.post("/practices/{practice}/steps/{fact}")
async def change_step(practice: str, fact: str, request: Request, office: Here) -> Response:
    given = await filled_in(request)
    try:
        if given.get("do"):
            await office.do(practice, fact)
        else:
            change = control.StepChange.model_validate({"kind": given.get("kind"), "hours": given.get("hours", 0)})
            await control.change_step(practice, fact, change, office)
    except ValidationError as error:
        return _index(office, open=practice, problem=f"Not changed: {error_sentence(error)}.", status=422)
    except Refused as error:
        return _index(office, open=practice, problem=str(error), status=409)
    except TransportError as error:
        return _index(office, open=practice, problem=str(error), status=502)
    return _back(practice)


@router.post("/webhooks/{number}")
async def change_webhook(number: int, request: Request, office: Here) -> Response:
    drop = (await filled_in(request)).get("do") == "drop"
    await control.change_webhook(number, control.WebhookChange(do="drop" if drop else "retry"), office)
    return RedirectResponse("/#webhooks", 303)


def _index(
    office: Office,
    open: str = "",
    search: str = "",
    problem: str | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    seen = overview(office)
    wanted = search.strip().lower()
    found = [each for each in seen["practices"] if wanted in f"{each['id']} {each['name']}".lower()]
    return page(
        "index.html",
        status,
        program=seen["program"],
        practices=found[:SHOWN_PRACTICES],
        hidden=len(found[SHOWN_PRACTICES:]),
        webhooks=seen["webhooks"],
        kinds=KINDS,
        agents=STATES,
        open=open,
        search=search,
        problem=problem,
        given=given or {},
    )


def _back(practice: str) -> RedirectResponse:
    return RedirectResponse(f"/?open={practice}#practice-{practice}" if practice else "/", 303)
