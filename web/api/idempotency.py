"""Idempotent requests: a repeat with the same Idempotency-Key gets the same answer and has no second effect."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from playbooks.engine.idempotency import digest_of
from store.accounts.people import Account, Person
from store.inbox import idempotency
from store.inbox.idempotency import Answer, KeyReused, KeyUnderWay
from web.problem import Problem, problem_of
from web.problem_responses import MEDIA_TYPE
from web.services import Services

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        pattern=r"^[\x21-\x7e]+$",
        description="A value of your own for this one change, for example a UUID. Send the same request with the same"
        " key as often as needed: it is carried out once and gets the same answer for 24 hours.",
    ),
]


async def run_once(
    request: Request,
    web: Services,
    person: Person | Account,
    key: str | None,
    body: BaseModel,
    act: Callable[[str | None], Awaitable[Answer]],
) -> Response:
    """Carries a request out unless it is a repeat. `act` gets the key under which the engine knows the request."""
    if key is None:
        return _response(await act(None))
    digest = digest_of(f"{request.method} {request.url.path}", body.model_dump(mode="json"))
    # Keyed, so that a reader of the database cannot guess the secrets in a body.
    request_digest = hmac.digest(web.secret.encode(), digest.encode(), "sha256").hex()

    async def answer() -> Answer:
        try:
            return await act(_engine_key(person, key, request_digest))
        except Exception as error:
            problem = problem_of(error)
            if problem is None or problem.status >= 500:
                raise
            return Answer(problem.status, problem.document(request.state.request_id), problem.headers)

    try:
        return _response(await idempotency.once(web.database, person.handle, key, request_digest, answer))
    except KeyReused:
        detail = "This Idempotency-Key was used for another request; use a new one for every change."
        raise Problem(409, "The key was used before", detail, code="key-reused") from None
    except KeyUnderWay:
        detail = "The request with this Idempotency-Key is being carried out; ask again in a moment."
        headers = {"Retry-After": "1"}
        raise Problem(409, "It is under way", detail, code="key-under-way", headers=headers) from None


def _engine_key(person: Person | Account, key: str, digest: str) -> str:
    """Returns a key for the engine that no other person and no other request has."""
    return f"api:{hashlib.sha256(f'{person.handle} {key} {digest}'.encode()).hexdigest()[:40]}"


def _response(answer: Answer) -> Response:
    media = MEDIA_TYPE if answer.status >= 400 else "application/json"
    return JSONResponse(answer.content, answer.status, answer.headers, media_type=media)
