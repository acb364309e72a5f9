"""What the sign-in pages of the team and of practices' people have in common."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from store.accounts import signing_in
from store.accounts.problem import SignInRefused, TooManyTries
from web.pages import go, page
from web.services import Services
from web.sessions import visit_of


async def sign_in(
    request: Request,
    web: Services,
    name: str,
    password: str,
    next: str,
    template: str,
    among: Select[Any] | None = None,
    **context: Any,
) -> Response:
    """Answers the form of a sign-in page: lets in one of the team (or of `among`), or says why not."""
    visit = visit_of(request)
    address = request.client.host if request.client else ""
    try:
        handle = await signing_in.sign_in(
            web.database, name, password, address=address, browser_of=visit.browser_of, among=among
        )
    except SignInRefused as refusal:
        return await page(
            request,
            template,
            status=429 if isinstance(refusal, TooManyTries) else 422,
            headers={"Retry-After": str(refusal.seconds)} if isinstance(refusal, TooManyTries) else None,
            next=next,
            name=name,
            problem=str(refusal),
            **context,
        )
    return await let_in(request, handle, next)


async def let_in(request: Request, handle: str, path: str) -> Response:
    await visit_of(request).sign_in(handle, request.headers.get("user-agent", "unknown"))
    return go(request, path)


async def sign_out(request: Request, path: str) -> Response:
    """Ends the session and leads to a sign-in page; the browser forgets the pages that *Back* would show to others."""
    await visit_of(request).end()
    answer = go(request, path, "You are signed out.")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer
