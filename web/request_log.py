"""Logs and counts each request, and gives it an identifier that the response carries as well.

Paths may hold tokens and names, so only the route's pattern is logged, never a path or a query.
"""

from __future__ import annotations

import logging
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.metrics import Metrics

log = logging.getLogger("web")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "(none)"


class RequestLog:
    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identifier = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = identifier
        began, status = time.perf_counter(), 500

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identifier
            await send(message)

        try:
            await self.app(scope, receive, with_id)
        finally:
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            route = pattern(scope)
            self.metrics.observe(method, route, status, seconds)
            log.info("%s %s %d %.0f ms %s", method, route, status, seconds * 1000, identifier)


def pattern(scope: Scope) -> str:
    """Returns the pattern of the route that matched, such as `/p/{token}`."""
    route = scope.get("route")
    return str(getattr(route, "path", UNKNOWN)) if route is not None else UNKNOWN
