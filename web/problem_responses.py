"""Responses to errors: a page for people, a problem document (RFC 9457) for programs.

No internals are shown: an unexpected error is answered with an identifier that is logged beside its traceback.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.problem import DeskProblem
from pharmacy.records.errors import RecordsError
from playbooks.engine.transition import Refused
from store.accounts.problem import AccountProblem
from store.database import DatabaseProblem
from web.authorization import SignInNeeded
from web.pages import by_htmx, for_practices, page
from web.practice.errors import visitor_problem
from web.problem import Problem, problem_of
from web.security import FOR_PROGRAMS

log = logging.getLogger("web")

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: ("The request cannot be read", "Check the address and what was sent."),
    404: ("There is nothing here", "The address is wrong, or what was here is gone."),
    405: ("That is not possible here", "This address does not allow that."),
    408: ("That took too long", "The request was not complete in time; try again."),
    413: ("That is too large", "Send less at once."),
}
GONE = 499
"""The status, for logs and metrics only, of a request whose client left before its end."""
DEFECT = "The fault is ours, and it is on record. Try again; if it stays, give an engineer this number: {}."


def install(app: FastAPI) -> None:
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        **dict.fromkeys((Problem, DeskProblem, Refused, AccountProblem, RecordsError, DatabaseProblem), _problem),
        SignInNeeded: _sign_in,
        RequestValidationError: _invalid,
        HTTPException: _http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


class DefectResponses:
    """Answers unexpected exceptions with 500, and logs the traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            if not started:
                await Response(status_code=GONE)(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            identifier = scope["state"]["request_id"]
            if (problem := problem_of(error)) is None:
                log.exception("defect in request %s", identifier)
                problem = Problem(500, "Something went wrong", DEFECT.format(identifier), code="defect")
            response = await respond(Request(scope, receive), problem)
            await response(scope, receive, send)


async def respond(request: Request, problem: Problem) -> Response:
    """Returns the response for a problem: JSON for programs, a page or a notice for people."""
    if for_program(request):
        document = problem.document(request.state.request_id)
        return JSONResponse(document, problem.status, problem.headers, media_type=MEDIA_TYPE)
    if by_htmx(request):
        # Shown as a notice; the open page stays as it is.
        headers = {**problem.headers, "HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        return await page(request, "problem_notice.html", status=problem.status, headers=headers, problem=problem)
    if problem.status == 503:
        # Without the database it is unknown who is signed in.
        return await page(request, "problem.html", status=503, headers=problem.headers, problem=problem, person=None)
    return await page(request, "problem.html", status=problem.status, headers=problem.headers, problem=problem)


def for_program(request: Request) -> bool:
    return request.url.path.startswith(FOR_PROGRAMS) or "json" in request.headers.get("accept", "")


async def _problem(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    assert problem is not None
    if isinstance(error, DatabaseProblem):
        log.warning("request %s: %s", request.state.request_id, error)
    return await respond(request, problem)


async def _sign_in(request: Request, _: Exception) -> Response:
    """Redirects to the sign-in page, and from there back if a page was asked for."""
    if for_program(request):
        return await respond(request, Problem(401, "Sign in first", "You have to sign in for this.", code="sign-in"))
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    sign_in = "/members/sign-in" if for_practices(request) else "/sign-in"
    where = f"{sign_in}?next={quote(back, safe='/')}" if request.method == "GET" and back != "/" else sign_in
    if by_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": sign_in})
    return RedirectResponse(where, status_code=303)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"at": ".".join(str(step) for step in each["loc"]), "message": each["msg"]} for each in error.errors()[:20]
    ]
    first = errors[0]
    detail = f"{first['at']}: {first['message']}." if errors else "Something in it is not valid."
    return await respond(request, Problem(422, "That is not valid", detail, code="invalid", more={"errors": errors}))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title, usual = TITLES.get(error.status_code, (HTTPStatus(error.status_code).phrase, ""))
    own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    problem = Problem(error.status_code, title, own or usual, code=code, headers=error.headers)
    # The addresses of questions, which a browser opens again, answer forms alone.
    visitors = await visitor_problem(request, problem) if request.method == "GET" and not for_program(request) else None
    return visitors or await respond(request, problem)
