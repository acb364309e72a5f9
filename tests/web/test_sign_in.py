"""In by password or one-time link; and what keeps others out."""

from __future__ import annotations

import asyncio
import re
import time

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import accounts, one_time_links, signing_in
from store.accounts.problem import LinkSpent, SignInRefused
from tests.web.browser import PASSWORD, Browser, next_number, text_of

WRONG = "The handle, e-mail address or password is wrong."


async def invited(database: AsyncEngine) -> tuple[str, str]:
    """A new person's handle, and the secret of the invitation."""
    handle = f"guest-{next_number()}"
    person = accounts.new_person(handle=handle, name="Gus", email=f"{handle}@pharmacy.test", role="viewer")
    return handle, await one_time_links.invite(database, person, "test")


async def sign_in(browser: Browser, name: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
    return await browser.submit("/sign-in", {"name": name, "password": password, **more}, follow_redirects=False)


async def test_an_invited_person_sets_a_password_and_is_in(browser: Browser, database: AsyncEngine) -> None:
    handle, secret = await invited(database)
    assert "Welcome, Gus" in text_of((await browser.get(f"/welcome/{secret}")).text)
    await browser.submit(f"/welcome/{secret}", {"password": PASSWORD})
    assert handle in text_of((await browser.get("/account")).text)


async def test_by_handle_or_address_in_any_case(browser: Browser, specialist: Browser) -> None:
    for name in (specialist.handle, f" {specialist.handle.upper()}@Pharmacy.TEST "):
        answer = await sign_in(browser, name)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        await browser.client.post("/sign-out", data={"csrf": await browser.token()})


async def test_the_field_to_fill_next_has_the_focus(browser: Browser, specialist: Browser) -> None:
    for page, field in (
        (await browser.get("/sign-in"), "name"),
        (await sign_in(browser, specialist.handle, "wrong"), "password"),
    ):
        assert re.findall(r'<input[^>]* name="(\w+)"[^>]* autofocus', page.text) == [field]


async def test_looking_at_a_link_uses_nothing_up_and_using_it_does(browser: Browser, database: AsyncEngine) -> None:
    _, secret = await invited(database)
    for _ in range(3):
        assert (await browser.get(f"/welcome/{secret}")).status_code == 200
    await browser.submit(f"/welcome/{secret}", {"password": PASSWORD})
    again = await browser.get(f"/welcome/{secret}")
    assert again.status_code == 410
    assert "ask an admin for a new one" in text_of(again.text)


async def test_a_link_used_by_two_at_once_lets_in_one(web: str, database: AsyncEngine) -> None:
    _, secret = await invited(database)
    async with Browser(web) as first, Browser(web) as second:
        tries = (one.submit(f"/welcome/{secret}", {"password": PASSWORD}) for one in (first, second))
        await asyncio.gather(*tries, return_exceptions=True)
        inside = [(await one.get("/account", follow_redirects=False)).status_code for one in (first, second)]
    assert sorted(inside) == [200, 303]


async def test_a_link_expires_and_a_newer_one_replaces_it(browser: Browser, database: AsyncEngine) -> None:
    handle, first = await invited(database)
    second = await one_time_links.new_link(database, handle, "test")
    assert (await browser.get(f"/welcome/{first}")).status_code == 410
    assert (await browser.get(f"/welcome/{second}")).status_code == 200
    async with database.begin() as connection:
        await connection.execute(
            text("UPDATE one_time_links SET expires_at = now() WHERE handle = :handle"), {"handle": handle}
        )
    assert (await browser.get(f"/welcome/{second}")).status_code == 410
    with pytest.raises(LinkSpent):
        await one_time_links.use(database, second, PASSWORD)


async def test_a_guessed_link_leads_nowhere(browser: Browser) -> None:
    assert (await browser.get("/welcome/" + "x" * 43)).status_code == 410


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "too short"), ("aaaaaaaaaaaaaaaa", "too easily guessed"), ("x1y2" * 70, "too long")],
)
async def test_a_weak_password_is_refused_and_the_link_stays_good(
    browser: Browser, database: AsyncEngine, password: str, why: str
) -> None:
    _, secret = await invited(database)
    refused = await browser.submit(f"/welcome/{secret}", {"password": password})
    assert (refused.status_code, why in text_of(refused.text)) == (422, True)
    assert (await browser.submit(f"/welcome/{secret}", {"password": PASSWORD})).status_code != 410


async def test_passwords_are_kept_as_argon2id(specialist: Browser, database: AsyncEngine) -> None:
    async with database.connect() as connection:
        query = text("SELECT password_hash FROM users WHERE handle = :handle")
        stored = await connection.scalar(query, {"handle": specialist.handle})
    assert str(stored).startswith("$argon2id$")


async def test_an_unknown_name_is_answered_as_a_wrong_password_is(browser: Browser, specialist: Browser) -> None:
    known = await sign_in(browser, specialist.handle, "something else entirely")
    unknown = await sign_in(browser, f"nobody-{next_number()}", "something else entirely")
    assert known.status_code == unknown.status_code == 422
    assert WRONG in text_of(known.text) and WRONG in text_of(unknown.text)


async def test_an_unknown_name_takes_as_long_as_a_wrong_password(database: AsyncEngine, specialist: Browser) -> None:
    """Or the time would tell who has an account. Processor time, because others may be at work on this machine."""

    async def least(name: str) -> float:
        took = []
        for _ in range(3):
            began = time.process_time()
            with pytest.raises(SignInRefused):
                wrong = "not the password"
                await signing_in.sign_in(database, name, wrong, address="192.0.2.1", browser_of=lambda _: None)
            took.append(time.process_time() - began)
        return min(took)

    assert await least(f"nobody-{next_number()}") > 0.5 * await least(specialist.handle)


async def test_who_is_not_let_in_any_more_is_out_at_once(
    browser: Browser, specialist: Browser, database: AsyncEngine
) -> None:
    await accounts.set_active(database, specialist.handle, False, "test")
    assert (await specialist.get("/account", follow_redirects=False)).status_code == 303
    assert WRONG in text_of((await sign_in(browser, specialist.handle)).text)
    with pytest.raises(LinkSpent):
        await one_time_links.use(database, await one_time_links.new_link(database, specialist.handle, "test"), PASSWORD)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/\t/evil.test", "evil"]
)
async def test_nobody_is_sent_to_another_site(browser: Browser, specialist: Browser, elsewhere: str) -> None:
    answer = await sign_in(browser, specialist.handle, next=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    again = await browser.get("/sign-in", params={"next": elsewhere}, follow_redirects=False)
    assert again.headers["location"] == "/"


async def test_one_gets_where_one_wanted_to_go(browser: Browser, specialist: Browser) -> None:
    asked = await browser.get("/account?a=b&c=d", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=/account%3Fa%3Db%26c%3Dd"
    form = await browser.submit(
        asked.headers["location"], {"name": specialist.handle, "password": PASSWORD}, "/sign-in"
    )
    assert str(form.url).endswith("/account?a=b&c=d")


async def test_the_first_admin_makes_an_account_by_the_link(browser: Browser, database: AsyncEngine) -> None:
    async with database.begin() as connection:
        # Those of other tests.
        await connection.execute(text("UPDATE users SET role = 'manager' WHERE role = 'admin'"))
    replaced = await one_time_links.first_admin_link(database)
    secret = await one_time_links.first_admin_link(database)
    assert (await browser.get(f"/welcome/{replaced}")).status_code == 410
    handle = f"first-{next_number()}"
    given = {"handle": handle, "name": "Fay", "email": f"{handle}@pharmacy.test", "password": PASSWORD}
    assert "Create the first admin" in text_of((await browser.get(f"/welcome/{secret}")).text)
    bad = await browser.submit(f"/welcome/{secret}", {**given, "email": "nonsense"})
    assert bad.status_code == 422
    await browser.submit(f"/welcome/{secret}", {**given, "role": "viewer"})
    assert (await browser.get("/people")).status_code == 200
    assert await one_time_links.first_admin_link(database) is None


async def test_of_two_first_admins_there_is_one(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE users SET role = 'manager' WHERE role = 'admin'"))
    secret = await one_time_links.first_admin_link(database)
    assert secret is not None
    tries = []
    for _ in range(2):
        handle = f"rival-{next_number()}"
        person = accounts.new_person(handle=handle, name="R", email=f"{handle}@pharmacy.test", role="admin")
        tries.append(one_time_links.use(database, secret, PASSWORD, person))
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(end, LinkSpent) for end in ends) == 1


async def test_once_there_is_an_admin_the_first_ones_link_is_worth_nothing(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE users SET role = 'manager' WHERE role = 'admin'"))
    secret = await one_time_links.first_admin_link(database)
    assert secret is not None
    handle, invitation = await invited(database)
    await one_time_links.use(database, invitation, PASSWORD)
    await accounts.change_role(database, handle, "admin", "test")
    rival = accounts.new_person(handle=f"{handle}-rival", name="R", email=f"{handle}-r@pharmacy.test", role="admin")
    with pytest.raises(LinkSpent):
        await one_time_links.use(database, secret, PASSWORD, rival)


@pytest.mark.parametrize("name", ["x" * 100_000, "a\0b", "\ud7ff\u202e", "'; DROP TABLE users; --", "%s%s", ""])
async def test_whatever_is_typed_is_answered(browser: Browser, name: str) -> None:
    for data in ({"name": name, "password": "p"}, {"name": "ana", "password": name}):
        answer = await browser.submit("/sign-in", data)
        assert answer.status_code == 422, answer.text


async def test_whatever_is_asked_for_is_answered(admin: Browser) -> None:
    token = await admin.token()
    for path in (
        "/people/%00/role",
        "/people/%ff/deactivate",
        f"/people/{'x' * 5000}/link",
        "/account/tokens/%00/revoke",
    ):
        answer = await admin.client.post(path, data={"csrf": token, "role": "viewer"})
        assert answer.status_code in (404, 422), (path, answer.text)
