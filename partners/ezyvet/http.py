"""One request to ezyVet over HTTP: within a time, up to a size, followed nowhere, and with no secret in any error."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Any

import httpx2

from partners.ezyvet.answers import Answer, read_answer
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.envelope import Raw, error_text
from partners.ezyvet.errors import (
    EzyvetError,
    Garbage,
    RateLimited,
    SiteGone,
    Unavailable,
    Uncertain,
    WrongCredentials,
)
from partners.ezyvet.refusals import no_answer, wait_seconds
from partners.ezyvet.requests import TOKEN_ENDPOINT, Request
from partners.ezyvet.token import Token, read_token
from playbooks.plural import count_of

TIMEOUT = 15.0
"""Seconds for one request in all."""
CONNECT_TIMEOUT = 5.0
MOST_BYTES = 2 * 1024 * 1024
"""The longest answer that is read."""
SCOPES = (
    *("write-externalprescription", "read-prescription", "read-prescriptionitem", "read-user", "read-animal"),
    *("read-contact", "read-consult"),
)
USER_AGENT = f"practice-onboarding/{version('practice-onboarding')} (external prescriptions)"
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class Http:
    """ezyVet at `url`. Safe to share between tasks; opens one connection per request.

    A connection that was kept open may be closed by ezyVet just when a write is sent on it, and nobody could tell
    whether that was done.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.timeout = timeout
        self._url = url.rstrip("/")
        self._certificates = _certificates()

    async def send(self, request: Request, token: str) -> Answer:
        """Sends it with this token, once. Raises `EzyvetError`."""
        return read_answer(request, await self._send(request, {"authorization": f"Bearer {token}"}, (token,)))

    async def fetch_token(self, credentials: Credentials) -> Token:
        """Fetches a new token, which ends the one before. Raises `EzyvetError`."""
        values = credentials.values
        body = {**values, "grant_type": "client_credentials", "scope": ",".join(SCOPES)}
        request = Request("POST", f"/v1/{TOKEN_ENDPOINT}", body=body)
        try:
            raw = await self._send(request, {}, values.values())
        except Uncertain:
            raise Unavailable("ezyVet does not answer our request for a token; we ask again.") from None
        if raw.status in (404, 410):
            raise SiteGone("ezyVet knows no such site (404); if it was a trial, it has expired.")
        if raw.status == 429:
            seconds = wait_seconds(raw, error_text(raw))
            raise RateLimited(f"ezyVet gives no more tokens for {count_of(seconds, 'second')}.", seconds)
        said = error_text(raw)
        quoted = f"{raw.status}: {said}" if said else str(raw.status)
        if 400 <= raw.status < 500:
            raise WrongCredentials(
                f"ezyVet refuses the credentials ({quoted}); check client_id, client_secret and site_uid, and that the"
                " practice has given our partner access."
            )
        if raw.status >= 500:
            raise Unavailable(f"ezyVet fails to give a token ({quoted}); we ask again.")
        return self._read_token(request, raw)

    def _read_token(self, request: Request, raw: Raw) -> Token:
        value: Any = None
        if 200 <= raw.status < 300:
            try:
                value = httpx2.Response(raw.status, content=raw.body).json()["access_token"]
            except (ValueError, KeyError, TypeError):
                value = None
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
            said = error_text(raw)
            raise Garbage(f"ezyVet's answer to {request.name} has no token{f' ({said})' if said else ''}.")
        return read_token(value)

    async def _send(self, request: Request, headers: dict[str, str], secrets: Iterable[str]) -> Raw:
        headers = {**headers, "accept": "application/json", "user-agent": USER_AGENT}
        if (content := request.content) is not None:
            headers["content-type"] = "application/json"
        params = {name: str(value) for name, value in request.params.items()}
        timeout = httpx2.Timeout(self.timeout, connect=min(CONNECT_TIMEOUT, self.timeout))
        try:
            async with (
                asyncio.timeout(self.timeout),
                httpx2.AsyncClient(timeout=timeout, verify=self._certificates) as client,
                client.stream(
                    request.method, f"{self._url}{request.path}", params=params, content=content, headers=headers
                ) as response,
            ):
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise no_answer(request, "it is too long")
                return Raw(response.status_code, response.headers, bytes(body), tuple(secrets))
        except _NEVER_SENT as error:
            raise Unavailable(f"ezyVet cannot be reached ({_cause(error)}); we ask again.") from None
        except (TimeoutError, httpx2.TimeoutException):
            raise self._failed(request, f"does not answer within {self.timeout:g} seconds", timed_out=True) from None
        except httpx2.HTTPError as error:
            raise self._failed(request, f"breaks off the connection ({_cause(error)})") from None
        except httpx2.InvalidURL:
            raise Unavailable("ezyVet's address cannot be used; correct ONBOARD_EZYVET_URL.") from None

    @staticmethod
    def _failed(request: Request, what: str, *, timed_out: bool = False) -> EzyvetError:
        if request.write:
            return Uncertain(f"ezyVet {what}, so we check whether it was done.", timed_out=timed_out)
        return Unavailable(f"ezyVet {what}; we ask again.")


@cache
def _certificates() -> ssl.SSLContext:
    # Reading them takes longer than many a call.
    return httpx2.create_ssl_context()


def _cause(error: Exception) -> str:
    return str(error).rstrip(".")[:200] or type(error).__name__
