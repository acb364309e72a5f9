"""What the palette (`Ctrl K`) finds: practices, and the pages that the reader may open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.everywhere import FoundClient, find_clients
from playbooks.engine.states import CLOSED, STATUSES
from store.accounts.people import Person
from store.accounts.views import views_of
from store.conversation.calls import find_callers
from store.journal.contacts import found_contacts
from store.journal.listing import Filter, list_onboardings
from store.word_starts import HITS
from web.authorization import Viewer
from web.console.caller import conversation_of, found_words, persons_first
from web.console.data_clients import client_address
from web.console.filters import LONGEST
from web.console.views import EVERYTHING
from web.pages import allowed_pages, page
from web.services import Services, Web

router = APIRouter(prefix="/palette")

MOST = 8
"""Practices that are shown at once."""
SHORTEST = 2
"""Characters from which on practices are looked for."""
FEW = 3
"""Practices whose conversations are options too."""


@dataclass(frozen=True)
class Option:
    title: str
    about: str
    address: str


@router.get("")
async def palette(request: Request, web: Web, person: Viewer, q: str = "") -> Response:
    """A list of options; what can be done on the page where the reader is, the palette takes from that page."""
    wanted = q.replace("\0", "").strip()[:LONGEST]
    practices = await _practices(web, wanted) if len(wanted) >= SHORTEST else []
    clients = await find_clients(web.database, wanted, MOST)
    if len(wanted) >= SHORTEST and not practices and not clients:
        practices = [
            Option(call.name, f"Called or was called · {call.practice}", conversation_of(call.practice))
            for call in await find_callers(web.database, wanted, MOST)
        ]
    words = wanted.split()
    pages = [each async for each in _pages(web, person)]
    ways = ([each for each in pages if all(hit(word, f"{each.title} {each.about}") for word in words)] for hit in HITS)
    found = next(filter(None, ways), [])
    return await page(request, "console/palette.html", options=[*practices, *map(_client, clients), *found])


async def _practices(web: Services, wanted: str) -> list[Option]:
    rows = await list_onboardings(web.database, Filter(search=wanted, status=STATUSES), order="newest", limit=3 * MOST)
    latest = {row.id: row for row in reversed(rows)}
    found = await found_contacts(web.database, latest, wanted)
    order = sorted(latest.values(), key=lambda row: (row.status in CLOSED, row.practice_name, row.id))
    rows = persons_first(order, found)[:MOST]
    talks = {
        row.practice: Option(
            f"Conversation with {row.practice_name}",
            "Mails and calls",
            conversation_of(row.practice, found.get(row.id, ())),
        )
        for row in rows
    }
    about = {row.id: found_words(row.playbook, found[row.id], wanted) for row in rows if row.id in found}
    return [
        *(
            Option(row.practice_name, f"{about.get(row.id, row.stage_title)} · {row.id}", f"/onboardings/{row.id}")
            for row in rows
        ),
        *(list(talks.values()) if len(talks) <= FEW else []),
    ]


def _client(found: FoundClient) -> Option:
    about = f"Client of {found.practice_name}{f' · {found.city}' if found.city else ''}"
    return Option(found.name, about, client_address(found))


async def _pages(web: Services, person: Person) -> AsyncIterator[Option]:
    for path, title in allowed_pages(web, person):
        yield Option(title, "Page", path)
    yield Option("Views of the board", "Page", "/views")
    yield Option("Out of office, hand over", "Your page", "/account#absence")
    for view in (await views_of(web.database, person.handle)).views:
        yield Option(view.name, "View of the board", f"/?{view.query or EVERYTHING}")
