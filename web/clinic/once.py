"""Forms that add something: the same form, sent twice, adds it once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from store.accounts.members import Member
from store.inbox import idempotency
from store.inbox.idempotency import Answer, KeyUnderWay
from web.csrf import FIELD
from web.pages import go
from web.problem import Problem
from web.services import Services

PATIENCE = 10.0
"""Seconds for which a form that is sent again waits for the first one."""


async def go_once(
    request: Request, web: Services, member: Member, act: Callable[[], Awaitable[tuple[str, str]]]
) -> Response:
    """Does what a form with a `key` asks for, and goes to the page with the notice that `act` returns.

    A form that is sent again goes there too. One that was changed before is another form.
    """
    form = sorted((name, text) for name, text in (await request.form()).multi_items() if isinstance(text, str))
    if not dict(form).get("key"):
        return go(request, *await act())

    async def answer() -> Answer:
        return Answer(303, list(await act()), {})

    said = json.dumps([request.url.path, [each for each in form if each[0] != FIELD]])
    digest = hashlib.sha256(said.encode()).hexdigest()
    try:
        done = await idempotency.once(web.database, member.person, f"form {digest}", digest, answer, patience=PATIENCE)
    except KeyUnderWay:
        raise Problem(409, "It is under way", "It is being done; look in a moment.", code="key-under-way") from None
    path, notice = done.content
    return go(request, path, notice)
