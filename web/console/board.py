"""The board: who needs the team today, and why; every open onboarding, the overdue ones first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.attention.item import OURS, AttentionItem, stage_of
from pharmacy.records.everywhere import find_clients
from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Entry
from playbooks.engine.states import CLOSED
from playbooks.registry import PLAYBOOKS
from store.accounts.deputies import covered_by
from store.accounts.people import Person
from store.accounts.views import views_of
from store.conversation.calls import find_callers
from store.journal import hand_overs
from store.journal.board import Group
from store.journal.contacts import ListedContact, found_contacts
from store.journal.journal import holds
from store.journal.listing import Filter, VisitFilter, cursor, list_onboardings
from store.mail import outbox
from web.authorization import Viewer
from web.console import views
from web.console.actions import zone_of
from web.console.attention import attention, load_other_items, of_rows, of_search
from web.console.caller import conversation_of, found_words, persons_first
from web.console.clock_skew import is_ahead, moved
from web.console.data_clients import client_address
from web.console.data_everywhere import flow
from web.console.filter_words import in_words
from web.console.filters import BY_STATUS, ME, NOBODY, SLAS, Filters
from web.console.tiles import tiles
from web.exports import csv_line, csv_response
from web.pages import go, page
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter()

PAGE = 50
EXPORTED_AT_ONCE = 500
SHOWN = 8
"""Attention items above the board; a search has them below its hits."""
CLOSED_SHOWN, CLIENTS = 5, 8
"""Closed onboardings and clients below a search's rows."""
SORTED_BY = (
    ("Practice", "practice"),
    ("Deadline", "deadline"),
    ("What it waits for", ""),
    ("Whose turn", "since"),
    ("Assigned to", "assignee"),
)
"""The columns of the board, and by what each sorts it."""
COLUMNS = ("id", "practice_name", "status", "stage_title", "waiting_on_title", "sla", "due_at", "entered_at")
MORE_COLUMNS = ("assignee", "requested_at", "started_at", "closed_at", "headline")


@dataclass(frozen=True)
class Shown:
    """A line of the board. `needs` is why a person is needed and what to do, `theirs` what others have to do. `held` is
    the journal's line of the hold that it is in, `due` the day of its deadline in a word where that is near, `found` by
    which contacts the search found it, `deadlines` which of its deadlines a report counted, in lines."""

    row: Row
    needs: tuple[AttentionItem, ...] = ()
    theirs: str = ""
    held: Entry | None = None
    due: str = ""
    found: tuple[ListedContact, ...] = ()
    deadlines: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """What the line is found by in a page: fit for an HTML id."""
        return "o-" + self.row.id.replace("/", "-")


@router.get("/")
async def board(request: Request, web: Web, person: Viewer) -> Response:
    saved = await views_of(web.database, person.handle)
    first = views.begin(saved)
    if first and not request.query_params.keys() & Filters.__dataclass_fields__.keys():
        return go(request, first)
    wanted, now, zone = Filters.read(request.query_params), datetime.now(UTC), zone_of(web, person)
    asked = wanted.asked(person.handle, now, zone)
    rows, more, stale = await _rows(web, wanted, asked)
    needs = await of_rows(web, others := await load_other_items(web), rows)
    if wanted.q:
        needing = await of_search(web, others, wanted, asked, rows, needs, more=more)
    else:
        needing = await attention(web, others, wanted, asked, person.handle, SHOWN)
    held = await holds(web.database, [(row.id, row.run) for row in rows if row.status == "on_hold"])
    closed = await _closed(web, wanted, asked)
    found = await found_contacts(web.database, [row.id for row in (*rows, *closed)], wanted.q)
    clients = await find_clients(web.database, wanted.q, CLIENTS + 1) if wanted.q else []
    # The log of calls is read only if nothing else was found.
    nothing = wanted.q and not (rows or closed or clients)
    callers = await find_callers(web.database, wanted.q, CLIENTS) if nothing else []
    people = await visit_of(request).team()
    covered = covered_by(people, now)
    offered = await _choices(web, people)
    return await page(
        request,
        "console/board.html",
        part="board",
        now=now,
        wanted=wanted,
        rows=[
            Shown(
                row,
                needs[row.id],
                _theirs(row),
                held.get(row.id),
                _due(row, now, zone),
                found.get(row.id, ()),
                _deadlines(row, wanted.visited),
            )
            for row in (rows if wanted.sort else persons_first(rows, found))
        ],
        columns=[(title, wanted.sorted_by(by) if by else None, wanted.sorting(by)) for title, by in SORTED_BY],
        views=views.links(saved, wanted),
        said=in_words(wanted),
        begins_with_all=first is None,
        more=wanted.address(after=cursor(rows[-1], wanted.order, reverse=wanted.reverse)) if more else None,
        stale=stale,
        handed_over=() if wanted.assignee != ME else await hand_overs.standing(web.database, person.handle),
        closed=persons_first(closed, found),
        found=found,
        found_words=found_words,
        conversation_of=conversation_of,
        assigned=await _assigned(web, wanted, offered["people"]),
        clients=clients,
        callers=callers,
        shown_besides=(CLOSED_SHOWN, CLIENTS),
        client_address=client_address,
        needing=needing,
        first=needing.first(SHOWN),
        moved=moved(rows, needing.parts),
        tiles=tiles(await web.change_feed.groups(), wanted, person.handle),
        mail=await outbox.switch(web.database),
        flow=None if wanted.assignee else await flow(web),
        covered=covered,
        stood_in_for=await _stood_in_for(web, person, people, covered),
        **offered,
    )


@router.get("/board.csv")
async def export(request: Request, web: Web, person: Viewer) -> Response:
    """All that the board's filters leave, as a table for a spreadsheet."""
    return csv_response("onboardings.csv", _lines(web, person, Filters.read(request.query_params)))


async def _rows(web: Services, wanted: Filters, asked: Filter) -> tuple[list[Row], bool, bool]:
    """A page of rows, whether there are more, and whether it began anew because its address was out of date."""
    stale = False
    try:
        rows = await _sorted_rows(web, wanted, asked, PAGE + 1, wanted.after or None)
    except ValueError:
        rows, stale = await _sorted_rows(web, wanted, asked, PAGE + 1), True
    return rows[:PAGE], len(rows) > PAGE, stale


async def _sorted_rows(
    web: Services, wanted: Filters, asked: Filter, limit: int, after: str | None = None
) -> list[Row]:
    order, reverse = wanted.order, wanted.reverse
    return await list_onboardings(web.database, asked, order=order, reverse=reverse, limit=limit, after=after)


async def _closed(web: Services, wanted: Filters, asked: Filter) -> list[Row]:
    """The latest closed onboardings that a search among those that are not closed finds besides."""
    if not wanted.q or wanted.status or wanted.after:
        return []
    closed = replace(asked, status=CLOSED)
    return await list_onboardings(web.database, closed, order="newest", limit=CLOSED_SHOWN + 1)


async def _lines(web: Services, person: Person, wanted: Filters) -> AsyncIterator[str]:
    asked = wanted.asked(person.handle, datetime.now(UTC), zone := zone_of(web, person))
    names = (*COLUMNS, *MORE_COLUMNS)
    yield csv_line(names)
    after = None
    while rows := await _sorted_rows(web, wanted, asked, EXPORTED_AT_ONCE, after):
        for row in rows:
            yield csv_line([getattr(row, name) for name in names], zone)
        after = cursor(rows[-1], wanted.order, reverse=wanted.reverse)


def _deadlines(row: Row, visited: VisitFilter | None) -> tuple[str, ...]:
    """Returns which deadlines of a side the filters are about; of one stage the filters themselves say it."""
    if visited is None or visited.side is None:
        return ()
    book = PLAYBOOKS.get(row.playbook)
    titles = {stage.name: stage.title for stage in book.stages} if book else {}
    stages = visited.deadlines(row).items()
    return tuple(f"Deadline {how}: {', '.join(titles.get(name, name) for name in names)}" for how, names in stages)


async def _choices(web: Services, people: Collection[Person]) -> dict[str, Any]:
    return {
        "playbooks": [(book.name, book.title) for book in PLAYBOOKS.values()],
        "stages": list({stage.name: stage.title for book in PLAYBOOKS.values() for stage in book.stages}.items()),
        "parties": list({party.name: party.title for book in PLAYBOOKS.values() for party in book.parties}.items()),
        "people": await assignees(web, people),
        "slas": list(SLAS.items()),
        "statuses": list(BY_STATUS.items()),
        "me": ME,
        "nobody": NOBODY,
    }


async def assignees(web: Services, everybody: Collection[Person]) -> list[tuple[str, str]]:
    """Who has an account, and who is assigned to anything that is open without having one: handles and names."""
    people = {each.handle: each.name for each in everybody if each.active}
    others = {group.assignee for group in await web.change_feed.groups() if group.assignee} - set(people)
    return [*people.items(), *((handle, handle) for handle in sorted(others))]


async def _stood_in_for(
    web: Services, person: Person, people: Collection[Person], covered: Mapping[str, Person]
) -> list[tuple[Person, int]]:
    """The absent colleagues for whom the viewer stands in, and how many open onboardings each has."""
    away = [each for each in people if each.handle in covered and covered[each.handle].handle == person.handle]
    groups = await web.change_feed.groups() if away else ()
    return [(each, _open_of(groups, each.handle)) for each in away]


async def _assigned(web: Services, wanted: Filters, people: Sequence[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Whom of the team a search may mean: handles, names, and how many open onboardings each has, if any."""
    words = wanted.q.casefold().split()
    if not words or wanted.assignee:
        return []
    named = [
        (handle, name)
        for handle, name in people
        if all(any(part.startswith(word) for part in name.casefold().split()) for word in words)
    ]
    groups = await web.change_feed.groups() if named else ()
    return [(handle, name, count) for handle, name in named if (count := _open_of(groups, handle))]


def _open_of(groups: Iterable[Group], handle: str) -> int:
    return sum(group.count for group in groups if group.assignee == handle)


def _theirs(row: Row) -> str:
    """What others have to do, in the words of the playbook; nothing where it is our turn, or of what is closed."""
    stage = stage_of(row)
    ours = row.waiting_on is None or row.waiting_on in OURS
    return "" if ours or stage is None or row.closed_at or row.sla == "breached" else stage.asks


def _due(row: Row, now: datetime, zone: ZoneInfo) -> str:
    if row.due_at is None or row.closed_at or row.status == "on_hold" or is_ahead(row):
        return ""
    days = (row.due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return {0: "Due today", 1: "Due tomorrow"}.get(days, "")
