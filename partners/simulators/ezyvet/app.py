"""The simulator's web application: ezyVet's API under `/v1/`, and the pages and controls of the stand-in."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from partners.simulators.ezyvet import control, index_page
from partners.simulators.ezyvet.broken_answers import with_connection
from partners.simulators.ezyvet.resources import EXTERNAL
from partners.simulators.ezyvet.simulator import Call, Simulator
from partners.simulators.guards import guard, problem_document
from partners.simulators.rendering import render_page

METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def make_app(simulator: Simulator) -> ASGIApp:
    ezyvet = FastAPI(title="ezyVet (stand-in)", openapi_url=None)
    ezyvet.add_api_route("/v1/{path:path}", _answer, methods=METHODS, include_in_schema=False)
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


async def _answer(path: str, request: Request) -> Response:
    simulator: Simulator = request.app.state.simulator
    endpoint, _, uid = path.partition("/") if path.startswith(f"{EXTERNAL}/") else (path, "", "")
    call = Call(
        method=request.method,
        endpoint=endpoint,
        uid=uid,
        query=tuple(request.query_params.multi_items()),
        authorization=request.headers.get("authorization", ""),
        content=await request.body(),
    )
    return await simulator.handle(call)
