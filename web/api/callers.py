"""Authenticates callers by API token, authorizes them by scope and role, and limits their requests.

    async def record(person: Recorder, ...): ...     # the token's scope is `record`, the person's role allows it

`person.handle` is the `by` of all that is recorded. Only the header `Authorization` may hold a token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Security
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Param, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from playbooks.plural import count_of
from store.accounts.access import TOKEN_PREFIX
from store.accounts.people import Person, Role, Scope
from store.accounts.tokens import hash_of
from web.authorization import token_holder
from web.problem import Problem
from web.rate_limits import Quota
from web.services import services_of

MAX_FAILURES = 60
"""Requests a minute from each address without a valid token."""

bearer = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="An API token, made on your own page in the console, for what its scopes say: `read`, `record`"
    " (facts), `steer` (start and commands), `write` (both), `admin`.",
)


def caller(scope: Scope, role: Role) -> Callable[..., Awaitable[Person]]:
    """Returns a dependency for the holder of a token with this scope, whose role allows it."""

    async def authenticate(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
    ) -> Person:
        services = services_of(request)
        person = await token_holder(services, given.credentials) if given else None
        if given is None or person is None:
            count_failure(request)
            raise unauthenticated(request)
        limit = services.settings.api_requests_a_minute
        check_quota(request, services.limits.take(f"token {hash_of(given.credentials)}", limit))
        if not person.may(role):
            raise Problem(403, "You cannot do this", f"This needs the role {role}; ask an admin.", code="role")
        if not person.has_scope(scope):
            advice = f"This needs a token with the scope '{scope}'; create one on your own page."
            raise Problem(403, "The token is for something else", advice, code="scope")
        refuse_unknown(request)
        return person

    return authenticate


Reader = Annotated[Person, Depends(caller("read", "viewer"))]
Recorder = Annotated[Person, Depends(caller("record", "specialist"))]
Steerer = Annotated[Person, Depends(caller("steer", "specialist"))]
Admin = Annotated[Person, Depends(caller("admin", "admin"))]


def check_quota(request: Request, quota: Quota) -> None:
    request.state.quota = quota
    if quota.wait:
        raise Problem(
            429,
            "Too many requests",
            f"Wait {count_of(quota.wait, 'second')}; {quota.limit} requests a minute are allowed, evenly spread.",
            code="rate",
        )


def count_failure(request: Request) -> None:
    """Raises `Problem` (429) if too many requests without a valid token came from this address."""
    address = request.client.host if request.client else ""
    check_quota(request, services_of(request).limits.take(f"address {address}", MAX_FAILURES))


def unauthenticated(request: Request) -> Problem:
    detail = "Send 'Authorization: Bearer' with a token that is valid; create one on your own page."
    if any(value.startswith(TOKEN_PREFIX) for value in request.query_params.values()):
        detail = (
            "Do not put a token into an address, which others may read: revoke it, and send a new one as"
            " 'Authorization: Bearer'."
        )
    return Problem(
        401, "An API token is needed", detail, code="token", headers={"WWW-Authenticate": 'Bearer realm="api"'}
    )


def refuse_unknown(request: Request) -> None:
    """Refuses unknown parameters, as a misspelt filter must not be ignored."""
    params = get_flat_params(request.scope["route"].dependant)
    # Without the model itself that a route's parameters may be fields of.
    names = [
        each.alias for each in params if isinstance(each.field_info, Query) or not isinstance(each.field_info, Param)
    ]
    for name in request.query_params:
        if name not in names:
            others = f"there are {', '.join(names)}" if names else "it takes none"
            detail = f"There is no parameter '{name[:60]}' here; {others}."
            raise Problem(422, "That is not valid", detail, code="invalid")
