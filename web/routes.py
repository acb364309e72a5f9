"""What the web answers to, and what runs beside it. A new room of the web is one line here."""

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
"""For people and machines; not in the OpenAPI document."""

API: tuple[APIRouter, ...] = (onboardings.router, changes.router, feeds.router, rules.router, hooks.router)
"""For programs: below /api and /hooks, and in the OpenAPI document at /api/openapi.json."""

BESIDE: tuple[Callable[[Services], AbstractAsyncContextManager[None]], ...] = (*console.BESIDE, availability.hearing)
"""What runs as long as the server does: entered when it starts, left when it ends."""
