"""What every answer says to browsers, and whom and how much the web listens to at all.

A route may set any of the headers itself, as `framed` does; what it leaves out is added here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import Headers as Given
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No inline script or style, nothing from elsewhere, and no other site may frame a page."""

MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'; base-uri 'none'"
"""For a mail shown in a frame of ours: its own styles, and nothing that runs, loads or leads anywhere."""

HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
HTTPS_ONLY = "max-age=31536000; includeSubDomains"

BODY_LIMIT = 1_000_000
BODY_LIMITS = {
    "/hooks/": 256_000,
    "/start/many": 20_000_000,
    "/review/try": 6_000_000,
    "/data/feeds/": 50_000_000,
    "/api/practices/": 500_000_000,
}
"""Bytes of the largest body, for all paths that begin like this; for the others BODY_LIMIT."""
BODY_SECONDS = 60.0
"""How long a client may take to send a body, and for each MB that it may be long a second more."""

WASTED = 20_000_000
"""Bytes beyond the limit that are still taken, so that the sender gets to know what was wrong."""

CLOSE = {"Connection": "close"}
"""Of a body that is refused the rest is not waited for."""

ASKED_BY_MACHINES = ("/healthz", "/readyz")
"""Asked by load balancers, which use an address instead of the host's name; they tell nothing."""


def framed(html: str) -> Response:
    """An answer that is a mail: to be shown in `<iframe sandbox>` of a page of ours, and harmless on its own."""
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL, "X-Frame-Options": "SAMEORIGIN"})


class Headers:
    """Adds HEADERS to every answer, and HSTS where people come by https; redirects stay with the visitor's scheme."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        self.headers = HEADERS | ({"Strict-Transport-Security": HTTPS_ONLY} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if "location" in headers:
                    headers["location"] = within(headers["location"], Given(scope=scope).get("host", ""))
            await send(message)

        await self.app(scope, receive, with_headers)


def within(location: str, host: str) -> str:
    """An address of ours without scheme and host: behind a proxy we may not know that visitors come by https."""
    parts = urlsplit(location)
    here = parts.netloc == host and parts.path.startswith("/") and not parts.path.startswith("//")
    return urlunsplit(("", "", *parts[2:])) if here else location


class Hosts:
    """Answers to the public address and to this machine's own names, and to nobody who was led here by another."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in ASKED_BY_MACHINES:
            host = Given(scope=scope).get("host", "")
            if host_name(host) not in self.hosts:
                refusal = PlainTextResponse("This server is not known by that name.", status_code=421)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def known_hosts(public_url: str | None) -> frozenset[str]:
    """The names that the web answers to."""
    named = urlsplit(public_url).hostname if public_url else None
    return frozenset({"localhost", "127.0.0.1", "::1", *([named] if named else [])})


def host_name(host: str) -> str:
    """The name in a Host header, in lower case and without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class Bodies:
    """Refuses a body that is too large (413) or comes too slowly (408), wherever it is read.

    One whose length is told in two ways (400) may end elsewhere for a proxy, which would take what follows for another
    visitor's request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Given(scope=scope)
        if "transfer-encoding" in given and "content-length" in given:
            refusal = PlainTextResponse("Say the length of the body in one way.", 400, CLOSE)
            await refusal(scope, receive, send)
            return
        limit = limit_for(scope["path"])
        length = given.get("content-length", "")
        announced = int(length) if length.isdecimal() else 0
        taken, whole = 0, False
        deadline = asyncio.get_running_loop().time() + BODY_SECONDS + limit / 1_000_000

        async def limited() -> Message:
            nonlocal taken, whole
            if whole:
                return await receive()
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        message = await receive()
                except TimeoutError:
                    raise HTTPException(408, "The request was not sent to its end in time; try again.", CLOSE) from None
                if message["type"] != "http.request":
                    return message
                taken += len(message.get("body", b""))
                whole = not message.get("more_body", False)
                if max(taken, announced) <= limit:
                    return message
                # Whoever is still sending does not hear the answer: what comes is taken, thrown away, and not for ever.
                if whole or taken > limit + WASTED:
                    said = f"That is too large: at most {limit // 1000:,} kB can be sent here."
                    raise HTTPException(413, said, None if whole else CLOSE)

        await self.app(scope, limited, send)


def limit_for(path: str) -> int:
    """Bytes of the largest body that this path takes."""
    return next((limit for start, limit in BODY_LIMITS.items() if path.startswith(start)), BODY_LIMIT)
