"""A member of a clinic in the portal: signs in and sends the forms of its pages, as a browser does."""

from __future__ import annotations

import re

import httpx2

SIGN_IN = "/members/sign-in"


class Portal:
    """The pages of one clinic, in the portal at `url`; paths are below the clinic's."""

    def __init__(self, url: str, clinic: str) -> None:
        self._at = f"/clinic/{clinic}/"
        self._http = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20, follow_redirects=True)

    async def close(self) -> None:
        await self._http.aclose()

    async def sign_in(self, email: str, password: str) -> None:
        await self._send(SIGN_IN, SIGN_IN, name=email, password=password)

    async def submit(self, page: str, action: str, **form: str) -> None:
        """Opens a page, and sends the form to `action` that it has."""
        await self._send(self._at + page, self._at + action, **form)

    async def _send(self, page: str, action: str, **form: str) -> None:
        shown = (await self._http.get(page)).raise_for_status().text
        if f'action="{action}"' not in shown:
            raise LookupError(f"{page} has no form to {action}")
        token = re.search(r'name="csrf" value="([^"]+)"', shown)
        assert token is not None
        (await self._http.post(action, data={"csrf": token[1], **form})).raise_for_status()
