"""One feed: what became of it in figures, and what was set aside of it, row by row, with the reasons."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.problem import NotFound
from pharmacy.records import feed_progress
from pharmacy.records.staged import MAX_KEPT_REJECTIONS
from web.authorization import Viewer
from web.console.data import Practice, PracticeHeader
from web.exports import csv_line, csv_response
from web.pages import page
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}/data/feeds/{number}")

SHOWN = 100


@router.get("")
async def feed(request: Request, web: Web, person: Viewer, practice: Practice, number: int) -> Response:
    found = await _feed(web, practice, number)
    return await page(
        request,
        "console/data_feed.html",
        part="feed",
        practice=practice,
        feed=found,
        aside=await feed_progress.list_rejections(web.database, practice.id, number, SHOWN),
        kept=MAX_KEPT_REJECTIONS,
    )


@router.get("/set-aside.csv")
async def set_aside(web: Web, person: Viewer, practice: Practice, number: int) -> Response:
    """All that was set aside, to be corrected at the clinic."""
    await _feed(web, practice, number)
    rows = await feed_progress.list_rejections(web.database, practice.id, number, MAX_KEPT_REJECTIONS)

    async def lines() -> AsyncIterator[str]:
        yield csv_line(("line", "what", "id", "value", "reason", "original row"))
        for row in rows:
            yield csv_line((row.line, row.kind, row.id, row.field, row.reason, row.raw))

    return csv_response(f"set-aside-{practice.id}-{number}.csv", lines())


async def _feed(web: Services, practice: PracticeHeader, number: int) -> feed_progress.Feed:
    try:
        return await feed_progress.load_feed(web.database, practice.id, number)
    except LookupError:
        raise NotFound(f"{practice.name} has no feed {number}.") from None
