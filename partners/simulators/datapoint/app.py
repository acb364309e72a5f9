"""The simulator's web application: its pages, its JSON API, and how errors are answered."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from partners.simulators.datapoint import api, forms, index_page
from partners.simulators.datapoint.rendering import page
from partners.simulators.datapoint.simulator import Simulator
from partners.simulators.guards import guard, problem_document
from partners.smtp import TransportError


def make_app(simulator: Simulator) -> FastAPI:
    app = FastAPI(title="DataPoint (stand-in)", docs_url=None, redoc_url=None)
    app.state.simulator = simulator
    for module in (api, forms, index_page):
        app.include_router(module.router)

    guard(app, _problem)

    @app.exception_handler(TransportError)
    async def mail_not_sent(request: Request, error: TransportError) -> Response:
        return _problem(request, 502, str(error))

    return app


def _problem(request: Request, status: int, sentence: str) -> Response:
    if request.url.path.startswith(("/requests", "/control")):
        return problem_document(status, sentence)
    return page("problem.html", status, sentence=sentence)
