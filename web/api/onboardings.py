"""The routes for onboardings: the list, one of them, its journal, and starting one."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from itsdangerous import BadSignature, Signer
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from desk.bulk_start import doubts_of
from desk.fact_fields import phone_from
from desk.hand_over import start_for
from desk.onboarding_detail import OnboardingDetail
from desk.problem import NotFound
from playbooks.calendar.values import Frozen
from playbooks.engine.checks import NAME
from playbooks.engine.fields import Instant, Line
from playbooks.engine.listed import Listed
from playbooks.engine.onboarding import Entry, Receipt
from playbooks.engine.onboarding import Request as PracticeRequest
from playbooks.engine.states import OPEN, Sla, Status
from playbooks.registry import PLAYBOOKS
from store.inbox.idempotency import Answer
from store.journal import journal, listing
from store.journal.listing import Filter, Order
from web.api import examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import PRACTICE, StartOrder, json_body
from web.api.callers import Reader, Steerer
from web.api.idempotency import Key, run_once
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix="/api/onboardings", tags=["onboardings"], route_class=ApiRoute)

Playbook = Annotated[str, Path(pattern=f"^{NAME.pattern}$", examples=[examples.PLAYBOOK.name])]
Practice = Annotated[str, Path(pattern=PRACTICE, examples=["riverside-vet"])]
Limit = Annotated[int, Query(ge=1, le=200, description="Maximum number of entries.")]


class ListQuery(BaseModel):
    """Which onboardings are listed, in which order, and how many at once."""

    playbook: Line | None = Field(None, examples=[examples.PLAYBOOK.name])
    stage: Line | None = Field(None, examples=[examples.PRACTICE_STAGE.name])
    waiting_on: Line | None = Field(None, examples=[examples.PARTNER_STAGE.waits_on])
    assignee: Line | None = Field(None, examples=["ana"])
    sla: Sla | None = Field(None, description="The state of the present deadline.")
    status: list[Status] | None = Field(None, description="One or several; without it those that are not closed.")
    search: Line | None = Field(
        None,
        description="Words; each begins a word of ID, practice's name or contact, or is inside one if none does.",
    )
    due_before: Instant | None = Field(None, description="Due before this time.")
    order: Order = Field("due", description="By deadline, time in the stage, start, or name.")
    limit: int = Field(50, ge=1, le=200, description="Maximum number of entries.")
    after: str | None = Field(None, max_length=1000, description="From `next`: where to continue.")

    @property
    def filter(self) -> Filter:
        fields = self.model_dump(exclude={"status", "order", "limit", "after"})
        return Filter(**fields, status=tuple(self.status or OPEN))


class Page(Frozen):
    """Some of the onboardings. `next` is the address of those behind them, null at the end."""

    items: tuple[Listed, ...]
    next: str | None


class Lines(Frozen):
    """Some lines of a journal, oldest first. `next` is the address of those behind them, null at the end."""

    items: tuple[Entry, ...]
    next: str | None


class Started(Receipt):
    """The receipt of a start, with the onboarding's ID. `warnings`: the practice is probably there already under
    another ID, and as which; or its time zone is none of its state."""

    id: str
    warnings: tuple[str, ...] = ()


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
    query: Annotated[ListQuery, Query()],
) -> Page:
    """Those that are open, the first due first, unless asked otherwise. Follow `next` for more."""
    try:
        position = _signer(web).unsign(query.after).decode() if query.after is not None else None
        rows = await listing.list_onboardings(
            web.database, query.filter, order=query.order, limit=query.limit + 1, after=position
        )
    except BadSignature:
        raise _no_page("'after' does not continue a list: take it from the 'next' of the page before") from None
    except ValueError as error:
        raise _no_page(str(error)) from None
    following = None
    if len(rows) > query.limit:
        cursor = _signer(web).sign(listing.cursor(rows[query.limit - 1], query.order)).decode()
        others = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        following = f"{request.url.path}?{urlencode([*others, ('after', cursor)])}"
    return Page(items=tuple(rows[: query.limit]), next=following)


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
    """Takes the practice file with `playbook` added. A practice has one open onboarding with a playbook.

    One that is probably there already under another ID is started, with a warning.
    """

    async def act(_: str | None) -> Answer:
        phone_from("Phone", order.primary_contact.phone or "")
        practice = PracticeRequest.model_validate(order.model_dump(exclude={"playbook"}))
        doubts = (await doubts_of(web.desk, practice))[0]
        receipt = await start_for(web.desk, order.playbook, practice, person.handle)
        identity = f"{order.playbook}/{order.practice.id}"
        started = Started(**receipt.model_dump(), id=identity, warnings=tuple(doubts))
        return Answer(201, started.model_dump(mode="json"), {"Location": f"/api/onboardings/{identity}"})

    return await run_once(request, web, person, key, order, act)


@router.get(
    "/{playbook}/{practice}",
    summary="Get an onboarding",
    response_model=OnboardingDetail,
    responses={
        200: examples.answer("shown"),
        **problems(*EVERYWHERE, "not-found", "invalid", "no-answer"),
    },
)
async def show_onboarding(web: Web, person: Reader, playbook: Playbook, practice: Practice) -> OnboardingDetail:
    """All there is to see: progress, facts, mails, deadline, what comes next. A fact just recorded is there."""
    return await web.desk.show(identity_of(playbook, practice))


@router.get(
    "/{playbook}/{practice}/journal",
    summary="Get its journal",
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
    return Lines(items=tuple(found[:limit]), next=following)


def identity_of(playbook: str, practice: str) -> str:
    """Returns the onboarding's ID. Raises `NotFound` for a playbook that does not exist."""
    if playbook not in PLAYBOOKS:
        raise NotFound(f"There is no playbook '{playbook}'; choose one of {', '.join(PLAYBOOKS)}.")
    return f"{playbook}/{practice}"


def _signer(web: Services) -> Signer:
    """Signs cursors, so that a client cannot forge one."""
    return Signer(web.secret, salt="api.cursor")


def _no_page(why: str) -> Problem:
    return Problem(422, "That is not valid", f"{why[0].upper()}{why[1:]}.", code="invalid")
