"""Finds visitors by the link in a mail.

All invalid links raise the same `NoEntry`: wrong, expired, revoked, replaced, or of an onboarding that is over. Only
who had a valid one and is not the contact any more is told that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request

from practice_page.returning import find_declined
from practice_page.visitor import Left, Visitor, find_former, find_reader, find_visitor
from store.accounts import throttle
from store.accounts.practice_links import Link
from store.accounts.problem import TooManyTries
from store.accounts.throttle import Limit
from web.services import Services, Web

T = TypeVar("T")

GUESSES = Limit(free=30, longest=300)
"""Invalid links per address: people open old mails, and a clinic shares one address."""


class NoEntry(Exception):
    """The link is invalid. `seconds` until the next one is checked, if there were too many.

    `link` is the one that was valid, `why` why its contact does not get in any more, if that is known; `returns`:
    they can take back that they are not the right person.
    """

    def __init__(self, seconds: int = 0) -> None:
        super().__init__()
        self.seconds = seconds
        self.link: Link | None = None
        self.why: Left | None = None
        self.returns = False


async def enter(request: Request, web: Web, token: str) -> Visitor:
    """Returns the visitor with this link. Raises `NoEntry`, or `NoAnswer` if the onboarding does not answer."""
    try:
        return await let_in(request, web, lambda: find_visitor(web.desk, token))
    except NoEntry as refusal:
        await _say_why(refusal, web, token)
        raise


async def let_in(request: Request, web: Services, find: Callable[[], Awaitable[T | None]]) -> T:
    """Returns whom `find` finds. Raises `NoEntry`, and slows down wrong links from one address.

    A right link is let in also while wrong ones wait: others share the address, and nobody can guess one.
    """
    address = request.client.host if request.client else ""
    key = f"link {throttle.address_key(address)[0]}"
    visitor = await find()
    if visitor is not None:
        return visitor
    try:
        await throttle.count(web.database, key, GUESSES)
    except TooManyTries as too_many:
        raise NoEntry(too_many.seconds) from None
    raise NoEntry


async def enter_reading(request: Request, web: Web, token: str) -> Visitor:
    """Returns the visitor with this link, who may be a guest. Raises as `enter` does."""
    try:
        return await let_in(request, web, lambda: find_reader(web.desk, token))
    except NoEntry as refusal:
        await _say_why(refusal, web, token)
        raise


async def _say_why(refusal: NoEntry, web: Services, token: str) -> None:
    if not refusal.seconds:
        refusal.link, refusal.why = await find_former(web.desk, token)
        refusal.returns = refusal.why == "declined" and await find_declined(web.desk, token) is not None


Reading = Annotated[Visitor, Depends(enter_reading)]
"""A route's parameter, where nothing can be done: the visitor of the link in the address, also a guest."""
Entered = Annotated[Visitor, Depends(enter)]
"""A route's parameter: the visitor of the link in the address."""
