"""Authentication and roles.

    async def board(request: Request, person: Viewer): ...      # a page: whoever is signed in
    async def hold(request: Request, person: Specialist): ...   # a page: records facts and commands

`person.handle` is the `by` of everything recorded. Roles: viewer < specialist < manager < admin.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from store.accounts import access
from store.accounts.people import LOCAL_ADMIN, Person, Role
from store.accounts.tokens import hash_of
from web.problem import Problem
from web.services import Services
from web.sessions import visit_of


class SignInNeeded(Exception):
    """The page is for people who are signed in."""


async def current_person(request: Request) -> Person | None:
    signed_in = await visit_of(request).signed_in()
    return signed_in[0] if signed_in else None


async def token_holder(services: Services, token: str) -> Person | None:
    """Returns the API token's person with the token's scopes; None if the token is invalid."""
    own = services.settings.api_token
    if own and hmac.compare_digest(hash_of(own.get_secret_value()), hash_of(token)):
        return LOCAL_ADMIN
    return await access.token_person(services.database, token)


def requires(role: Role) -> Callable[[Request], Awaitable[Person]]:
    """Returns a dependency for pages: the person signed in, with at least this role."""

    async def needed(request: Request) -> Person:
        person = await current_person(request)
        if person is None:
            raise SignInNeeded
        if not person.may(role):
            detail = f"You need the role {role} for this; ask an admin to give it to you."
            raise Problem(403, "You cannot do this", detail, code="role")
        return person

    return needed


Viewer = Annotated[Person, Depends(requires("viewer"))]
Specialist = Annotated[Person, Depends(requires("specialist"))]
Manager = Annotated[Person, Depends(requires("manager"))]
Admin = Annotated[Person, Depends(requires("admin"))]
