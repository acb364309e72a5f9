"""API tokens: shown once, limited, revocable; and what counts for /api at all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from store.accounts import access, accounts
from store.accounts.access import TOKENS_EACH
from store.accounts.people import Person
from store.accounts.problem import AccountProblem
from tests.web.browser import Browser, text_of
from tests.web.conftest import API_TOKEN
from tests.web.programs import program
from tests.web.serving import serving
from web.api.callers import Reader, Recorder, caller
from web.app import create_app


@pytest.fixture(scope="module")
async def rooms(desk: Desk, web_settings: Settings) -> AsyncIterator[str]:
    """An application with a route of the API for each of three roles."""
    app = create_app(desk, web_settings)

    @app.get("/api/see")
    async def see(person: Reader) -> dict[str, str]:
        return {"handle": person.handle}

    @app.post("/api/do")
    async def do(person: Recorder) -> dict[str, str]:
        return {"handle": person.handle}

    @app.get("/api/rule")
    async def rule(person: Annotated[Person, Depends(caller("admin", "admin"))]) -> dict[str, str]:
        return {"handle": person.handle}

    async with serving(app, web_settings) as address:
        yield address


async def what(rooms: str, token: str) -> list[int]:
    """The answers to seeing, doing and ruling with a token."""
    async with program(rooms, token) as client:
        answers = [await client.get("/api/see"), await client.post("/api/do"), await client.get("/api/rule")]
    return [answer.status_code for answer in answers]


async def made(browser: Browser, *scopes: str, **more: str) -> str:
    """A token that a person makes on the own page."""
    given = {"name": "A program", "scope": list(scopes), "days": "", **more}
    page = await browser.submit("/account", given, "/account/tokens")
    found = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', page.text)
    assert found, text_of(page.text)
    return found[1]


async def test_a_token_is_shown_once_and_kept_as_a_hash(specialist: Browser, database: AsyncEngine) -> None:
    token = await made(specialist, "read")
    assert token.startswith("onb_") and len(token) > 40
    assert token not in (await specialist.get("/account")).text
    async with database.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM api_tokens"))).all()
        logged = (await connection.execute(text("SELECT * FROM account_log"))).all()
    assert rows and token not in str(rows) and token not in str(logged)


async def test_scopes_and_role_limit_together(rooms: str, specialist: Browser, admin: Browser) -> None:
    assert await what(rooms, await made(specialist, "read")) == [200, 403, 403]
    assert await what(rooms, await made(specialist, "write")) == [403, 200, 403]
    assert await what(rooms, await made(specialist, "read", "write", "admin")) == [200, 200, 403]
    assert await what(rooms, await made(admin, "read")) == [200, 403, 403]
    assert await what(rooms, await made(admin, "read", "write", "admin")) == [200, 200, 200]


async def test_what_a_person_loses_the_token_loses(rooms: str, specialist: Browser, database: AsyncEngine) -> None:
    token = await made(specialist, "read", "write")
    await accounts.change_role(database, specialist.handle, "viewer", "test")
    assert await what(rooms, token) == [200, 403, 403]
    await accounts.set_active(database, specialist.handle, False, "test")
    assert await what(rooms, token) == [401, 401, 401]


async def test_a_revoked_or_expired_token_is_worth_nothing(
    rooms: str, specialist: Browser, database: AsyncEngine
) -> None:
    revoked, expired = await made(specialist, "read"), await made(specialist, "read", days="30")
    [newest, older] = await access.tokens_of(database, specialist.handle)
    assert newest.expires_at and not older.expires_at
    assert await what(rooms, revoked) == [200, 403, 403]
    answer = await specialist.submit("/account", {}, f"/account/tokens/{older.id}/revoke")
    assert "The token is revoked" in text_of(answer.text)
    assert await what(rooms, revoked) == [401, 401, 401]
    assert await what(rooms, expired) == [200, 403, 403]
    async with database.begin() as connection:
        await connection.execute(text("UPDATE api_tokens SET expires_at = now() WHERE id = :id"), {"id": newest.id})
    assert await what(rooms, expired) == [401, 401, 401]


async def test_nobody_revokes_anothers_token(specialist: Browser, admin: Browser, database: AsyncEngine) -> None:
    await made(specialist, "read")
    [token] = await access.tokens_of(database, specialist.handle)
    form = {"csrf": await admin.token()}
    assert (await admin.client.post(f"/account/tokens/{token.id}/revoke", data=form)).status_code == 404
    [still] = await access.tokens_of(database, specialist.handle)
    assert still.revoked_at is None


async def test_the_machines_own_token_is_the_admin_local(rooms: str) -> None:
    assert await what(rooms, API_TOKEN) == [200, 200, 200]
    async with program(rooms, API_TOKEN) as client:
        assert (await client.get("/api/see")).json() == {"handle": "local"}
    assert await what(rooms, API_TOKEN[:-1]) == [401, 401, 401]


async def test_nobody_can_be_called_local(database: AsyncEngine) -> None:
    with pytest.raises(AccountProblem, match="'local' stands for this machine"):
        accounts.new_person(handle="Local", name="L", email="l@pharmacy.test", role="viewer")


async def test_for_the_api_a_cookie_counts_for_nothing(rooms: str, admin: Browser) -> None:
    async with Browser(rooms) as browser:
        browser.client.cookies.update(admin.client.cookies)
        assert (await browser.get("/account", follow_redirects=False)).status_code == 200
        assert (await browser.get("/api/see")).status_code == 401
        assert (await browser.client.post("/api/do")).status_code == 401


async def test_for_pages_a_token_counts_for_nothing(api: httpx2.AsyncClient) -> None:
    assert (await api.get("/people")).status_code == 303


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": " ", "scope": ["read"]}, "Give the token a name"),
        ({"name": "x", "scope": ["everything"]}, "Choose what the token may do: read"),
        ({"name": "x"}, "Choose what the token may do"),
        ({"name": "x", "scope": ["read"], "days": "0"}, "from 1 to 3660"),
        ({"name": "x", "scope": ["read"], "days": "soon"}, "must be a whole number"),
    ],
)
async def test_a_token_that_makes_no_sense_is_refused(specialist: Browser, given: dict[str, str], why: str) -> None:
    answer = await specialist.submit("/account", given, "/account/tokens")
    assert (answer.status_code, why in text_of(answer.text)) == (422, True)


async def test_tokens_do_not_pile_up(specialist: Browser, database: AsyncEngine) -> None:
    person = await accounts.find(database, specialist.handle)
    for _ in range(TOKENS_EACH):
        await access.create_token(database, person, "one", ("read",), None)
    with pytest.raises(AccountProblem, match="revoke one"):
        await access.create_token(database, person, "one too many", ("read",), None)
