"""Links that let somebody in: which of them end together, and that an end is for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import owner_links
from store.accounts import practice_links
from store.accounts.practice_links import Link
from store.accounts.tokens import new_secret


@dataclass(frozen=True)
class Wanted:
    """What tells a link from others."""

    onboarding: str = "datapoint/riverside-vet"
    run: str = "run-1"
    role: str = "primary_contact"
    email: str = "dana@riverside.test"
    purpose: str = practice_links.PURPOSE


ITS = Wanted()
OTHERS = [
    replace(ITS, onboarding="datapoint/lakeside-vet"),
    replace(ITS, run="run-2"),
    replace(ITS, role="technical_contact"),
    replace(ITS, email="lee@riverside.test"),
    replace(ITS, purpose=owner_links.PURPOSE),
]


async def made(engine: AsyncEngine, wanted: Wanted, secret: str | None = None, days: int = 60) -> str:
    secret = secret or new_secret()
    its: dict[str, Any] = vars(wanted)
    await practice_links.issue(engine, secret, mail=f"mail-of-{secret}", days=days, **its)
    return secret


async def found(engine: AsyncEngine, secret: str, wanted: Wanted) -> Link | None:
    return await practice_links.find(engine, secret, wanted.purpose)


@pytest.mark.parametrize("other", OTHERS, ids=["onboarding", "run", "role", "person", "purpose"])
async def test_only_the_links_that_are_meant_end(engine: AsyncEngine, other: Wanted) -> None:
    mine, again, theirs = await made(engine, ITS), await made(engine, ITS), await made(engine, other)
    assert await practice_links.revoke(engine, ITS.onboarding, ITS.run, ITS.role, ITS.email) == 2
    assert await found(engine, mine, ITS) is await found(engine, again, ITS) is None
    assert await found(engine, theirs, other) is not None


async def test_of_a_role_all_persons_links_end(engine: AsyncEngine) -> None:
    one, another = await made(engine, ITS), await made(engine, replace(ITS, email="lee@riverside.test"))
    assert await practice_links.revoke(engine, ITS.onboarding, ITS.run, ITS.role) == 2
    assert await found(engine, one, ITS) is await found(engine, another, ITS) is None


async def test_an_end_is_the_first_one_and_for_ever(engine: AsyncEngine) -> None:
    secret = await made(engine, ITS)
    assert await practice_links.revoke(engine, ITS.onboarding, ITS.run, ITS.role) == 1
    [ended] = await practice_links.of(engine, ITS.onboarding, ITS.run)
    assert await practice_links.revoke(engine, ITS.onboarding, ITS.run, ITS.role) == 0
    await made(engine, ITS, secret)
    assert await practice_links.of(engine, ITS.onboarding, ITS.run) == [ended]
    assert ended.revoked_at is not None and await found(engine, secret, ITS) is None


async def test_the_same_mail_again_makes_no_link_longer_nor_good_again(engine: AsyncEngine) -> None:
    secret = await made(engine, ITS)
    [link] = await practice_links.of(engine, ITS.onboarding, ITS.run)
    await made(engine, ITS, secret, days=600)
    assert await practice_links.of(engine, ITS.onboarding, ITS.run) == [link]
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE practice_links SET expires_at = now()"))
    await made(engine, ITS, secret, days=600)
    assert await found(engine, secret, ITS) is None


async def test_an_owners_link_ends_at_one_practice(engine: AsyncEngine) -> None:
    """The practices of two systems may call their clients alike."""
    mine = await owner_links.issue_link(engine, "riverside-vet", "c1", "ann@home.test", "sam")
    theirs = await owner_links.issue_link(engine, "lakeside-vet", "c1", "ann@home.test", "sam")
    assert await owner_links.revoke_links(engine, "riverside-vet", "c1") == 1
    assert await owner_links.find_link(engine, mine) is None
    assert await owner_links.find_link(engine, theirs) is not None


async def test_a_link_is_good_for_its_purpose_alone(engine: AsyncEngine) -> None:
    secret = await made(engine, ITS)
    assert await found(engine, secret, ITS) is not None
    assert await owner_links.find_link(engine, secret) is None
