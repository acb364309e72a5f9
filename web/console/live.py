"""Tells the console's open pages which onboardings have changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from web.authorization import Viewer
from web.change_stream import stream
from web.services import Web

router = APIRouter()


@router.get("/live", response_class=EventSourceResponse)
async def live(web: Web, person: Viewer) -> AsyncIterator[ServerSentEvent]:
    async for event in stream(web.change_feed, person.handle):
        yield event
