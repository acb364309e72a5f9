"""Asking DataPoint for a place in its queue, at the press of a button."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.queue_request import ask_for_queue
from web.authorization import Specialist
from web.pages import go
from web.services import Web

router = APIRouter()


@router.post("/onboardings/{playbook}/{practice}/queue-request")
async def ask(request: Request, web: Web, person: Specialist, playbook: str, practice: str) -> Response:
    identity = f"{playbook}/{practice}"
    await ask_for_queue(web.desk, web.settings.datapoint_url, identity, person.handle)
    return go(request, f"/onboardings/{identity}", "DataPoint has the practice in its queue, and is going to write.")
