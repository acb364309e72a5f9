"""A browser without a screen: it keeps cookies, follows redirects, and fills in the forms that pages show."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import accounts, one_time_links
from store.accounts.people import Role
from tests.patience import PATIENCE

PASSWORD = "correct horse battery staple"
next_number = itertools.count(1).__next__


class Browser:
    """`client` is the bare one; `handle` and `name` are of who is signed in, if anybody."""

    def __init__(self, address: str, handle: str = "", name: str = "") -> None:
        self.address = address
        self.handle = handle
        self.name = name
        # Nothing here is encrypted, and to read all certificates of the machine costs more than most requests.
        self.client = httpx2.AsyncClient(base_url=address, follow_redirects=True, timeout=PATIENCE, verify=False)

    @classmethod
    async def of_new_person(
        cls, address: str, database: AsyncEngine, role: Role, handle: str, name: str | None = None
    ) -> Browser:
        """A new person, invited and let in by the link, as people are."""
        name = name or handle.title()
        person = accounts.new_person(handle=handle, name=name, email=f"{handle}@pharmacy.test", role=role)
        secret = await one_time_links.invite(database, person, "test")
        one = cls(address, handle, name)
        answer = await one.submit(f"/welcome/{secret}", {"password": PASSWORD})
        assert answer.status_code in (200, 404), answer.text
        return one

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.client.get(path, **more)

    async def submit(self, page: str, data: dict[str, Any], action: str | None = None, **more: Any) -> httpx2.Response:
        """Opens a page and sends its form (the one to `action`, else the page itself), with its hidden fields."""
        found = (await self.get(page)).text
        form = form_on(found, action)
        return await self.client.post(action or page, data={**form, **data}, **more)

    async def token(self, page: str = "/account") -> str:
        """The value that forms of this browser carry."""
        return form_on((await self.get(page)).text)["csrf"]

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()


def form_on(page: str, action: str | None = None) -> dict[str, str]:
    """The hidden fields of a form of a page: the one with this action, else the last."""
    forms = re.findall(r"<form\b([^>]*)>(.*?)</form>", page, re.DOTALL)
    wanted = [
        inside for attributes, inside in forms if action is None or f'action="{html.escape(action)}"' in attributes
    ]
    assert wanted, f"no form {action or ''} on the page: {page[:2000]}"
    fields = {}
    for field in re.findall(r'<input type="hidden"([^>]*)>', wanted[-1]):
        name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
        assert name and value
        fields[html.unescape(name[1])] = html.unescape(value[1])
    return fields


def text_of(page: str) -> str:
    """What a page says, without its markup, in one line."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


SignedIn = Callable[..., Awaitable[Browser]]
"""Makes a person with a role and a browser in which that person is signed in: `await signed_in("manager")`."""
