"""The routes for the call log: calls with a practice."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from pydantic_core import to_jsonable_python
from starlette.requests import Request
from starlette.responses import Response

from desk.calls import CallOrder, log_call, take_back_call
from desk.conversation import onboardings_of
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Instant, Text
from store.conversation import calls
from store.conversation.calls import Call
from store.conversation.tables import Direction
from store.inbox.idempotency import Answer
from web.api import examples
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import json_body
from web.api.callers import Reader, Recorder
from web.api.idempotency import Key, run_once
from web.api.onboardings import Limit, Practice
from web.api.routing import ApiRoute
from web.services import Web

router = APIRouter(prefix="/api/practices/{practice}/calls", tags=["calls"], route_class=ApiRoute)

LARGEST = 2**63 - 1
Id = Annotated[int, InPath(ge=1, le=LARGEST, examples=[1])]
CHANGE = (*EVERYWHERE, *WITH_BODY, *WITH_KEY, "not-found", "refused", "no-answer")
EXAMPLE: dict[str, Any] = {
    "direction": "incoming",
    "name": "Dana Reyes",
    "phone": "(312) 555-0118",
    "said": "Asked whether we have their data. Told her that the first file is being imported.",
}
MISTAKE: dict[str, Any] = {"why": "It was another practice"}


class LoggedCall(Frozen):
    """A call: `incoming` if the practice called us. `by` logged it at `logged_at`.

    One that was logged by mistake is taken back: it stays, and says by whom, when and why.
    """

    id: int
    practice: str
    direction: Direction
    name: str
    phone: str | None
    said: str
    at: Instant
    by: str
    logged_at: Instant
    taken_back_by: str | None
    taken_back_at: Instant | None
    taken_back_why: str | None


class Calls(Frozen):
    """Some of a practice's calls, the latest first. `next` is the address of those before them, null at the end."""

    items: tuple[LoggedCall, ...]
    next: str | None


class Mistake(Frozen):
    """Why a call is taken back."""

    why: Text


@router.post(
    "",
    summary="Log a call",
    status_code=201,
    response_model=LoggedCall,
    responses=problems(*CHANGE),
    openapi_extra=examples.body("CallOrder", usual=EXAMPLE),
)
async def log(
    request: Request,
    web: Web,
    person: Recorder,
    practice: Practice,
    order: Annotated[CallOrder, Depends(json_body(CallOrder))],
    key: Key = None,
) -> Response:
    """Who called or was called, and what was said. Without `phone`, a contact of that name has the one on record."""

    async def act(key: str | None) -> Answer:
        return Answer(201, _shown(await log_call(web.desk, practice, order, person.handle, key)), {})

    return await run_once(request, web, person, key, order, act)


@router.get(
    "",
    summary="A practice's calls",
    response_model=Calls,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def list_calls(
    request: Request,
    web: Web,
    person: Reader,
    practice: Practice,
    limit: Limit = 50,
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST, description="Only calls before the one with this ID.")
    ] = None,
) -> Calls:
    """The latest first, with those that were taken back."""
    await onboardings_of(web.database, practice)
    found = await calls.list_calls(web.database, practice, limit + 1, before)
    following = f"{request.url.path}?limit={limit}&before={found[limit - 1].id}" if len(found) > limit else None
    return Calls(items=tuple(LoggedCall(**vars(each)) for each in found[:limit]), next=following)


@router.post(
    "/{id}/take-back",
    summary="Take back a call",
    response_model=LoggedCall,
    responses=problems(*CHANGE),
    openapi_extra=examples.body("Mistake", usual=MISTAKE),
)
async def take_back(
    request: Request,
    web: Web,
    person: Recorder,
    practice: Practice,
    id: Id,
    mistake: Annotated[Mistake, Depends(json_body(Mistake))],
    key: Key = None,
) -> Response:
    """One that was logged by mistake. It stays on record; to correct it, log it again."""

    async def act(_: str | None) -> Answer:
        return Answer(200, _shown(await take_back_call(web.desk, practice, id, person.handle, mistake.why)), {})

    return await run_once(request, web, person, key, mistake, act)


def _shown(call: Call) -> dict[str, Any]:
    shown: dict[str, Any] = to_jsonable_python(LoggedCall(**vars(call)))
    return shown
