"""The simulator's web application: its pages, its JSON API, and how errors are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from partners.simulators.datapoint import api, forms, index_page
from partners.simulators.datapoint.errors import NotFound, SimulatorProblem
from partners.simulators.datapoint.rendering import page
from partners.simulators.datapoint.simulator import Simulator
from partners.smtp import TransportError

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def make_app(simulator: Simulator) -> FastAPI:
    app = FastAPI(title="DataPoint (stand-in)", docs_url=None, redoc_url=None)
    app.state.simulator = simulator
    for module in (api, forms, index_page):
        app.include_router(module.router)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # Another site's page, open in the same browser, must not submit our forms.
        if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _problem(request, 403, "This came from another site's page: use the stand-in's own.")
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(SimulatorProblem)
    async def refused(request: Request, error: SimulatorProblem) -> Response:
        return _problem(request, 404 if isinstance(error, NotFound) else 409, str(error))

    @app.exception_handler(TransportError)
    async def mail_not_sent(request: Request, error: TransportError) -> Response:
        return _problem(request, 502, str(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        details = [
            f"{'.'.join(str(step) for step in each['loc'][1:]) or 'the body'}:"
            f" {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()[:5]
        ]
        return _problem(request, 422, f"{'; '.join(details)}.")

    return app


def _problem(request: Request, status: int, sentence: str) -> Response:
    if request.url.path.startswith(("/requests", "/control")):
        body = {"type": "about:blank", "status": status, "title": "Not done", "detail": sentence}
        return JSONResponse(body, status, media_type="application/problem+json")
    return page("problem.html", status, sentence=sentence)
