"""Security headers, allowed hosts, and limits on request bodies.

A route may set any of the headers itself, as `framed` does; the others are added here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No inline scripts or styles, nothing from other sites, and no framing by other sites."""

MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'; base-uri 'none'"
"""For a mail shown in an iframe: inline styles, but no scripts, requests or navigation."""

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
"""The largest body in bytes, by the beginning of the path; BODY_LIMIT for other paths."""
BODY_SECONDS = 60.0
"""How long a client may take to send a body; one second more for each MB of the limit."""

DISCARDED = 20_000_000
"""Bytes beyond the limit that are still read, so that the sender receives the error."""

CLOSE = {"Connection": "close"}
"""After refusing a body the connection is closed instead of reading the rest."""

FOR_PROGRAMS = ("/api/", "/hooks/")
"""Paths without cookies; routes below them must not use the visit."""

PROBES = ("/healthz", "/readyz")
"""Requested by load balancers, by address instead of host name; they reveal nothing."""


def framed(html: str) -> Response:
    """Returns a mail as a response for `<iframe sandbox>` on one of our pages; harmless on its own as well."""
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL, "X-Frame-Options": "SAMEORIGIN"})


class Headers:
    """Adds HEADERS to every response, HSTS if served by https, and makes redirects relative."""

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
                    headers["location"] = relative(headers["location"], RequestHeaders(scope=scope).get("host", ""))
            await send(message)

        await self.app(scope, receive, with_headers)


def relative(location: str, host: str) -> str:
    """Strips scheme and host from an address of ours: behind a proxy the scheme may not be what the visitor uses."""
    parts = urlsplit(location)
    here = parts.netloc == host and parts.path.startswith("/") and not parts.path.startswith("//")
    return urlunsplit(("", "", *parts[2:])) if here else location


class Hosts:
    """Refuses host names other than the public one and this machine's own, against DNS rebinding."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in PROBES:
            host = RequestHeaders(scope=scope).get("host", "")
            if host_name(host) not in self.hosts:
                refusal = PlainTextResponse("This server does not have that name.", status_code=421)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def allowed_hosts(public_url: str | None) -> frozenset[str]:
    named = urlsplit(public_url).hostname if public_url else None
    return frozenset({"localhost", "127.0.0.1", "::1", *([named] if named else [])})


def host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class Bodies:
    """Refuses bodies that are too large (413) or too slow (408) while they are read.

    Also refuses two statements of the length (400), which could be used for request smuggling through a proxy.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = RequestHeaders(scope=scope)
        if "transfer-encoding" in headers and "content-length" in headers:
            refusal = PlainTextResponse("Say the length of the body in one way.", 400, CLOSE)
            await refusal(scope, receive, send)
            return
        limit = limit_for(scope["path"])
        length = headers.get("content-length", "")
        announced = int(length) if length.isdecimal() else 0
        received, complete = 0, False
        deadline = asyncio.get_running_loop().time() + BODY_SECONDS + limit / 1_000_000

        async def limited() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        message = await receive()
                except TimeoutError:
                    raise HTTPException(408, "The request was not complete in time; try again.", CLOSE) from None
                if message["type"] != "http.request":
                    return message
                received += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if max(received, announced) <= limit:
                    return message
                # A client that is still sending does not read the response: discard what comes, up to a limit.
                if complete or received > limit + DISCARDED:
                    detail = f"That is too large: at most {limit / 1_000_000:g} MB can be sent here at once."
                    raise HTTPException(413, detail, None if complete else CLOSE)

        await self.app(scope, limited, send)


def limit_for(path: str) -> int:
    return next((limit for start, limit in BODY_LIMITS.items() if path.startswith(start)), BODY_LIMIT)
