"""The kinds of problems (RFC 9457) that routes can answer with; each is described at `/problems/KIND`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse, Response

from integrations.registry import BRINGS_DATA
from web.problem import TYPES
from web.problem import Problem as WebProblem
from web.problem_responses import MEDIA_TYPE


class FieldError(BaseModel):
    """One field that is wrong: where it stands, and why."""

    at: str
    message: str


class Problem(BaseModel):
    """What went wrong, for programs by `type`, for people by `detail`; `instance` is what to tell an engineer."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/refused"])
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] | None = None


KINDS: dict[str, tuple[int, str]] = {
    "event": (400, "What was signed is not an event: it is not JSON, or has no type."),
    "token": (401, "The request has no valid token: it is missing, unknown, revoked or expired."),
    "signature": (401, "The event was not signed with a secret that we share, or not now."),
    "role": (403, "The person whose token it is may not do this."),
    "scope": (403, "The token does not have the scope for this."),
    "not-found": (404, "There is no such onboarding, practice, feed or prescription, or no such address."),
    "method-not-allowed": (405, "This address does not allow that method; the header Allow lists those that work."),
    "request-timeout": (408, "The request's body was not complete within a minute, a feed within ten."),
    "already-open": (409, "The practice has an open onboarding with this playbook."),
    "conflict": (409, "The prescription's present state does not allow this; the detail says why."),
    "key-reused": (409, "The Idempotency-Key was used for another request; use a new one for every change."),
    "key-under-way": (409, "The request with this Idempotency-Key is being carried out; ask again in a moment."),
    "changed": (412, "The record has changed since the version in If-Match: read it again first."),
    "request-entity-too-large": (413, "The request's body is too large."),
    "media-type": (415, "The request's body is not declared as JSON; a feed not as application/octet-stream."),
    "invalid": (422, "A field, a parameter or the whole body is not valid; `errors` lists each problem."),
    "refused": (422, "The rules do not allow it, or it contradicts what is on record; `detail` says what to do."),
    "rate": (429, "Too many requests; the header Retry-After says when to go on."),
    "defect": (500, "The fault is ours. An engineer finds it by the number in `instance`."),
    "no-answer": (503, "Temporal or the worker does not answer; repeat it with the same Idempotency-Key."),
    "database-down": (503, "The database does not answer; repeat it with the same Idempotency-Key."),
    "not-ready": (503, "Events cannot be verified here yet; send them again later."),
}
"""The status and meaning of each kind of problem. Programs rely on the kinds and statuses; the texts may change."""

EVERYWHERE = ("token", "role", "scope", "rate", "database-down")
WITH_BODY = ("request-timeout", "request-entity-too-large", "media-type", "invalid")
WITH_KEY = ("key-reused", "key-under-way")

RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
RATE = {
    "RateLimit-Policy": {
        "description": 'How many requests (q) are allowed in how many seconds (w): `"default";q=600;w=60`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'How many are left (r), and in how many seconds all of them are again (t): `"default";r=9;t=3`.',
        "schema": {"type": "string"},
    },
}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "What is needed.", "schema": {"type": "string"}}},
    429: {"Retry-After": RETRY_AFTER, **RATE},
    503: {"Retry-After": RETRY_AFTER},
}

router = APIRouter()


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Returns the `responses` of a route that can answer with these kinds of problems."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status in sorted({KINDS[kind][0] for kind in kinds}):
        of_status = [kind for kind in kinds if KINDS[kind][0] == status]
        examples = {kind: {"summary": KINDS[kind][1], "value": example(kind)} for kind in of_status}
        schema = {"$ref": "#/components/schemas/Problem"}
        content = {MEDIA_TYPE: {"schema": schema, "examples": examples}}
        if status == 503:
            # The server itself answers when there are too many connections.
            content["text/plain"] = {"schema": {"type": "string"}}
        responses[status] = {"description": " ".join(KINDS[kind][1] for kind in of_status), "content": content}
        if status in HEADERS:
            responses[status]["headers"] = HEADERS[status]
    return responses


def example(kind: str) -> dict[str, Any]:
    status, meaning = KINDS[kind]
    return {
        "type": f"{TYPES}{kind}",
        "title": TITLES.get(kind, kind.replace("-", " ").capitalize()),
        "status": status,
        "detail": DETAILS.get(kind, meaning),
        "instance": "urn:request:4f2a9c0d1e3b5a77",
    }


TITLES = {
    "token": "An API token is needed",
    "refused": "That cannot be recorded",
    "rate": "Too many requests",
}
FACT = BRINGS_DATA.example.reports[0][0]
DETAILS = {
    "refused": f"{FACT} is on record since Fri 20 Nov 2026 15:00 CST, which this report contradicts; if that record is"
    " wrong, take it back first.",
    "rate": "Wait 2 seconds; 600 requests a minute are allowed, evenly spread.",
}


@router.get("/problems/{kind}")
async def meaning(kind: str) -> Response:
    """What a problem's `type` leads to: its meaning, in a line."""
    if kind not in KINDS:
        raise WebProblem(404, "Not found", "There is no such kind of problem.", code="not-found")
    status, text = KINDS[kind]
    return PlainTextResponse(f"{kind} ({status})\n\n{text}\n")
