"""Who may come in, by the link in a mail.

A link says nothing but yes or no: wrong, expired, revoked, replaced by a correction, or of an onboarding that is over
for the practice, it is all the same `NoEntry`, told after the same time (`web.practice.errors`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request

from practice_page.visitor import Visitor, find_visitor
from store.accounts import throttle
from store.accounts.problem import TooManyTries
from store.accounts.throttle import Limit
from web.services import Services, Web

T = TypeVar("T")

GUESSES = Limit(free=30, longest=300)
"""Links that lead nowhere, by address: people do open old mails, and a clinic shares one address."""


class NoEntry(Exception):
    """The link does not let in. `seconds` until the next is looked at, if there were too many that did not."""

    def __init__(self, seconds: int = 0) -> None:
        super().__init__()
        self.seconds = seconds


async def enter(request: Request, web: Web, token: str) -> Visitor:
    """The visitor whom the link lets in. Raises `NoEntry`, or `NoAnswer` if nobody can tell at the moment."""
    return await let_in(request, web, lambda: find_visitor(web.desk, token))


async def let_in(request: Request, web: Services, look: Callable[[], Awaitable[T | None]]) -> T:
    """Whom a link lets in, as `look` finds out. Raises `NoEntry`; whoever tries many links has to wait for it."""
    address = request.client.host if request.client else ""
    key = f"link {throttle.address_key(address)[0]}"
    if seconds := await throttle.waiting(web.database, key):
        raise NoEntry(seconds)
    visitor = await look()
    if visitor is not None:
        return visitor
    try:
        await throttle.count(web.database, key, GUESSES)
    except TooManyTries as too_many:
        raise NoEntry(too_many.seconds) from None
    raise NoEntry


Entered = Annotated[Visitor, Depends(enter)]
"""For a route's parameter: whoever comes by a link that is good."""
