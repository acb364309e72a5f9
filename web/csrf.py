"""Forms that only our own pages can send: each carries a value bound to the browser's session.

Checked before every route that changes something, unless the path is for programs, which send a token of their own
with each request and never a cookie.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import HTTPConnection, Request

from web.authorization import SignInNeeded, current_person
from web.problem import Problem
from web.security import BODY_LIMIT, limit_for
from web.sessions import Visit, visit_of

FIELD = "csrf"
HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FOR_PROGRAMS = ("/api/", "/hooks/")
"""Paths without cookies. A route below them must not use the visit."""


def csrf_token(request: HTTPConnection) -> str:
    """The value for the forms of a page (`{{ csrf() }}` in templates)."""
    return _token(visit_of(request))


async def check_csrf(request: Request) -> None:
    """Refuses a change that does not come from a page of ours. A dependency of the whole application."""
    if request.method in SAFE or request.url.path.startswith(FOR_PROGRAMS):
        return
    # Older browsers do not tell; those that do cannot be made to lie by another site.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise _refusal()
    if limit_for(request.url.path) > BODY_LIMIT and await current_person(request) is None:
        # What is large is kept for nobody but us; it is taken, as whoever is still sending does not hear the answer.
        async for _ in request.stream():
            pass
        raise SignInNeeded
    given = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), _token(visit_of(request)).encode()):
        raise _refusal()


def _token(visit: Visit) -> str:
    key = visit.services.secret.encode()
    return hmac.new(key, f"csrf:{visit.bound_to()}".encode(), hashlib.sha256).hexdigest()


def _refusal() -> Problem:
    return Problem(
        403,
        "The form is out of date",
        "Nothing was changed: the form was not sent from a page that is still open here. "
        "Go back, reload the page and send it again.",
        code="csrf",
    )
