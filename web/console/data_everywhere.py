"""The data of all practices on one page: what flows, what has fallen silent, and where a feed asks."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.clock import is_moved
from integrations.registry import CLINIC_DATA
from pharmacy.records import overview
from store.journal import feed_status
from web.authorization import Viewer
from web.console.data_health import MEANING
from web.pages import page
from web.services import Services, Web

router = APIRouter(prefix="/data")


@dataclass(frozen=True)
class Flow:
    """How many practices' feeds stand how, by the states' titles, and how many feeds wait for a person."""

    counts: tuple[tuple[str, str, int], ...]
    asking: int

    def __bool__(self) -> bool:
        return bool(self.counts or self.asking)


async def flow(web: Services) -> Flow:
    """As of now; also for the figures above the board."""
    found = await feed_status.counts(web.database)
    urgent = [*feed_status.URGENT, *(state for state in found if state not in feed_status.URGENT)]
    counts = tuple((*MEANING[state][:2], found[state]) for state in urgent if found.get(state) and state != "ended")
    return Flow(counts, await overview.count_stopped_feeds(web.database))


@router.get("")
async def data(request: Request, web: Web, person: Viewer) -> Response:
    return await page(
        request,
        "console/data_everywhere.html",
        part="practices",
        practices=(found := await overview.practices_with_data(web.database)),
        # Of the practices where it is seen that the clock of the watch was moved ahead of ours.
        ahead={one.id for one in found for at in (one.since, one.last_made_at) if at is not None and is_moved(at)},
        flow=await flow(web),
        meaning=MEANING,
        most=overview.MAX_PRACTICES,
        clinic_data=CLINIC_DATA,
    )
