"""The pages for the practice's people, reached by a link in a mail: registration and installation.

A GET changes nothing. The three parts of the registration are separate facts, given in any order (DP4).
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from partners.simulators.datapoint_admin import Office
from partners.simulators.datapoint_control import Here
from partners.simulators.datapoint_page import filled_in, page
from partners.simulators.datapoint_problem import NotFound
from partners.simulators.datapoint_progress import EULA_VERSION, FORMS, Practice
from playbooks.datapoint import DATAPOINT
from playbooks.engine.validation import error_sentence

PARTS = dict(zip(("information", "technical-contact", "eula"), FORMS, strict=True))
INSTALLED = "agent_installed"

router = APIRouter(include_in_schema=False)


@router.get("/registration/{token}", response_class=HTMLResponse)
async def registration(token: str, office: Here) -> HTMLResponse:
    return _registration(_invited(office, token))


@router.post("/registration/{token}/{part}")
async def register(token: str, part: str, request: Request, office: Here) -> Response:
    practice, given = _invited(office, token), await filled_in(request)
    fact = PARTS.get(part)
    if fact is None:
        raise NotFound("The form has no such part: go back to the link in the mail.")
    if part == "eula":
        if fact in practice.done:
            return _registration(practice, part, "The agreement is accepted already, once is enough.", given, 409)
        if given.pop("agree", None) != "yes":
            return _registration(practice, part, "Tick the box to say that you agree.", given, 422)
        given["version"] = EULA_VERSION
    try:
        data = _checked(fact, given)
    except ValidationError as error:
        return _registration(practice, part, f"Not saved: {error_sentence(error)}.", given, 422)
    office.record(practice, fact, data)
    return RedirectResponse(f"/registration/{token}#{part}", 303)


@router.get("/installation/{token}", response_class=HTMLResponse)
async def installation(token: str, office: Here) -> HTMLResponse:
    return _installation(_asked_to_install(office, token))


@router.post("/installation/{token}")
async def install(token: str, request: Request, office: Here) -> Response:
    practice, given = _asked_to_install(office, token), await filled_in(request)
    try:
        data = _checked(INSTALLED, given)
    except ValidationError as error:
        return _installation(practice, f"Not saved: {error_sentence(error)}.", given, 422)
    office.record(practice, INSTALLED, data)
    return RedirectResponse(f"/installation/{token}", 303)


def _checked(fact: str, given: dict[str, str]) -> dict[str, Any]:
    payload = DATAPOINT.fact(fact).payload
    known = {name: value for name, value in given.items() if name in payload.model_fields}
    return payload.model_validate(known).model_dump(mode="json", exclude_none=True)


def _registration(
    practice: Practice,
    part: str = "",
    problem: str | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    values = {name: dict(practice.done[fact].data) if fact in practice.done else {} for name, fact in PARTS.items()}
    if part:
        values[part] = dict(given or {})
    done = {name: practice.done.get(fact) for name, fact in PARTS.items()}
    return page(
        "registration.html",
        status,
        practice=practice,
        values=values,
        done=done,
        wrong=part,
        problem=problem,
        version=EULA_VERSION,
    )


def _installation(
    practice: Practice, problem: str | None = None, given: dict[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    done = practice.done.get(INSTALLED)
    values = given or (done.data if done else {})
    return page("installation.html", status, practice=practice, done=done, values=values, problem=problem)


def _invited(office: Office, token: str) -> Practice:
    for practice in office.store.practices.values():
        if practice.form_token == token:
            return practice
    raise NotFound("This link is not known: use the one in the latest mail, or ask for another invitation.")


def _asked_to_install(office: Office, token: str) -> Practice:
    for practice in office.store.practices.values():
        if practice.install_token == token:
            return practice
    raise NotFound("This link is good no more: another technical contact was named since, who has a new one.")
