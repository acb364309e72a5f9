"""The routes for feeds: handing one in, and the results of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import JSONResponse

from desk import feed_imports
from desk.practices import row_of
from desk.problem import NotFound
from integrations.registry import SOURCES
from pharmacy.records import feed_progress
from pharmacy.records.feed_progress import FeedProgress, State
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Instant, Line
from store.accounts.people import LOCAL
from web.api import examples, feed_examples
from web.api.answers import EVERYWHERE, problems
from web.api.callers import Reader, Recorder
from web.api.onboardings import Limit, Practice
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix="/api/practices/{practice}/feeds", tags=["feeds"], route_class=ApiRoute)

MEDIA = "application/octet-stream"
PARTNERS = f"^({'|'.join(SOURCES)})$"
Number = Annotated[int, InPath(ge=1, le=2_000_000_000, examples=[3])]


class Feeds(Frozen):
    """Some of a practice's feeds, the newest first. `next` is the address of those before them, null at the end."""

    items: tuple[FeedProgress, ...]
    next: str | None


class Accepted(Frozen):
    """A feed that was taken, to be imported. `known`: the very same file had come before, and is that feed.

    `waits_for` is an earlier feed that waits for a person; this one is imported once that is decided.
    """

    number: int
    state: State
    known: bool
    waits_for: int | None


@router.post(
    "",
    summary="Upload a feed",
    status_code=202,
    response_model=Accepted,
    responses={
        202: examples.answer("feed_accepted")
        | {"headers": {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}},
        **problems(
            *(*EVERYWHERE, "request-timeout", "request-entity-too-large", "media-type", "invalid", "not-found"),
            "no-answer",
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                MEDIA: {
                    "schema": {"type": "string", "format": "binary", "minLength": 1},
                    "examples": {"usual": {"summary": "NDJSON", "value": feed_examples.FILE}},
                }
            },
        }
    },
)
async def hand_in_feed(
    request: Request,
    web: Web,
    person: Recorder,
    practice: Practice,
    name: Annotated[
        Line, Query(description="The file's name; its extension tells its type.", examples=["export.ndjson"])
    ] = "feed",
    made_at: Annotated[
        Instant | None, Query(description="When it was exported, if the file does not say it. Default: now.")
    ] = None,
    by: Annotated[
        str | None,
        Query(
            pattern=PARTNERS,
            description="Who sent it, if a program on our own machine only passes it on.",
        ),
    ] = None,
) -> JSONResponse:
    """The clinic's clients and patients as a file: CSV or NDJSON, in a zip or gzip file if you like, up to 500 MB.

    It is imported after those before it; follow it at `Location`. The same file again is the same feed, so it may be
    repeated after a lost answer. What a feed changes, and what waits for a person, say the rules of DP11 to DP13.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MEDIA:
        raise Problem(
            415, "That cannot be read", f"Send the file itself, with 'Content-Type: {MEDIA}'.", code="media-type"
        )
    if by and person.handle != LOCAL:
        raise Problem(403, "You cannot do this", "'by' is for our own machine; leave it out.", code="role")
    async with _on_disk(request) as path:
        arrival = await feed_imports.hand_in(web.desk, practice, path, name, by or person.handle, made_at)
    accepted = Accepted(
        number=arrival.number, state=arrival.state, known=arrival.is_duplicate, waits_for=arrival.waits_for
    )
    headers = {"Location": f"/api/practices/{practice}/feeds/{arrival.number}"}
    return JSONResponse(accepted.model_dump(mode="json"), 202, headers)


@router.get(
    "",
    summary="A practice's feeds",
    response_model=Feeds,
    responses={200: examples.answer("feeds"), **problems(*EVERYWHERE, "not-found", "invalid")},
)
async def list_feeds(
    request: Request,
    web: Web,
    person: Reader,
    practice: Practice,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=1, le=2_000_000_000, description="Only feeds with a lower number.")] = None,
) -> Feeds:
    """The newest first, with what became of each."""
    await _check_practice(web, practice)
    found = await feed_progress.list_feeds(web.database, practice, limit + 1, before)
    following = f"{request.url.path}?limit={limit}&before={found[limit - 1].number}" if len(found) > limit else None
    return Feeds(items=tuple(found[:limit]), next=following)


@router.get(
    "/{number}",
    summary="One feed",
    response_model=FeedProgress,
    responses={200: examples.answer("feed"), **problems(*EVERYWHERE, "not-found", "invalid")},
)
async def show_feed(web: Web, person: Reader, practice: Practice, number: Number) -> FeedProgress:
    """How far it is, and what became of it."""
    await _check_practice(web, practice)
    try:
        return await feed_progress.load_feed(web.database, practice, number)
    except LookupError:
        raise NotFound(f"{practice} has no feed {number}.") from None


async def _check_practice(web: Services, practice: str) -> None:
    if await row_of(web.database, practice) is None:
        raise NotFound(f"There is no practice {practice}: start its onboarding first.")


@asynccontextmanager
async def _on_disk(request: Request) -> AsyncIterator[Path]:
    """Stores the body in a file; `web.security.Bodies` limits its size."""
    with TemporaryDirectory(prefix="feed-") as folder:
        path = Path(folder) / "feed"
        with path.open("wb") as file:
            async for chunk in request.stream():
                await asyncio.to_thread(file.write, chunk)
        yield path
