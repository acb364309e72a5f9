"""Changes as they happen, for the pages that are open: server-sent events that name what changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from store.accounts.people import Person
from web.authorization import Viewer
from web.change_feed import MOST_NAMED
from web.services import Services, Web

router = APIRouter()

BEAT = 15.0
"""Seconds between two signs of life, by which proxies and we ourselves notice that nobody listens any more."""
LONGEST = 300.0
"""Seconds of one connection. The browser makes the next by itself, and has to be signed in for it."""


@router.get("/live")
async def live(web: Web, person: Viewer) -> Response:
    """`event: change` with the IDs of the onboardings that changed; an empty list if they are too many to name."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(web, person), media_type="text/event-stream", headers=headers)


async def _events(web: Services, person: Person) -> AsyncIterator[str]:
    end = asyncio.get_running_loop().time() + LONGEST
    async with web.pulse.listening(person.handle) as listener:
        yield "retry: 2000\n\n"
        while not listener.ended and (left := end - asyncio.get_running_loop().time()) > 0:
            changed = await listener.news(min(BEAT, left))
            named = sorted(changed) if len(changed) <= MOST_NAMED else []
            yield f"event: change\ndata: {json.dumps(named)}\n\n" if changed else ": still here\n\n"
