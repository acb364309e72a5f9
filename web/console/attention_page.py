"""All that needs a person, with the action at hand; and, to be known, events of others that fit nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from store.journal.alerts import unrecorded
from web.authorization import Viewer
from web.console.actions import zone_of
from web.console.attention import attention, load_other_items
from web.console.board import assignees
from web.console.clock_skew import moved
from web.console.filters import ME, Filters
from web.pages import page
from web.services import Web

router = APIRouter(prefix="/needs")

SHOWN = 25
LATELY = timedelta(days=14)


@router.get("")
async def needs(request: Request, web: Web, person: Viewer) -> Response:
    wanted, now = Filters.read(request.query_params), datetime.now(UTC)
    asked = wanted.asked(person.handle, now, zone_of(web, person))
    needing = await attention(web, await load_other_items(web, fresh=True), wanted, asked, person.handle, SHOWN)
    return await page(
        request,
        "console/needs.html",
        part="needs",
        now=now,
        wanted=wanted,
        needing=needing,
        back=f"/needs?{query}" if (query := wanted.address()) else "/needs",
        moved=moved((), needing.parts),
        events=await unrecorded(web.database, within=LATELY),
        people=await assignees(web),
        me=ME,
    )
