"""All routers, and what runs in the background. A new part of the web is one line here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter

from web import availability, brand, health, hooks
from web.api import answers, changes, feeds, onboardings, rules
from web.console import account, people, sign_in, styleguide
from web.console import routes as console
from web.owner import routes as owner
from web.practice import link_admin
from web.practice import routes as practice
from web.services import Services

PAGES: tuple[APIRouter, ...] = (
    *console.PAGES,
    sign_in.router,
    account.router,
    people.router,
    styleguide.router,
    brand.router,
    health.router,
    answers.router,
    practice.router,
    owner.router,
    link_admin.router,
)
"""Pages, and what machines use besides the API; not in the OpenAPI document."""

API: tuple[APIRouter, ...] = (onboardings.router, changes.router, feeds.router, rules.router, hooks.router)
"""For programs, below /api and /hooks; described by the OpenAPI document at /api/openapi.json."""

BACKGROUND: tuple[Callable[[Services], AbstractAsyncContextManager[None]], ...] = (
    *console.BACKGROUND,
    availability.heartbeats,
)
"""Context managers entered when the server starts and left when it ends."""
