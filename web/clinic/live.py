"""Tells a practice's open pages which of its prescriptions have changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from web.change_stream import stream
from web.clinic.access import Entered
from web.services import Web

router = APIRouter(prefix="/clinic/{practice}")


@router.get("/live", response_class=EventSourceResponse)
async def live(web: Web, member: Entered) -> AsyncIterator[ServerSentEvent]:
    mine = f"{member.clinic}/"
    async for event in stream(web.prescription_feed, member.person, lambda id: id.startswith(mine)):
        yield event
