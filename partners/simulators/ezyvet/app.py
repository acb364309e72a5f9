"""The simulator's web application: ezyVet's API under `/v1/`, and the pages and controls of the stand-in."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from partners.simulators.ezyvet import api, control, index_page
from partners.simulators.ezyvet.broken_answers import with_connection
from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.guards import guard, problem_document
from partners.simulators.rendering import render_page


def make_app(simulator: Simulator) -> ASGIApp:
    ezyvet = FastAPI(title="ezyVet (stand-in)", openapi_url=None)
    ezyvet.include_router(api.router)
    pages = FastAPI(title="ezyVet (stand-in)", docs_url=None, redoc_url=None)
    for module in (control, index_page):
        pages.include_router(module.router)
    guard(pages, _problem)
    for app in (ezyvet, pages):
        app.state.simulator = simulator

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await (ezyvet if scope["type"] == "http" and scope["path"].startswith("/v1/") else pages)(scope, receive, send)

    return with_connection(application)


def _problem(request: Request, status: int, sentence: str) -> Response:
    if request.url.path.startswith("/control"):
        return problem_document(status, sentence)
    return render_page(index_page.environment, "problem.html", status, sentence=sentence)
