"""The forms for the practice's people, reached by a link in a mail: registration and installation.

A GET changes nothing. The three sections of the registration are separate facts, in any order (DP4).
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from partners.simulators.datapoint.api import SimulatorDependency
from partners.simulators.datapoint.rendering import page
from partners.simulators.datapoint.simulator import Simulator
from partners.simulators.datapoint.steps import EULA_VERSION, FORMS, Practice
from partners.simulators.guards import NotFound
from partners.simulators.rendering import read_form
from playbooks.datapoint import DATAPOINT
from playbooks.engine.validation import error_sentence

FACT_OF_SECTION = dict(zip(("information", "technical-contact", "eula"), FORMS, strict=True))
INSTALLED = "agent_installed"

router = APIRouter(include_in_schema=False)


@router.get("/registration/{token}", response_class=HTMLResponse)
async def registration(token: str, simulator: SimulatorDependency) -> HTMLResponse:
    return _registration(_invited(simulator, token))


@router.post("/registration/{token}/{section}")
async def register(token: str, section: str, request: Request, simulator: SimulatorDependency) -> Response:
    practice, given = _invited(simulator, token), await read_form(request)
    fact = FACT_OF_SECTION.get(section)
    if fact is None:
        raise NotFound("The form has no such part: go back to the link in the mail.")
    if section == "eula":
        if fact in practice.done:
            return _registration(practice, section, "The agreement is accepted already, once is enough.", given, 409)
        if given.pop("agree", None) != "yes":
            return _registration(practice, section, "Tick the box to say that you agree.", given, 422)
        given["version"] = EULA_VERSION
    try:
        data = _validate(fact, given)
    except ValidationError as error:
        return _registration(practice, section, f"Not saved: {error_sentence(error)}.", given, 422)
    simulator.record(practice, fact, data)
    return RedirectResponse(f"/registration/{token}#{section}", 303)


@router.get("/installation/{token}", response_class=HTMLResponse)
async def installation(token: str, simulator: SimulatorDependency) -> HTMLResponse:
    return _installation(_asked_to_install(simulator, token))


@router.post("/installation/{token}")
async def install(token: str, request: Request, simulator: SimulatorDependency) -> Response:
    practice, given = _asked_to_install(simulator, token), await read_form(request)
    try:
        data = _validate(INSTALLED, given)
    except ValidationError as error:
        return _installation(practice, f"Not saved: {error_sentence(error)}.", given, 422)
    simulator.record(practice, INSTALLED, data)
    return RedirectResponse(f"/installation/{token}", 303)


def _validate(fact: str, given: dict[str, str]) -> dict[str, Any]:
    payload = DATAPOINT.fact(fact).payload
    fields = {name: value for name, value in given.items() if name in payload.model_fields}
    return payload.model_validate(fields).model_dump(mode="json", exclude_none=True)


def _registration(
    practice: Practice,
    section: str = "",
    problem: str | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    done = {name: practice.done.get(fact) for name, fact in FACT_OF_SECTION.items()}
    values = {name: dict(step.data) if step else {} for name, step in done.items()}
    if section:
        values[section] = dict(given or {})
    return page(
        "registration.html",
        status,
        practice=practice,
        values=values,
        done=done,
        invalid_section=section,
        problem=problem,
        version=EULA_VERSION,
    )


def _installation(
    practice: Practice, problem: str | None = None, given: dict[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    done = practice.done.get(INSTALLED)
    values = given or (done.data if done else {})
    return page("installation.html", status, practice=practice, done=done, values=values, problem=problem)


def _invited(simulator: Simulator, token: str) -> Practice:
    for practice in simulator.store.practices.values():
        if practice.form_token == token:
            return practice
    raise NotFound("This link is not known: use the one in the latest mail, or ask for another invitation.")


def _asked_to_install(simulator: Simulator, token: str) -> Practice:
    for practice in simulator.store.practices.values():
        if practice.install_token == token:
            return practice
    raise NotFound("This link no longer works: another technical contact has been named since and has a new link.")
