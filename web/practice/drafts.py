"""What somebody typed when it could not be taken, kept in their browser for a day, and shown for copying."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from store.accounts.practice_links import Link
from web.csrf import FIELD as CSRF
from web.pages import typed
from web.practice.form_tokens import FIELD as ONCE
from web.sessions import visit_of

DAY = 24 * 3600
OURS = frozenset({CSRF, ONCE, "shown"})
"""The hidden fields of forms."""
COOKIE, LONGEST = "draft", 3500
"""Browsers refuse cookies of more than 4 kB."""


async def typed_on(request: Request) -> dict[str, str]:
    """Returns what a person typed into the form that was sent; empty for a page that was only opened."""
    if request.method != "POST":
        return {}
    return {name: text for name, text in (await typed(request)).items() if name not in OURS and text.strip()}


def keep(request: Request, link: Link | None, values: Mapping[str, str]) -> bool:
    """Keeps it for the same form of the same contact's next link. Returns whether it fits."""
    action = request.path_params.get("action")
    if link is None or not action or not values:
        return False
    return visit_of(request).keep(COOKIE, [_owner(link, action), dict(values)], DAY, LONGEST)


def kept_for(request: Request, link: Link, action: str) -> dict[str, str] | None:
    """Returns what was kept for this form, if anything."""
    found = visit_of(request).kept(COOKIE)
    if not isinstance(found, list) or len(found) != 2 or found[0] != _owner(link, action):
        return None
    return {str(name): str(text) for name, text in dict(found[1]).items()}


def drop(request: Request) -> None:
    visit_of(request).drop(COOKIE)


def _owner(link: Link, action: str) -> str:
    return f"{link.onboarding} {link.run} {link.role} {action}"
