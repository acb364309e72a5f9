"""Changes as they happen, for the pages that are open: server-sent events that name what changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from desk.change_feed import MOST_NAMED
from web.authorization import Viewer
from web.services import Web

router = APIRouter()

LONGEST = 300.0
"""Seconds of one connection. The browser makes the next by itself, and has to be signed in for it."""
RETRY = 2000
"""Milliseconds until the browser makes the next connection."""


@router.get("/live", response_class=EventSourceResponse)
async def live(web: Web, person: Viewer) -> AsyncIterator[ServerSentEvent]:
    """`event: change` with the IDs of the onboardings that changed; an empty list if they are too many to name.

    Between them FastAPI sends a comment every 15 seconds, so that a browser that is gone is noticed.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + LONGEST
    async with web.pulse.listening(person.handle) as listener:
        yield ServerSentEvent(retry=RETRY)
        while not listener.ended and (left := end - clock()) > 0:
            if changed := await listener.news(left):
                yield ServerSentEvent(event="change", data=sorted(changed) if len(changed) <= MOST_NAMED else [])
