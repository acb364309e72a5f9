"""One hand-over: who gave which onboardings to whom, and taking all of it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk.hand_over import take_back
from desk.problem import NotFound
from playbooks.engine.transition import Refused
from store.journal import board, hand_overs
from web.authorization import Specialist, Viewer
from web.console.bulk import HAND_OVER_BACK, outcomes_page
from web.console.commands import needed_reason
from web.pages import go, page
from web.problem import sentence_of
from web.services import Web

router = APIRouter(prefix="/hand-overs/{id}")


@router.get("")
async def hand_over_page(request: Request, web: Web, person: Viewer, id: str) -> Response:
    found = await hand_overs.find(web.database, id)
    if found is None:
        raise NotFound("There is no such hand-over.")
    return await page(
        request,
        "console/hand_over.html",
        hand_over=found,
        chosen=await board.chosen(web.database, list(found.before)),
    )


@router.post("/back")
async def back(request: Request, web: Web, person: Specialist, id: str, why: Annotated[str, Form()] = "") -> Response:
    """Takes back all that the receiver still has; a second click does nothing more."""
    reason = needed_reason(why)
    try:
        handed = await take_back(web.desk, id, person.handle, reason)
    except Refused as refused:
        return go(request, f"/hand-overs/{id}", sentence_of(refused), "problem")
    return await outcomes_page(request, web, HAND_OVER_BACK, handed.outcomes, taken_back=handed.hand_over)
