"""Browsers over the application in this process, in which people of clinics are signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from store.accounts import accounts, one_time_links
from store.accounts.tokens import new_secret
from tests.sharing.program import Programs
from tests.web.browser import PASSWORD, Browser


@asynccontextmanager
async def anybody(served: Programs) -> AsyncIterator[Browser]:
    browser = Browser("http://127.0.0.1")
    await browser.client.aclose()
    browser.client = httpx2.AsyncClient(transport=served.transport, base_url="http://127.0.0.1", follow_redirects=True)
    async with browser:
        yield browser


@asynccontextmanager
async def signed_in(served: Programs, clinic: str) -> AsyncIterator[Browser]:
    """A browser of the clinic's person."""
    engine, person = served.group.engine, served.group.people[clinic]
    secret = new_secret()
    await one_time_links.member_link(engine, await accounts.find_account(engine, person), secret, "test")
    async with anybody(served) as browser:
        answer = await browser.submit(f"{one_time_links.MEMBER_PATH}{secret}", {"password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield browser
