"""Server-sent events for the pages that are open: which onboardings have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from desk.change_feed import MAX_NAMED
from web.authorization import Viewer
from web.services import Web

router = APIRouter()

MAX_SECONDS = 300.0
"""Of one connection. The browser reconnects by itself, and has to be signed in to do so."""
RETRY_MILLISECONDS = 2000
"""Until the browser reconnects."""


@router.get("/live", response_class=EventSourceResponse)
async def live(web: Web, person: Viewer) -> AsyncIterator[ServerSentEvent]:
    """Yields `event: change` with the IDs of the onboardings that changed; an empty list if they are too many.

    FastAPI sends a comment every 15 seconds of silence, which reveals browsers that have gone.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + MAX_SECONDS
    async with web.change_feed.listening(person.handle) as listener:
        yield ServerSentEvent(retry=RETRY_MILLISECONDS)
        while not listener.ended and (left := end - clock()) > 0:
            if changed := await listener.wait(left):
                yield ServerSentEvent(event="change", data=sorted(changed) if len(changed) <= MAX_NAMED else [])
