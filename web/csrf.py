"""Protection against cross-site request forgery: each form carries a token bound to the browser's session.

Checked before every route that changes something, except on paths for programs, which send an API token and no cookie.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import HTTPConnection, Request

from web.authorization import SignInNeeded, current_person
from web.problem import Problem
from web.security import BODY_LIMIT, FOR_PROGRAMS, limit_for
from web.sessions import Visit, visit_of

FIELD = "csrf"
HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WITHOUT_SIGN_IN = ("/sign-in", "/welcome/", "/members/", "/p/", "/o/")
"""Paths of forms for whoever is not signed in."""


def csrf_token(request: HTTPConnection) -> str:
    """Returns the token for the forms of a page (`{{ csrf() }}` in templates)."""
    return _token(visit_of(request))


async def check_csrf(request: Request) -> None:
    """Refuses changes that do not come from one of our pages. A dependency of the whole application."""
    if request.method in SAFE or request.url.path.startswith(FOR_PROGRAMS):
        return
    # Older browsers do not send the header; other sites cannot forge it.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise _refusal()
    if limit_for(request.url.path) > BODY_LIMIT and await current_person(request) is None:
        # Large uploads are for users only. The body is read, as a client that is still sending reads no response.
        async for _ in request.stream():
            pass
        raise SignInNeeded
    given = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), _token(visit_of(request)).encode()):
        raise await _outdated(request)


def signed_out() -> Problem:
    """Returns the refusal of what is sent from an open page after its session has ended."""
    detail = "Nothing was changed. Sign in in a new tab, then send it again: we ask once more whether it is yours."
    return Problem(403, "You are signed out", detail, code="sign-in")


def _token(visit: Visit) -> str:
    key = visit.services.secret.encode()
    return hmac.new(key, f"csrf:{visit.form_binding()}".encode(), hashlib.sha256).hexdigest()


async def _outdated(request: Request) -> Problem:
    """Returns why a form's token is not that of the browser's session: most often it has ended, in another tab."""
    is_somebody = await current_person(request) or await visit_of(request).memberships()
    if is_somebody or request.url.path.startswith(WITHOUT_SIGN_IN):
        return _refusal()
    return signed_out()


def _refusal() -> Problem:
    return Problem(
        403,
        "The form is out of date",
        "Nothing was changed: the form is too old. Go back, reload the page and send it again.",
        code="csrf",
    )
