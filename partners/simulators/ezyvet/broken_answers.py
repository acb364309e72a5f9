"""The answers of a server or network that misbehaves."""

from __future__ import annotations

import math

from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from partners.simulators.ezyvet.envelope import error_answer
from partners.simulators.ezyvet.errors import ServerError, TooManyRequests
from partners.simulators.ezyvet.faults import Fault

PAGE = "<!doctype html><title>Be right back</title><h1>Scheduled maintenance</h1><p>Please try again later.</p>"
CONNECTION = "connection"
"""Where a request's scope has the transport that it came by."""


class Cut(Response):
    """Ends the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CONNECTION].abort()
        # uvicorn would still send an error if this returned before it knows that the connection has ended.
        while (await receive())["type"] != "http.disconnect":
            pass


class HalfAnswer(Response):
    """Sends the first half of another answer, and ends the connection."""

    def __init__(self, whole: Response) -> None:
        super().__init__(status_code=whole.status_code)
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self._whole.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self._whole.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        scope[CONNECTION].close()
        while (await receive())["type"] != "http.disconnect":
            pass


def with_connection(app: ASGIApp) -> ASGIApp:
    """Lets answers end the connection: uvicorn's `send` is a method of the object that has its transport."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CONNECTION: getattr(getattr(send, "__self__", None), "transport", None)}, receive, send)

    return application


def broken_answer(fault: Fault, whole: Response | None) -> Response:
    """`whole` is what would have been answered, if it is known."""
    match fault.do:
        case "half_answer" if whole is not None:
            return HalfAnswer(whole)
        case "429":
            return error_answer(TooManyRequests(math.ceil(fault.seconds)))
        case "500":
            return error_answer(ServerError("An internal error occurred."), fault.status or 500)
        case "html":
            return HTMLResponse(PAGE, fault.status or 200)
        case "empty":
            return Response(b"", 200)
        case "other_json":
            return JSONResponse({"status": "ok"})
        case _:
            return Cut()
