"""The routes for requests for record sharing by e-mail, which the pharmacy's mail program hands in (RS2)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from starlette.requests import Request

from desk import sharing_emails
from desk.sharing_emails import Received
from integrations.record_sharing.tables import RequestOutcome
from partners.signed_mail import dns_lookup
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import PracticeId, Text
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import json_body
from web.api.callers import Recorder
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Web

router = APIRouter(prefix="/api/sharing/emails", tags=["sharing"], route_class=ApiRoute)

MEDIA = "message/rfc822"


class EmailRequest(Frozen):
    """A request by e-mail, which is kept. An `undecided` one waits for a person of the pharmacy, for this `reason`.

    `answered`: a mail says to who asked why it is refused.
    """

    id: int
    outcome: RequestOutcome
    reason: str | None = None
    onboarding: str | None = None
    answered: bool = False


class EmailDecision(Frozen):
    """Who asked reads the reason of a refusal. `clinic` is the one that asks, if several may have."""

    accept: bool
    why: Text
    clinic: PracticeId | None = None


KINDS = (*EVERYWHERE, *WITH_BODY, "refused", "no-answer")
UNDECIDED: dict[int | str, dict[str, Any]] = {202: {"model": EmailRequest, "description": "A person has to decide."}}
MESSAGE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA: {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    }
}


@router.post(
    "",
    summary="Send in a request for record sharing by e-mail",
    status_code=201,
    response_model=EmailRequest,
    responses=UNDECIDED | problems(*KINDS),
    openapi_extra=MESSAGE,
)
async def receive(request: Request, web: Web, person: Recorder) -> JSONResponse:
    """The e-mail as it came, with all headers. It must be signed (DKIM) by the domain of the address on the account."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MEDIA:
        why = f"Send the e-mail itself, with 'Content-Type: {MEDIA}'."
        raise Problem(415, "That cannot be read", why, code="media-type")
    found = await sharing_emails.receive(web.desk, await request.body(), dns_lookup(web.settings.dns_address))
    if found.outcome == "refused":
        raise Problem(
            422,
            "The request is refused",
            found.reason or "",
            code="refused",
            more={"request": found.id, "answered": found.answered},
        )
    return JSONResponse(_detail(found).model_dump(), 201 if found.outcome == "accepted" else 202)


@router.post(
    "/{id}/decision",
    summary="Decide about a request by e-mail that could not be checked",
    response_model=EmailRequest,
    responses=problems(*KINDS, "not-found", "already-open"),
)
async def decide(
    web: Web, person: Recorder, id: int, order: Annotated[EmailDecision, Depends(json_body(EmailDecision))]
) -> EmailRequest:
    """Once the clinic was called at its number on record."""
    return _detail(await sharing_emails.decide(web.desk, id, order.accept, order.why, person.handle, order.clinic))


def _detail(found: Received) -> EmailRequest:
    return EmailRequest(**vars(found))
