"""Onboardings: the list, one of them, its journal, and starting one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from itsdangerous import BadSignature, Signer
from starlette.requests import Request
from starlette.responses import Response

from desk.onboarding_detail import Shown
from desk.problem import NotFound
from playbooks.calendar.values import Frozen
from playbooks.engine.checks import NAME
from playbooks.engine.fields import Instant, Line
from playbooks.engine.onboarding import Entry, Receipt
from playbooks.engine.onboarding import Request as PracticeRequest
from playbooks.engine.states import OPEN, Sla, Status
from playbooks.registry import PLAYBOOKS
from store.inbox.idempotency import Answer
from store.journal import journal, listing
from store.journal.listing import Order
from web.api import examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import PRACTICE, StartOrder, json_body
from web.api.callers import Reader, Steerer
from web.api.idempotency import Key, once
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix="/api/onboardings", tags=["onboardings"], route_class=ApiRoute)

Playbook = Annotated[str, Path(pattern=f"^{NAME.pattern}$", examples=[examples.PLAYBOOK.name])]
Practice = Annotated[str, Path(pattern=PRACTICE, examples=["riverside-vet"])]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]


class Listed(Frozen):
    """An onboarding as the list has it. It is read from the journal, and may lag a moment behind."""

    id: str
    playbook: str
    practice: str
    practice_name: str
    status: Status
    stage: str
    stage_title: str
    waiting_on: str | None
    waiting_on_title: str | None
    sla: Sla
    assignee: str | None
    headline: str
    entered_at: datetime
    due_at: datetime | None
    next_what: str | None
    next_at: datetime | None
    requested_at: datetime
    started_at: datetime
    closed_at: datetime | None


class Page(Frozen):
    """Some of the onboardings. `next` is the address of those behind them, null at the end."""

    items: tuple[Listed, ...]
    next: str | None


class Lines(Frozen):
    """Some lines of a journal, oldest first. `next` is the address of those behind them, null at the end."""

    items: tuple[Entry, ...]
    next: str | None


class Started(Receipt):
    """The receipt of a start, with the onboarding's ID."""

    id: str


@router.get(
    "",
    summary="List onboardings",
    response_model=Page,
    responses={200: examples.answer("page"), **problems(*EVERYWHERE, "invalid")},
)
async def list_onboardings(
    request: Request,
    web: Web,
    person: Reader,
    playbook: Annotated[Line | None, Query(examples=[examples.PLAYBOOK.name])] = None,
    stage: Annotated[Line | None, Query(examples=[examples.PRACTICES_TURN.name])] = None,
    waiting_on: Annotated[Line | None, Query(examples=[examples.PARTNERS_TURN.waits_on])] = None,
    assignee: Annotated[Line | None, Query(examples=["ana"])] = None,
    sla: Annotated[Sla | None, Query(description="The state of the present deadline.")] = None,
    status: Annotated[
        list[Status] | None, Query(description="Several may be given; else those that are not closed.")
    ] = None,
    search: Annotated[Line | None, Query(description="A part of the ID or of the practice's name.")] = None,
    due_before: Annotated[Instant | None, Query(description="Due before this time.")] = None,
    order: Annotated[Order, Query(description="By deadline, time in the stage, start, or name.")] = "due",
    limit: Limit = 50,
    after: Annotated[str | None, Query(max_length=1000, description="From `next`: where to go on.")] = None,
) -> Page:
    """Those that are open, the first due first, unless asked otherwise. Follow `next` for more."""
    wanted: dict[str, Any] = {"playbook": playbook, "stage": stage, "waiting_on": waiting_on, "assignee": assignee}
    wanted |= {"sla": sla, "search": search, "due_before": due_before, "order": order, "limit": limit + 1}
    try:
        place = _signer(web).unsign(after).decode() if after is not None else None
        rows = await listing.list_onboardings(
            web.database, **wanted, status=tuple(status) if status else OPEN, after=place
        )
    except BadSignature:
        raise _no_page("'after' does not continue a list: take it from the 'next' of the page before") from None
    except ValueError as error:
        raise _no_page(str(error)) from None
    following = None
    if len(rows) > limit:
        cursor = _signer(web).sign(listing.cursor(rows[limit - 1], order)).decode()
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        following = f"{request.url.path}?{urlencode([*kept, ('after', cursor)])}"
    names = Listed.model_fields
    listed = tuple(Listed(**{k: v for k, v in asdict(row).items() if k in names}) for row in rows[:limit])
    return Page(items=listed, next=following)


@router.post(
    "",
    summary="Start an onboarding",
    status_code=201,
    response_model=Started,
    responses={
        201: examples.answer("started")
        | {"headers": {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}},
        **problems(*EVERYWHERE, *WITH_BODY, "refused", "already-open", "key-reused", "key-under-way", "no-answer"),
    },
    openapi_extra=examples.body("StartOrder", usual=examples.START),
)
async def start_onboarding(
    request: Request,
    web: Web,
    person: Steerer,
    order: Annotated[StartOrder, Depends(json_body(StartOrder))],
    key: Key = None,
) -> Response:
    """Takes the practice file with `playbook` added. A practice has one open onboarding with a playbook."""

    async def act(_: str | None) -> Answer:
        practice = PracticeRequest.model_validate(order.model_dump(exclude={"playbook"}))
        receipt = await web.desk.start(order.playbook, practice, person.handle)
        identity = f"{order.playbook}/{order.practice.id}"
        started = Started(**receipt.model_dump(), id=identity)
        return Answer(201, started.model_dump(mode="json"), {"Location": f"/api/onboardings/{identity}"})

    return await once(request, web, person, key, order, act)


@router.get(
    "/{playbook}/{practice}",
    summary="Look at one",
    response_model=Shown,
    responses={
        200: examples.answer("shown"),
        **problems(*EVERYWHERE, "not-found", "invalid", "no-answer"),
    },
)
async def show_onboarding(web: Web, person: Reader, playbook: Playbook, practice: Practice) -> Shown:
    """All there is to see: progress, facts, mails, deadline, what comes next. A fact just recorded is there."""
    return await web.desk.show(identity_of(playbook, practice))


@router.get(
    "/{playbook}/{practice}/journal",
    summary="Its journal",
    response_model=Lines,
    responses={
        200: examples.answer("lines"),
        **problems(*EVERYWHERE, "not-found", "invalid"),
    },
)
async def read_journal(
    request: Request,
    web: Web,
    person: Reader,
    playbook: Playbook,
    practice: Practice,
    limit: Limit = 100,
    after: Annotated[int, Query(ge=0, le=1_000_000, description="Only lines with a higher number.")] = 0,
) -> Lines:
    """What happened in the latest run, who said so, when and why. Lines are never changed."""
    identity = identity_of(playbook, practice)
    row = await journal.find(web.database, identity)
    if row is None:
        raise NotFound(f"There is no onboarding {identity}.")
    found = [line for line in await journal.lines(web.database, identity, row.run) if line.number > after]
    following = f"{request.url.path}?limit={limit}&after={found[limit - 1].number}" if len(found) > limit else None
    return Lines(items=tuple(Entry.model_validate(asdict(line)) for line in found[:limit]), next=following)


def identity_of(playbook: str, practice: str) -> str:
    """The onboarding's ID. Raises `NotFound` for a playbook that does not exist."""
    if playbook not in PLAYBOOKS:
        raise NotFound(f"There is no playbook '{playbook}'; there are: {', '.join(PLAYBOOKS)}.")
    return f"{playbook}/{practice}"


def _signer(web: Services) -> Signer:
    """Cursors are signed: nobody can make one up that the database chokes on."""
    return Signer(web.secret, salt="api.cursor")


def _no_page(why: str) -> Problem:
    return Problem(422, "That cannot be taken", f"{why[0].upper()}{why[1:]}.", code="invalid")
