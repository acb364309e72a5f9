"""All that needs a person, with the action at hand; and, to be known, events of others that fit nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk.problem import DeskProblem
from store.accounts.deputies import covered_by
from store.inbox import inbox
from store.journal.alerts import unrecorded
from store.journal.journal import open_notes
from web.authorization import Specialist, Viewer
from web.console.actions import zone_of
from web.console.attention import attention, load_other_items
from web.console.board import assignees
from web.console.clock_skew import moved
from web.console.commands import reason_in
from web.console.filters import ME, NOBODY, Filters
from web.console.partner_contact import ASKED, reach_of
from web.pages import go, page
from web.services import Web
from web.sessions import visit_of

router = APIRouter(prefix="/needs")

SHOWN = 25


@router.get("")
async def needs(request: Request, web: Web, person: Viewer) -> Response:
    wanted, now = Filters.read(request.query_params), datetime.now(UTC)
    asked = wanted.asked(person.handle, now, zone_of(web, person))
    needing = await attention(web, await load_other_items(web, fresh=True), wanted, asked, person.handle, SHOWN)
    people = await visit_of(request).team()
    asking = {need.id for part in needing.parts for need in part.needs if need.asks}
    return await page(
        request,
        "console/needs.html",
        part="needs",
        now=now,
        wanted=wanted,
        needing=needing,
        back=f"/needs?{query}" if (query := wanted.address()) else "/needs",
        moved=moved((), needing.parts),
        events=await unrecorded(web.database, limit=SHOWN),
        shown=SHOWN,
        people=await assignees(web, people),
        covered=covered_by(people, now),
        reach=partial(reach_of, web.settings),
        asked=await open_notes(web.database, asking, ASKED),
        me=ME,
        nobody=NOBODY,
    )


@router.post("/events/{number}/retry")
async def retry(request: Request, web: Web, person: Specialist, number: int) -> Response:
    await inbox.retry(web.database, [number])
    return go(request, "/needs#events", "We try the event again; if that fails, it is listed here.")


@router.post("/events/{number}/dismiss")
async def dismiss(
    request: Request, web: Web, person: Specialist, number: int, why: Annotated[str, Form()] = ""
) -> Response:
    if not (reason := reason_in(why)):
        raise DeskProblem("Say why you dismiss the event: the reason is kept with it.")
    await inbox.dismiss(web.database, [number], person.handle, reason)
    return go(request, "/needs", "The event is dismissed.")
