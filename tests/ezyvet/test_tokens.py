"""One token for each set of credentials, however many processes need one at the same time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.limits import Wait
from integrations.ezyvet.tokens import REFUSALS, Tokens
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import EzyvetError, SiteGone, Unavailable, WrongCredentials
from partners.ezyvet.token import Token
from store.secrets.keyring import Keyring

KEY, NEWER = os.urandom(32), os.urandom(32)
GIVEN = Credentials.model_validate({"client_id": "id-elm", "client_secret": "s3cr3t", "site_uid": "site-elm"})
OTHER = GIVEN.model_copy(update={"client_secret": GIVEN.client_id})


class Source:
    """ezyVet: its tokens have numbers; `problem` makes an error instead."""

    def __init__(self, lifetime: timedelta | None = timedelta(hours=12)) -> None:
        self.fetched = 0
        self.lifetime = lifetime
        self.problem: Callable[[], Exception] | None = None

    async def __call__(self, credentials: Credentials) -> Token:
        await asyncio.sleep(0.05)
        self.fetched += 1
        if self.problem:
            raise self.problem()
        return Token(SecretStr(f"token-{self.fetched}"), self.lifetime)


def processes(engine: AsyncEngine, source: Source, count: int = 3) -> list[Tokens]:
    return [Tokens(engine, Keyring([KEY]), source) for _ in range(count)]


async def test_all_processes_share_one_token_that_is_stored_sealed(engine: AsyncEngine) -> None:
    source = Source()
    several = processes(engine, source)
    found = await asyncio.gather(*(each.get(GIVEN) for each in several * 5))
    assert (set(found), source.fetched) == ({"token-1"}, 1)
    async with engine.connect() as connection:
        (row,) = (await connection.execute(text("SELECT * FROM ezyvet_tokens"))).all()
    assert b"token-1" not in row.sealed
    assert "s3cr3t" not in repr(row)
    assert await several[0].get(OTHER) == "token-2"
    assert await several[1].get(GIVEN) == "token-1"


async def test_many_that_are_refused_at_once_fetch_only_one_new_token(engine: AsyncEngine) -> None:
    source = Source()
    several = processes(engine, source)
    first = await several[0].get(GIVEN)
    renewed = await asyncio.gather(*(each.get(GIVEN, first) for each in several * 10))
    assert (set(renewed), source.fetched) == ({"token-2"}, 2)
    # One that learns only now that the first was refused takes what is there.
    assert await several[1].get(GIVEN, first) == "token-2"
    assert source.fetched == 2


async def test_a_token_is_renewed_before_its_own_end(engine: AsyncEngine) -> None:
    source = Source()
    (tokens,) = processes(engine, source, 1)
    await tokens.get(GIVEN)
    async with engine.begin() as connection:
        left = await connection.scalar(text("SELECT extract(epoch FROM expires_at - now()) FROM ezyvet_tokens"))
        await connection.execute(text("UPDATE ezyvet_tokens SET expires_at = now()"))
    assert 43_000 < float(left) <= 43_200 - 60
    assert await tokens.get(GIVEN) == "token-2"


async def test_a_token_that_names_no_end_is_good_until_it_is_refused(engine: AsyncEngine) -> None:
    (tokens,) = processes(engine, Source(lifetime=None), 1)
    assert [await tokens.get(GIVEN), await tokens.get(GIVEN)] == ["token-1", "token-1"]
    assert await tokens.get(GIVEN, "token-1") == "token-2"


@pytest.mark.parametrize("error", [WrongCredentials("Refused."), SiteGone("Gone."), Unavailable("Down.")])
async def test_a_refusal_holds_for_everybody_for_a_while(
    engine: AsyncEngine, error: EzyvetError, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, (kind, _) in REFUSALS.items():
        # Longer than the slowest machine takes for all of them.
        monkeypatch.setitem(REFUSALS, name, (kind, 3600.0))
    source = Source()
    source.problem = lambda: error
    several = processes(engine, source)
    results = await asyncio.gather(*(each.get(GIVEN) for each in several * 5), return_exceptions=True)
    assert {(type(each), str(each)) for each in results} == {(type(error), str(error))}
    assert source.fetched == 1
    source.problem = None
    # Whoever tries the credentials anew asks ezyVet at once, and then all others have a token.
    assert await several[1].fetch_new(GIVEN) == "token-2"
    assert await several[2].get(GIVEN) == "token-2"


async def test_after_a_while_ezyvet_is_asked_again(engine: AsyncEngine) -> None:
    source = Source()
    source.problem = lambda: WrongCredentials("Refused.")
    (tokens,) = processes(engine, source, 1)
    with pytest.raises(WrongCredentials):
        await tokens.get(GIVEN)
    source.problem = None
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE ezyvet_tokens SET refused_until = now()"))
    assert await tokens.get(GIVEN) == "token-2"


async def test_no_place_within_the_limits_leaves_no_lease(engine: AsyncEngine) -> None:
    source = Source()
    source.problem = lambda: Wait(3.0)
    (tokens,) = processes(engine, source, 1)
    for _ in range(2):
        with pytest.raises(Wait):
            await tokens.get(GIVEN)
    assert source.fetched == 2


async def test_the_lease_of_a_process_that_was_killed_ends(engine: AsyncEngine) -> None:
    source = Source()
    (tokens,) = processes(engine, source, 1)
    await tokens.get(GIVEN)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE ezyvet_tokens SET lease = 'killed', leased_until = clock_timestamp() + interval '0.3 seconds'")
        )
    assert await tokens.get(GIVEN, "token-1") == "token-2"


async def test_a_token_by_a_key_that_is_gone_is_replaced(engine: AsyncEngine) -> None:
    source = Source()
    await Tokens(engine, Keyring([KEY]), source).get(GIVEN)
    newer = Tokens(engine, Keyring([NEWER]), source)
    assert [await newer.get(GIVEN), await newer.get(GIVEN)] == ["token-2", "token-2"]
