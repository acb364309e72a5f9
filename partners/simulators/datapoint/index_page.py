"""The index page: the queue, each practice's state, the webhooks with their answers, and the buttons to misbehave."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from partners.datapoint import QueueRequest
from partners.simulators.datapoint import api
from partners.simulators.datapoint.agent import STATES
from partners.simulators.datapoint.api import SimulatorDependency
from partners.simulators.datapoint.overview import overview
from partners.simulators.datapoint.rendering import page
from partners.simulators.datapoint.simulator import Simulator
from partners.simulators.datapoint.steps import BEHAVIOUR_KINDS
from partners.simulators.guards import SimulatorProblem
from partners.simulators.rendering import read_form, style_sheet
from partners.smtp import TransportError
from playbooks.engine.validation import error_sentence

MAX_PRACTICES = 20

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def index(simulator: SimulatorDependency, open: str = "", search: str = "") -> HTMLResponse:
    return _index(simulator, open=open, search=search)


@router.get("/style.css")
async def style() -> FileResponse:
    return style_sheet()


@router.post("/practices")
async def add_practice(request: Request, simulator: SimulatorDependency) -> Response:
    given = await read_form(request)
    try:
        queue_request = QueueRequest.model_validate(
            {
                "practice": {"id": given.get("id"), "name": given.get("name")},
                "primary_contact": {"name": given.get("contact"), "email": given.get("email")},
            }
        )
    except ValidationError as error:
        return _index(simulator, problem=f"Not added: {error_sentence(error)}.", given=given, status=422)
    simulator.accept(queue_request)
    return _back(queue_request.practice.id)


@router.post("/program")
async def change_settings(request: Request, simulator: SimulatorDependency) -> Response:
    given = await read_form(request)
    try:
        change = api.SettingsChange.model_validate(
            {"speed": given.get("speed"), "automatic": given.get("mode") == "automatic"}
        )
    except ValidationError as error:
        return _index(simulator, problem=f"Not changed: {error_sentence(error)}.", status=422)
    await api.change_settings(change, simulator)
    return _back("")


@router.post("/practices/{practice}")
async def change_practice(practice: str, request: Request, simulator: SimulatorDependency) -> Response:
    match (await read_form(request)).get("do"):
        case "automatic" | "manual" as mode:
            simulator.save(simulator.practice(practice).change(automatic=mode == "automatic"))
        case "day":
            try:
                await simulator.set_clock(practice, simulator.now(simulator.practice(practice)) + timedelta(days=1))
            except TransportError as error:
                return _index(simulator, open=practice, problem=str(error), status=502)
        case "heartbeat" | "feed" as kind:
            await simulator.send_feed_event(practice, kind)
        case "running" | "no_feed" | "silent" as state:
            await api.change_practice(practice, api.PracticeChange(agent=state), simulator)
        case "remove":
            simulator.remove(practice)
    return _back(practice)


@router.post("/practices/{practice}/steps/{fact}")
async def change_step(practice: str, fact: str, request: Request, simulator: SimulatorDependency) -> Response:
    given = await read_form(request)
    try:
        if given.get("do"):
            await simulator.perform(practice, fact)
        else:
            change = api.StepChange.model_validate({"kind": given.get("kind"), "hours": given.get("hours", 0)})
            await api.change_step(practice, fact, change, simulator)
    except ValidationError as error:
        return _index(simulator, open=practice, problem=f"Not changed: {error_sentence(error)}.", status=422)
    except SimulatorProblem as error:
        return _index(simulator, open=practice, problem=str(error), status=409)
    except TransportError as error:
        return _index(simulator, open=practice, problem=str(error), status=502)
    return _back(practice)


@router.post("/webhooks/{number}")
async def change_webhook(number: int, request: Request, simulator: SimulatorDependency) -> Response:
    drop = (await read_form(request)).get("do") == "drop"
    await api.change_webhook(number, api.WebhookChange(do="drop" if drop else "retry"), simulator)
    return RedirectResponse("/#webhooks", 303)


def _index(
    simulator: Simulator,
    open: str = "",
    search: str = "",
    problem: str | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    content = overview(simulator)
    query = search.strip().lower()
    found = [each for each in content["practices"] if query in f"{each['id']} {each['name']}".lower()]
    return page(
        "index.html",
        status,
        program=content["program"],
        practices=found[:MAX_PRACTICES],
        hidden=len(found[MAX_PRACTICES:]),
        webhooks=content["webhooks"],
        kinds=BEHAVIOUR_KINDS,
        agents=STATES,
        open=open,
        search=search,
        problem=problem,
        given=given or {},
    )


def _back(practice: str) -> RedirectResponse:
    return RedirectResponse(f"/?open={practice}#practice-{practice}" if practice else "/", 303)
