"""Having a partner do what an onboarding waits for, at the press of a button."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.partner_request import ask_partner
from integrations.registry import integration_of
from web.authorization import Specialist
from web.pages import go
from web.services import Web

router = APIRouter()


@router.post("/onboardings/{playbook}/{practice}/partner-request")
async def ask(request: Request, web: Web, person: Specialist, playbook: str, practice: str) -> Response:
    identity = f"{playbook}/{practice}"
    await ask_partner(web.desk, identity, person.handle)
    asked = integration_of(playbook).request
    assert asked is not None, "else it was refused"
    return go(request, f"/onboardings/{identity}", asked.done)
