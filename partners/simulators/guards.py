"""What the simulators' pages and controls share: headers, forms of their own pages only, and errors in one sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

Problem = Callable[[Request, int, str], Response]


class SimulatorProblem(Exception):
    """Something that cannot be done now; the message is a sentence."""


class NotFound(SimulatorProblem):
    """Something that does not exist, or does not exist any more."""


def guard(app: FastAPI, problem: Problem) -> None:
    """`problem` makes the answer from a status and a sentence."""

    @app.middleware("http")
    async def refuse_other_sites(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # Another site's page, open in the same browser, must not submit our forms.
        if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return problem(request, 403, "This came from another site's page: use the stand-in's own.")
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(SimulatorProblem)
    async def refused(request: Request, error: SimulatorProblem) -> Response:
        return problem(request, 404 if isinstance(error, NotFound) else 409, str(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        details = [
            f"{'.'.join(str(step) for step in each['loc'][1:]) or 'the body'}:"
            f" {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()[:5]
        ]
        return problem(request, 422, f"{'; '.join(details)}.")


def problem_document(status: int, sentence: str) -> JSONResponse:
    body = {"type": "about:blank", "status": status, "title": "Not done", "detail": sentence}
    return JSONResponse(body, status, media_type="application/problem+json")
