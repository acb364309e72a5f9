"""Who asks, how often, and for what their token is good.

    async def record(person: Recorder, ...): ...     # holds a token for recording facts, of somebody who may

`person.handle` is the `by` of all that is recorded. A token comes in the header `Authorization` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Security
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Param, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from store.accounts.access import TOKEN_PREFIX
from store.accounts.people import Person, Role, Scope
from store.accounts.tokens import hash_of
from web.authorization import token_holder
from web.problem import Problem
from web.rate_limits import Quota
from web.services import services_of

FAILURES = 60
"""What each address may ask in a minute without a valid token."""

bearer = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="An API token, made on your own page in the console, for what its scopes say: `read`, `record`"
    " (facts), `steer` (start and commands), `write` (both), `admin`.",
)


def caller(scope: Scope, role: Role) -> Callable[..., Awaitable[Person]]:
    """A dependency: who holds the token, if it is for this and the person may."""

    async def needed(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
    ) -> Person:
        services = services_of(request)
        person = await token_holder(services, given.credentials) if given else None
        if given is None or person is None:
            address = request.client.host if request.client else ""
            _within(request, services.limits.take(f"address {address}", FAILURES))
            raise _nobody(request)
        limit = services.settings.api_requests_a_minute
        _within(request, services.limits.take(f"token {hash_of(given.credentials)}", limit))
        if not replace(person, scopes=None).may(role):
            raise Problem(403, "This is not open to you", f"It takes the role {role}; ask an admin.", code="role")
        if not person.has_scope(scope):
            raise Problem(403, "The token is for something else", _other_scope(scope), code="scope")
        _refuse_unknown(request)
        return person

    return needed


Reader = Annotated[Person, Depends(caller("read", "viewer"))]
Recorder = Annotated[Person, Depends(caller("record", "specialist"))]
Steerer = Annotated[Person, Depends(caller("steer", "specialist"))]


def _within(request: Request, quota: Quota) -> None:
    request.state.quota = quota
    if quota.wait:
        raise Problem(
            429,
            "Too many requests",
            f"Wait {quota.wait} seconds; {quota.limit} requests a minute are taken, evenly spread.",
            code="rate",
        )


def _nobody(request: Request) -> Problem:
    detail = "Send 'Authorization: Bearer' with a token that is valid; you make one on your own page."
    if any(value.startswith(TOKEN_PREFIX) for value in request.query_params.values()):
        detail = (
            "A token does not belong into an address, which others may read: revoke it, and send a new one as"
            " 'Authorization: Bearer'."
        )
    return Problem(
        401, "An API token is needed", detail, code="token", headers={"WWW-Authenticate": 'Bearer realm="api"'}
    )


def _other_scope(scope: Scope) -> str:
    return f"It takes a token with the scope '{scope}'; you make one on your own page."


def _refuse_unknown(request: Request) -> None:
    """A misspelt filter must not be taken for none."""
    params = get_flat_params(request.scope["route"].dependant)
    # Those of a model are no parameters of their own.
    names = [
        each.alias for each in params if isinstance(each.field_info, Query) or not isinstance(each.field_info, Param)
    ]
    for name in request.query_params:
        if name not in names:
            there = f"there are {', '.join(names)}" if names else "it takes none"
            detail = f"There is no parameter '{name[:60]}' here; {there}."
            raise Problem(422, "That cannot be taken", detail, code="invalid")
