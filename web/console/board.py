"""The board: who needs the team today, and why; every open onboarding, the overdue ones first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pharmacy import accounts, outbox
from pharmacy.journal import Row, cursor, listing
from pharmacy.people import Person
from playbooks.model import Side
from playbooks.registry import PLAYBOOKS
from web.console.data_everywhere import flow
from web.console.exports import csv_line, csv_response
from web.console.filters import ME, SLAS, STATUSES, Filters
from web.console.needing import Attention, Needing, attention
from web.console.tiles import tiles
from web.pages import page, wants_part
from web.people import Viewer
from web.services import Services, Web

router = APIRouter()

PAGE = 50
EXPORTED_AT_ONCE = 500
COLUMNS = ("id", "practice_name", "status", "stage_title", "waiting_on_title", "sla", "due_at", "entered_at")
MORE_COLUMNS = ("assignee", "requested_at", "started_at", "closed_at", "headline")


@dataclass(frozen=True)
class Shown:
    """A line of the board. `todo` says what we have to do there; `theirs` what others have to; `needs` why a person is
    needed, whatever the deadline says."""

    row: Row
    title: str
    todo: str = ""
    theirs: str = ""
    needs: tuple[Needing, ...] = ()

    @property
    def mark(self) -> str:
        """What the line is found by in a page: fit for an HTML id."""
        return "o-" + self.row.id.replace("/", "-")


@router.get("/")
async def board(request: Request, web: Web, person: Viewer) -> Response:
    wanted = Filters.read(request.query_params)
    rows, more, stale = await _rows(web, person, wanted)
    needing = await attention(web, rows)
    return await page(
        request,
        "console/board.html",
        part="board",
        partial=wants_part(request),
        wanted=wanted,
        rows=[_shown(row, needing) for row in rows],
        more=wanted.address(after=cursor(rows[-1], wanted.order)) if more else None,
        stale=stale,
        tiles=tiles(await web.pulse.groups(), wanted, person.handle),
        needing=needing,
        mail=await outbox.switch(web.database),
        flow=await flow(web),
        **await _choices(web),
    )


@router.get("/board.csv")
async def export(request: Request, web: Web, person: Viewer) -> Response:
    """All that the board's filters leave, as a table for a spreadsheet."""
    return csv_response("onboardings.csv", _lines(web, person, Filters.read(request.query_params)))


async def _rows(web: Services, person: Person, wanted: Filters) -> tuple[list[Row], bool, bool]:
    """A page of rows, whether there are more, and whether it began anew because its address was out of date."""
    asked: dict[str, Any] = wanted.arguments(person.handle, datetime.now(UTC), _zone(web, person))
    stale = False
    try:
        rows = await listing(web.database, **asked, limit=PAGE + 1, after=wanted.after or None)
    except ValueError:
        rows, stale = await listing(web.database, **asked, limit=PAGE + 1), True
    return rows[:PAGE], len(rows) > PAGE, stale


async def _lines(web: Services, person: Person, wanted: Filters) -> AsyncIterator[str]:
    asked = wanted.arguments(person.handle, datetime.now(UTC), zone := _zone(web, person))
    names = (*COLUMNS, *MORE_COLUMNS)
    yield csv_line(names)
    after = None
    while rows := await listing(web.database, **asked, limit=EXPORTED_AT_ONCE, after=after):
        for row in rows:
            yield csv_line([getattr(row, name) for name in names], zone)
        after = cursor(rows[-1], wanted.order)


async def _choices(web: Services) -> dict[str, Any]:
    """What the filters offer."""
    people = [each for each in await accounts.everybody(web.database) if each.active]
    return {
        "playbooks": [(book.name, book.title) for book in PLAYBOOKS.values()],
        "stages": list({stage.name: stage.title for book in PLAYBOOKS.values() for stage in book.stages}.items()),
        "parties": list({party.name: party.title for book in PLAYBOOKS.values() for party in book.parties}.items()),
        "people": [(each.handle, each.name) for each in people],
        "slas": list(SLAS.items()),
        "statuses": list(STATUSES.items()),
        "me": ME,
    }


def _shown(row: Row, needing: Attention) -> Shown:
    """A row in the words of its playbook; also of one that there is no more."""
    needs = needing.of(row)
    book = PLAYBOOKS.get(row.playbook)
    stage = next((each for each in book.stages if each.name == row.stage), None) if book else None
    if stage is None or row.closed_at is not None:
        return Shown(row, row.stage_title, needs=needs)
    if row.sla == "breached" and stage.chase:
        return Shown(row, row.stage_title, todo=stage.chase, needs=needs)
    ours = book is not None and stage.waits_on is not None and book.party(stage.waits_on).side is Side.US
    return Shown(row, row.stage_title, needs=needs, **{"todo" if ours else "theirs": stage.asks})


def _zone(web: Services, person: Person) -> ZoneInfo:
    return ZoneInfo(person.time_zone or web.settings.team_time_zone)
