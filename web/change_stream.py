"""Server-sent events for the pages that are open: what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi.sse import ServerSentEvent

from desk.change_feed import MAX_NAMED, ChangeFeed

MAX_SECONDS = 300.0
"""Of one connection. The browser reconnects by itself, and has to be let in again to do so."""
RETRY_MILLISECONDS = 2000
"""Until the browser reconnects."""


async def stream(
    feed: ChangeFeed, listener: str, concerns: Callable[[str], bool] = lambda _: True
) -> AsyncIterator[ServerSentEvent]:
    """Yields `event: change` with the IDs of those that changed and concern the listener; none if they are too many.

    FastAPI sends a comment every 15 seconds of silence, which reveals browsers that have gone.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + MAX_SECONDS
    async with feed.listening(listener) as listening:
        yield ServerSentEvent(retry=RETRY_MILLISECONDS)
        while not listening.ended and (left := end - clock()) > 0:
            if changed := sorted(filter(concerns, await listening.wait(left))):
                yield ServerSentEvent(event="change", data=changed if len(changed) <= MAX_NAMED else [])
