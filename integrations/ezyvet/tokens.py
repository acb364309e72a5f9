"""One token for each set of credentials, shared by all processes: a second one would end the first.

Whoever needs a new token claims a lease on its row, and fetches; everybody else waits for what comes. A refusal is kept
for a while, so that a practice that revoked access is not asked by everyone in turn.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.batches import Batches
from integrations.ezyvet.tables import tokens
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import EzyvetError, Garbage, SiteGone, Unavailable, WrongCredentials
from partners.ezyvet.http import TIMEOUT
from partners.ezyvet.token import Token
from store.columns import storable
from store.database import at_once
from store.secrets.keyring import Keyring, SealedError

LEASE = TIMEOUT + 10.0
"""Seconds for which who fetches a token is waited for."""
REFUSALS: dict[str, tuple[type[EzyvetError], float]] = {
    "wrong_credentials": (WrongCredentials, 30.0),
    "site_gone": (SiteGone, 30.0),
    "unavailable": (Unavailable, 2.0),
    "garbage": (Garbage, 2.0),
}
"""For how many seconds everybody gets the error for which there was no token, before ezyVet is asked again."""
EARLY = timedelta(minutes=1)
"""How long before its end a token is renewed, if it is good for more than ten times that."""
AGAIN = 0.1
"""Seconds until one who waits for a token looks again."""

Fetch = Callable[[Credentials], Awaitable[Token]]


async def delete_token(engine: AsyncEngine, credentials: Credentials) -> None:
    """Deletes the token of credentials that are to be used no more."""
    async with at_once(engine) as connection:
        await connection.execute(delete(tokens).where(tokens.c.credentials == credentials.fingerprint))


class Tokens:
    """`fetch` gets a new token from ezyVet, or raises `EzyvetError` or `Wait`."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring, fetch: Fetch) -> None:
        self._engine = engine
        self._keyring = keyring
        self._fetch = fetch
        # Only one of this process asks the database; all wait for the same token.
        self._asked = Batches(self._get_all)

    async def get(self, credentials: Credentials, refused: str | None = None) -> str:
        """Returns the token; a new one if there is none, if it is about to end, or if it is the one that was refused.

        Raises what `fetch` raises, which for a while holds for everybody.
        """
        return await self._asked.add(credentials, refused)

    async def fetch_new(self, credentials: Credentials) -> str:
        """Returns a token that was fetched now, to try credentials, whatever was refused before."""
        while True:
            row = await self._read(credentials)
            if lease := await self._claim(credentials, row.sealed if row else None):
                return await self._renew(credentials, lease)
            await asyncio.sleep(AGAIN)

    async def _get_all(self, credentials: Credentials, refused: Sequence[str | None]) -> Sequence[str]:
        # Those to whom none was refused come last, and get the newest.
        different = sorted(set(refused), key=lambda each: each is None)
        found = {each: await self._get(credentials, each) for each in different}
        return [found[each] for each in refused]

    async def _get(self, credentials: Credentials, refused: str | None) -> str:
        while True:
            row = await self._read(credentials)
            if row and row.is_refused:
                raise REFUSALS[row.refused_as][0](row.refusal)
            token = self._opened(credentials, row)
            if token is not None and row.is_good and token != refused:
                return token
            if lease := await self._claim(credentials, row.sealed if row else None):
                return await self._renew(credentials, lease)
            await asyncio.sleep(AGAIN)

    async def drop(self, credentials: Credentials) -> None:
        """Forgets the token of a site without access: the next call asks ezyVet for one, and not each call."""
        statement = update(tokens).where(tokens.c.credentials == credentials.fingerprint)
        async with at_once(self._engine) as connection:
            await connection.execute(statement.values(key=None, sealed=None))

    async def _read(self, credentials: Credentials) -> Any:
        now = func.clock_timestamp()
        query = select(
            tokens.c.key,
            tokens.c.sealed,
            tokens.c.refusal,
            tokens.c.refused_as,
            func.coalesce(tokens.c.expires_at > now, True).label("is_good"),
            func.coalesce(tokens.c.refused_until > now, False).label("is_refused"),
        ).where(tokens.c.credentials == credentials.fingerprint)
        async with at_once(self._engine) as connection:
            return (await connection.execute(query)).first()

    def _opened(self, credentials: Credentials, row: Any) -> str | None:
        if row is None or row.sealed is None:
            return None
        try:
            return self._keyring.open(row.key, row.sealed, credentials.fingerprint.encode()).decode()
        except SealedError:
            # By a key that is gone: nothing is lost, another token is to be had.
            return None

    async def _claim(self, credentials: Credentials, sealed: bytes | None) -> str | None:
        """The lease to fetch a token in place of this one; None if somebody else has it, or has done so."""
        lease, now = uuid.uuid4().hex, func.clock_timestamp()
        values = {"lease": lease, "leased_until": now + timedelta(seconds=LEASE)}
        free = or_(tokens.c.leased_until.is_(None), tokens.c.leased_until < now)
        statement = insert(tokens).values(credentials=credentials.fingerprint, **values)
        statement = statement.on_conflict_do_update(
            index_elements=["credentials"],
            set_=values,
            where=and_(free, tokens.c.sealed.is_not_distinct_from(sealed)),
        )
        async with at_once(self._engine) as connection:
            claimed = (await connection.execute(statement.returning(tokens.c.lease))).first()
        return lease if claimed else None

    async def _renew(self, credentials: Credentials, lease: str) -> str:
        kept: dict[str, Any] = {}
        try:
            token = await self._fetch(credentials)
            kept = self._sealed(credentials, token)
        except EzyvetError as error:
            kept = _refused(error)
            raise
        finally:
            statement = update(tokens).where(tokens.c.credentials == credentials.fingerprint, tokens.c.lease == lease)
            async with at_once(self._engine) as connection:
                await connection.execute(statement.values(lease=None, leased_until=None, **kept))
        return token.value.get_secret_value()

    def _sealed(self, credentials: Credentials, token: Token) -> dict[str, Any]:
        plain = token.value.get_secret_value().encode()
        expires = None
        if token.lifetime is not None:
            expires = func.clock_timestamp() + token.lifetime - min(EARLY, token.lifetime / 10)
        return {
            "key": self._keyring.first,
            "sealed": self._keyring.seal(plain, credentials.fingerprint.encode()),
            "expires_at": expires,
            "refused_as": None,
            "refusal": None,
            "refused_until": None,
        }


def _refused(error: EzyvetError) -> dict[str, Any]:
    for name, (kind, seconds) in REFUSALS.items():
        if isinstance(error, kind):
            until = func.clock_timestamp() + timedelta(seconds=seconds)
            return {"refused_as": name, "refusal": storable(str(error)), "refused_until": until}
    return {}
