"""The way to a practice's ezyVet: its token, a place within the limits, the request, and a new token on 401."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.batches import Batches
from integrations.ezyvet.budget import Budget
from integrations.ezyvet.limits import Limits, Priority, Wait
from integrations.ezyvet.places import Asking
from integrations.ezyvet.reservation import Reservation
from integrations.ezyvet.sites import Site, read_access, read_site, restore, revoke
from integrations.ezyvet.tables import SiteState
from integrations.ezyvet.tokens import Tokens
from partners.ezyvet.answers import Answer
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import (
    AccessRevoked,
    EzyvetError,
    Garbage,
    RateLimited,
    SiteGone,
    TokenRefused,
    Unavailable,
    WrongCredentials,
)
from partners.ezyvet.http import Http
from partners.ezyvet.records import User
from partners.ezyvet.requests import PRESCRIPTION_ENDPOINT, TOKEN_ENDPOINT, Request
from partners.ezyvet.token import Token
from store.database import DatabaseProblem
from store.secrets.keyring import Keyring

T = TypeVar("T")
Access = tuple[Credentials, SiteState]
ANY_USER = Request("GET", "/v1/user", {"page": 1, "limit": 1})
"""The smallest read, to see whether ezyVet lets us in."""
READ_DELAYS = (0.5, 1.5)
"""Seconds before a read that failed is tried again, each time; a write never is."""
READ_PATIENCE = 2.0
"""Seconds for which the reads of a delivery wait for a place, while the place of its write is held."""
CLICK_PATIENCE = 10.0
"""Seconds for which somebody at a page waits for a place."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """How a call queues: see `Asking`. It waits here for up to `patience` seconds, and beyond raises `Wait`."""

    key: str
    priority: Priority
    position: int = 0
    patience: float = 0.0
    reservation: Reservation | None = None

    def asking(self, endpoint: str, name: str) -> Asking:
        return Asking(endpoint, f"{self.key} {name}", self.priority, self.position)


class Gateway:
    """All practices' ezyVet, for any number of tasks. The limits hold together with every other process."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring, http: Http, limits: Limits | None = None) -> None:
        self.budget = Budget(engine, limits)
        self._engine = engine
        self._keyring = keyring
        self._http = http
        # Read once for all calls that begin at the same time.
        self._accesses = Batches(self._read_accesses)
        self._tokens = Tokens(engine, keyring, self._fetch_token)

    def at(
        self,
        practice: str,
        priority: Priority = Priority.CLICK,
        *,
        key: str | None = None,
        position: int = 0,
        patience: float | None = None,
    ) -> Ezyvet:
        """The practice's ezyVet. Besides `EzyvetError`, its methods raise `NoCredentials`, `SealedError` and `Wait`.

        Who asks again after `Wait` gives the same key and position, and keeps its place in the queue. By default a
        click waits here for a while, and anybody else gets `Wait` at once.
        """
        if patience is None:
            patience = CLICK_PATIENCE if priority == Priority.CLICK else 0.0
        return self._through(practice, Lane(key or uuid.uuid4().hex, priority, position, patience))

    @asynccontextmanager
    async def delivering(self, practice: str, *, key: str, position: int) -> AsyncIterator[Ezyvet]:
        """The practice's ezyVet to send one write, as from `at`; the first call waits for the place of the write.

        So the reads before it are made once, and not each time that the write has to wait.
        """
        asking = Asking(PRESCRIPTION_ENDPOINT, f"{key} write", Priority.DELIVERY, position)
        reservation = Reservation(self.budget, asking)
        lane = Lane(key, Priority.DELIVERY, position, READ_PATIENCE, reservation)
        try:
            yield self._through(practice, lane)
        finally:
            await reservation.give_back()

    async def check_access(self, practice: str) -> Site:
        """Returns the practice's site, after asking ezyVet whether it lets us in again if access was revoked."""
        site = await read_site(self._engine, practice)
        if site.state != "revoked":
            return site
        with suppress(EzyvetError, Wait):
            await self._call(practice, ANY_USER, Lane(uuid.uuid4().hex, Priority.RECONCILIATION))
        return await read_site(self._engine, practice)

    def _through(self, practice: str, lane: Lane) -> Ezyvet:
        async def call(request: Request) -> Answer:
            return await self._call(practice, request, lane)

        return Ezyvet(call)

    async def try_credentials(self, credentials: Credentials) -> list[User]:
        """Returns the users of a site whose credentials are not stored yet: they work. Raises `EzyvetError` or `Wait`.

        A new token is fetched, so that what ezyVet says is about the present.
        """
        lane = Lane(uuid.uuid4().hex, Priority.CLICK, patience=CLICK_PATIENCE)
        token = await _patiently(lane, lambda: self._tokens.fetch_new(credentials))

        async def call(request: Request) -> Answer:
            return await self._read_again(request, lambda: self._send(credentials.site, request, token, lane))

        return await Ezyvet(call).users()

    async def _call(self, practice: str, request: Request, lane: Lane) -> Answer:
        credentials, state = await self._accesses.add(practice, None)
        try:
            answer = await self._read_again(request, lambda: self._with_token(credentials, request, lane))
        except WrongCredentials as error:
            await revoke(self._engine, practice, str(error))
            raise AccessRevoked(str(error), transaction=error.transaction) from None
        except (TokenRefused, SiteGone) as error:
            await self._tokens.drop(credentials)
            await revoke(self._engine, practice, str(error))
            raise
        if state == "revoked":
            await _after_the_call(restore(self._engine, practice))
        return answer

    async def _read_accesses(self, practice: str, calls: Sequence[None]) -> Sequence[Access]:
        return [await read_access(self._engine, self._keyring, practice)] * len(calls)

    async def _with_token(self, credentials: Credentials, request: Request, lane: Lane) -> Answer:
        if lane.reservation:
            # First: most that ask have to wait, and need no token.
            await lane.reservation.hold(credentials.site)
        token = await _patiently(lane, lambda: self._tokens.get(credentials))
        try:
            return await self._send(credentials.site, request, token, lane)
        except TokenRefused:
            refused = token
        token = await _patiently(lane, lambda: self._tokens.get(credentials, refused))
        return await self._send(credentials.site, request, token, lane)

    async def _read_again(self, request: Request, send: Callable[[], Awaitable[Answer]]) -> Answer:
        for delay in () if request.write else READ_DELAYS:
            try:
                return await send()
            except (Unavailable, Garbage):
                await asyncio.sleep(delay)
        return await send()

    async def _send(self, site: str, request: Request, token: str, lane: Lane) -> Answer:
        asking = lane.asking(request.endpoint, f"{request.name} {request.params.get('page', '')}")
        reserved = lane.reservation if request.write else None

        async def send() -> Answer:
            return await self._within_limits(site, asking, lambda: self._http.send(request, token), reserved)

        return await _patiently(lane, send)

    async def _fetch_token(self, credentials: Credentials) -> Token:
        asking = Asking(TOKEN_ENDPOINT, f"token {credentials.fingerprint}", Priority.TOKEN)
        return await self._within_limits(credentials.site, asking, lambda: self._http.fetch_token(credentials))

    async def _within_limits(
        self, site: str, asking: Asking, send: Callable[[], Awaitable[T]], reservation: Reservation | None = None
    ) -> T:
        place = await (reservation.use(site) if reservation else self.budget.take(site, asking))
        try:
            return await send()
        except RateLimited as error:
            await self.budget.close(site, asking.endpoint, error.seconds)
            raise Wait(error.seconds) from None
        finally:
            await _after_the_call(self.budget.finish(place))


async def _after_the_call(recording: Awaitable[None]) -> None:
    """Records something about a call that was made. Its outcome must not be lost if that fails.

    A place frees by itself later, and access is found to be back by the next call.
    """
    try:
        await recording
    except (DatabaseProblem, SQLAlchemyError) as error:
        log.warning("Something about a call to ezyVet could not be recorded: %s", type(error).__name__)


async def _patiently(lane: Lane, act: Callable[[], Awaitable[T]]) -> T:
    clock = asyncio.get_running_loop().time
    until = clock() + lane.patience
    while True:
        try:
            return await act()
        except Wait as wait:
            if clock() + wait.seconds > until:
                raise
            await asyncio.sleep(wait.seconds)
