"""A session begins with signing in, and ends for good: in the database, not only in the browser."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from tests.web.browser import PASSWORD, Browser, text_of
from tests.web.serving import serving
from web.app import create_app

NEW = "another correct horse battery"


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/account", follow_redirects=False)).status_code == 200


def copy_of(browser: Browser) -> Browser:
    """Another browser with the same cookies: what a thief of them has."""
    thief = Browser(browser.address)
    thief.client.cookies.update(browser.client.cookies)
    return thief


async def test_after_signing_out_the_cookie_is_worth_nothing(specialist: Browser) -> None:
    async with copy_of(specialist) as thief:
        assert await is_in(thief)
        answer = await specialist.submit("/account", {}, "/sign-out")
        assert "You are signed out." in text_of(answer.text)
        assert answer.history[0].headers["Clear-Site-Data"] == '"cache"', "Back shows nothing to the next person"
        assert not await is_in(thief)
        assert not await is_in(specialist)


async def test_signing_in_makes_a_new_session_and_ends_the_one_before(specialist: Browser) -> None:
    before = specialist.client.cookies["session"]
    async with copy_of(specialist) as other:
        form = {"csrf": await other.token(), "name": specialist.handle, "password": PASSWORD}
        await other.client.post("/sign-in", data=form)
        assert other.client.cookies["session"] != before
        assert await is_in(other)
    assert not await is_in(specialist)


async def test_a_session_that_was_brought_along_is_not_adopted(browser: Browser, specialist: Browser) -> None:
    browser.client.cookies.set("session", "chosen-by-somebody-else", domain="127.0.0.1")
    form = {"csrf": await browser.token("/sign-in"), "name": specialist.handle, "password": PASSWORD}
    answer = await browser.client.post("/sign-in", data=form, follow_redirects=False)
    assert "session=chosen" not in answer.headers["set-cookie"]
    assert "session=" in answer.headers["set-cookie"]


@pytest.mark.parametrize("over", ["expires_at = now()", "seen_at = now() - interval '12 hours 1 minute'"])
async def test_a_session_ends_by_itself(specialist: Browser, database: AsyncEngine, over: str) -> None:
    assert await is_in(specialist)
    async with database.begin() as connection:
        await connection.execute(
            text(f"UPDATE sessions SET {over} WHERE handle = :handle"), {"handle": specialist.handle}
        )
    assert not await is_in(specialist)


async def test_a_session_of_who_is_not_let_in_any_more_is_worth_nothing(
    specialist: Browser, database: AsyncEngine
) -> None:
    async with database.begin() as connection:
        gone = text("UPDATE users SET active = false WHERE handle = :handle")
        await connection.execute(gone, {"handle": specialist.handle})
    # Nobody at all, and not somebody who may do nothing.
    answer = await specialist.get("/account", follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in?next=/account")


async def test_the_database_knows_only_a_hash(specialist: Browser, database: AsyncEngine) -> None:
    secret = specialist.client.cookies["session"]
    async with database.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM sessions"))).all()
    assert rows and secret not in str(rows)


async def test_a_new_password_signs_out_everywhere_else(specialist: Browser, browser: Browser) -> None:
    await browser.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
    wrong = await specialist.submit("/account", {"old": "not it at all", "new": NEW}, "/account/password")
    assert wrong.status_code == 422 and "The current password is wrong" in text_of(wrong.text)
    assert await is_in(browser)
    await specialist.submit("/account", {"old": PASSWORD, "new": NEW}, "/account/password")
    assert await is_in(specialist)
    assert not await is_in(browser)
    await browser.submit("/sign-in", {"name": specialist.handle, "password": NEW})
    assert await is_in(browser)


async def test_one_can_sign_out_everywhere_else(specialist: Browser, browser: Browser) -> None:
    await browser.submit("/sign-in", {"name": specialist.handle, "password": PASSWORD})
    await specialist.submit("/account", {}, "/account/sessions/end")
    assert (await is_in(specialist), await is_in(browser)) == (True, False)


async def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(browser: Browser) -> None:
    cookie = (await browser.get("/sign-in")).headers["set-cookie"]
    assert "; HttpOnly" in cookie and "; SameSite=Lax" in cookie and "; Path=/" in cookie


async def test_by_https_cookies_are_for_https_and_for_this_host_only(desk: Desk, web_settings: Settings) -> None:
    secure = web_settings.model_copy(update={"public_url": "https://onboarding.pharmacy.test"})
    async with serving(create_app(desk, secure), secure) as address, Browser(address) as browser:
        cookie = (await browser.get("/sign-in")).headers["set-cookie"]
    assert cookie.startswith("__Host-visitor=") and cookie.endswith("; Secure") and "Domain" not in cookie


async def test_notices_are_shown_once_and_cannot_be_forged(specialist: Browser) -> None:
    first = await specialist.submit("/account", {"name": "Sam <b>Ortiz</b>", "time_zone": ""}, "/account/profile")
    assert "Your profile was changed." in text_of(first.text)
    assert "<b>Ortiz" not in first.text
    assert "Your profile was changed." not in (await specialist.get("/account")).text
    specialist.client.cookies.set("notices", '[["good","You won"]].forged', domain="127.0.0.1")
    assert "You won" not in (await specialist.get("/account")).text


async def test_with_another_secret_key_no_notice_or_form_is_believed(
    desk: Desk, web_settings: Settings, specialist: Browser
) -> None:
    form = {"csrf": await specialist.token(), "name": "Mallory"}
    other = web_settings.model_copy(update={"secret_key": SecretStr("another-secret-key-for-tests-0123456789")})
    async with serving(create_app(desk, other), other) as address, Browser(address) as browser:
        browser.client.cookies.update(specialist.client.cookies)
        assert (await browser.client.post("/account/profile", data=form)).status_code == 403
