"""Guessing passwords takes longer and longer, and keeps nobody out for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import throttle
from store.accounts.problem import TooManyTries
from store.accounts.throttle import ACCOUNT, ADDRESS, Limit, account_key, address_key
from tests.web.browser import PASSWORD, Browser, next_number, text_of


@pytest.fixture
def key() -> str:
    return f"account:somebody-{next_number()}"


async def delay_ends(database: AsyncEngine, key: str) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE throttles SET blocked_until = now() WHERE key = :key"), {"key": key})


async def delays(database: AsyncEngine, key: str, limit: Limit, tries: int) -> list[int]:
    """How long one waits after each of so many tries, in seconds."""
    found = []
    for _ in range(tries):
        await throttle.count(database, key, limit)
        async with database.connect() as connection:
            left = text("SELECT extract(epoch FROM blocked_until - updated_at) FROM throttles WHERE key = :key")
            found.append(int(await connection.scalar(left, {"key": key})))
        await delay_ends(database, key)
    return found


async def test_delays_double_and_have_an_end(database: AsyncEngine, key: str) -> None:
    assert await delays(database, key, Limit(free=3, longest=10), 9) == [0, 0, 0, 1, 2, 4, 8, 10, 10]


async def test_a_try_during_a_delay_does_not_lengthen_it(database: AsyncEngine, key: str) -> None:
    once = Limit(free=0, longest=60)
    await throttle.count(database, key, once)
    await delay_ends(database, key)
    await throttle.count(database, key, once)
    for _ in range(5):
        with pytest.raises(TooManyTries) as caught:
            await throttle.count(database, key, once)
        assert caught.value.seconds <= 2


async def test_many_at_once_gain_nothing(database: AsyncEngine, key: str) -> None:
    tries = (throttle.count(database, key, ACCOUNT) for _ in range(20))
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(end is None for end in ends) == ACCOUNT.free + 1


async def test_a_right_one_forgives(database: AsyncEngine, key: str) -> None:
    await delays(database, key, ACCOUNT, ACCOUNT.free)
    await throttle.forgive(database, key)
    assert await delays(database, key, ACCOUNT, ACCOUNT.free) == [0] * ACCOUNT.free


async def test_a_day_later_it_is_forgotten(database: AsyncEngine, key: str) -> None:
    await delays(database, key, ACCOUNT, ACCOUNT.free + 3)
    async with database.begin() as connection:
        old = text("UPDATE throttles SET updated_at = now() - interval '25 hours' WHERE key = :key")
        await connection.execute(old, {"key": key})
    assert await delays(database, key, ACCOUNT, 1) == [0]


def test_a_household_has_one_address() -> None:
    assert address_key("2001:db8::1")[0] == address_key("2001:db8::ffff")[0] != address_key("2001:db8:1::1")[0]
    assert address_key("192.0.2.1")[0] != address_key("192.0.2.2")[0]
    assert address_key("unknown")[0] == "address:unknown"


async def guess(browser: Browser, name: str, times: int) -> list[int]:
    form = {"csrf": (await browser.token("/sign-in")), "name": name, "password": "not the password"}
    return [(await browser.client.post("/sign-in", data=form)).status_code for _ in range(times)]


async def test_guessing_is_slowed_down_and_the_right_password_waits_too(
    browser: Browser, specialist: Browser, database: AsyncEngine
) -> None:
    # So many wrong ones before that the next delay outlasts the test, however busy the machine is.
    await delays(database, f"account:{specialist.handle}", ACCOUNT, ACCOUNT.free + 6)
    assert await guess(browser, specialist.handle, 2) == [422, 429]
    right = await browser.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) >= 1
    assert "Too many attempts to sign in: try again in" in text_of(right.text)


async def test_a_browser_known_to_the_account_is_not_kept_out(browser: Browser, specialist: Browser) -> None:
    await specialist.client.post("/sign-out", data={"csrf": await specialist.token()})
    await guess(browser, specialist.handle, ACCOUNT.free + 2)
    await specialist.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
    assert (await specialist.get("/account", follow_redirects=False)).status_code == 200


async def test_a_forged_mark_makes_no_browser_known(
    browser: Browser, specialist: Browser, database: AsyncEngine
) -> None:
    await delays(database, f"account:{specialist.handle}", ACCOUNT, ACCOUNT.free + 6)
    await guess(browser, specialist.handle, 1)
    browser.client.cookies.set("browser", f'["{specialist.handle}","x"].forged', domain="127.0.0.1")
    assert (await guess(browser, specialist.handle, 1)) == [429]


async def test_many_names_from_one_address_are_slowed_down(browser: Browser, database: AsyncEngine) -> None:
    await delays(database, "address:127.0.0.1", ADDRESS, ADDRESS.free)
    statuses = [await guess(browser, f"nobody-{next_number()}", 1) for _ in range(2)]
    assert statuses == [[422], [429]]


def test_the_known_browser_has_a_count_of_its_own() -> None:
    assert account_key("ana", None)[0] != account_key("ana", "mark")[0] != account_key("ana", "other")[0]
