"""Responses to errors: a page for people, a problem document (RFC 9457) for programs.

No internals are shown: an unexpected error is answered with an identifier that is logged beside its traceback.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import RouteContext, iter_route_contexts
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
from web.clinic.access import member_visiting
from web.csrf import FIELD, HEADER, csrf_token, signed_out
from web.pages import by_htmx, for_practices, page
from web.practice.errors import visitor_problem
from web.problem import Problem, problem_of
from web.security import BODY_LIMIT, FOR_PROGRAMS, limit_for

log = logging.getLogger("web")

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: ("The request cannot be read", "Check the address and what was sent."),
    404: ("There is nothing here", "The address is wrong, or what was here is gone."),
    405: ("That is not possible here", "This address does not allow that."),
    408: ("That took too long", "The request was not complete in time; try again."),
    413: ("That is too large", "Send less at once."),
}
RESENT = (408, 413)
"""What a form that is filled in otherwise, or sent again, does not meet."""
RESENT_UNCHANGED = ("sign-in", "csrf")
"""Kinds of problems of a form that can be sent again as it is, once its sender has signed in."""
PASSWORDS = frozenset({"password", "old", "new"})
"""Fields that no page shows again."""
A_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])")
"""A list of codes has none."""
GONE = 499
"""The status, for logs and metrics only, of a request whose client left before its end."""
DEFECT = "The fault is ours, and it is on record. Try again; if it stays, tell us this number: {}."


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
            request = Request(scope, receive)
            response = await respond(request, problem, _page_of_form(request))
            await response(scope, receive, send)


async def respond(request: Request, problem: Problem, back: str | None = None) -> Response:
    """Returns the response for a problem: JSON for programs, a page or a notice for people.

    `back` is a page to go on with. A browser asks for the address of an answered form again when `Enter` is pressed in
    its address bar: where no page is, that leads to the one above.
    """
    if for_program(request):
        document = problem.document(request.state.request_id)
        return JSONResponse(document, problem.status, problem.headers, media_type=MEDIA_TYPE)
    sent = await _sent(request) if problem.code in RESENT_UNCHANGED else []
    # The address of the answer is not shown: it is that of the form's page.
    sent_to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    # What is kept is sent from where it stands: the other tab is for signing in alone.
    sign_in = _sign_in_page(request) if sent else _sign_in_address(request)
    context: dict[str, Any] = {"problem": problem, "sign_in": sign_in, "sent": sent, "sent_to": sent_to}
    context["readable"] = [text for _, text in sent if len(text.split()) > 1 and A_WORD.search(text)]
    back = back or (_page_of_form(request) if sent else None)
    fresh = {HEADER: csrf_token(request)} if sent and problem.code == "csrf" else {}
    if by_htmx(request):
        # Shown as a notice; the open page stays as it is.
        headers = {**problem.headers, **fresh, "HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        return await page(request, "problem_notice.html", status=problem.status, headers=headers, **context)
    if problem.status in (404, 405) and request.method == "GET" and (form := _form_alone(request)):
        return RedirectResponse(_nearest_page(request, form), status_code=303)
    # Without the database it is unknown who is signed in.
    if problem.status == 503:
        context["person"] = None
    elif problem.status < 500 and (member := await member_visiting(request)):
        context |= {"person": None, "member": member, "zone": member.time_zone}
    return await page(request, "problem.html", status=problem.status, headers=problem.headers, back=back, **context)


def for_program(request: Request) -> bool:
    return request.url.path.startswith(FOR_PROGRAMS) or "json" in request.headers.get("accept", "")


async def _problem(request: Request, error: Exception) -> Response:
    problem = problem_of(error, for_person=not for_program(request))
    assert problem is not None
    if isinstance(error, DatabaseProblem):
        log.warning("request %s: %s", request.state.request_id, error)
    return await respond(request, problem, _page_of_form(request) if problem.status == 422 else None)


async def _sign_in(request: Request, _: Exception) -> Response:
    """Redirects to the sign-in page, and from there back; what was typed is kept on a page, to be sent again."""
    if for_program(request):
        return await respond(request, Problem(401, "Sign in first", "You have to sign in for this.", code="sign-in"))
    # A page that is open, where somebody may be typing, stays.
    if by_htmx(request) or await _sent(request):
        return await respond(request, signed_out())
    return RedirectResponse(_sign_in_address(request), status_code=303)


async def _sent(request: Request) -> list[tuple[str, str]]:
    """Returns the fields of a form of ours that can be sent again; none for files, passwords and other sites' forms."""
    # Other sites cannot forge the header; without it, nobody knows whose words these are.
    from_our_page = request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not from_our_page or limit_for(request.url.path) > BODY_LIMIT:
        return []
    fields = [(name, text) for name, text in (await request.form()).multi_items() if name != FIELD]
    sent = [(name, text) for name, text in fields if isinstance(text, str)]
    return sent if len(sent) == len(fields) and PASSWORDS.isdisjoint(dict(sent)) else []


def _sign_in_page(request: Request) -> str:
    return "/members/sign-in" if for_practices(request) else "/sign-in"


def _sign_in_address(request: Request) -> str:
    """Returns the address of the sign-in page that leads back to the page that is open, or that a form belongs to."""
    sign_in = _sign_in_page(request)
    here = urlsplit((by_htmx(request) and request.headers.get("HX-Current-URL")) or str(request.url))
    back = here.path + (f"?{here.query}" if here.query else "")
    return f"{sign_in}?next={quote(back, safe='/')}" if back != "/" else sign_in


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"at": ".".join(str(step) for step in each["loc"]), "message": each["msg"]} for each in error.errors()[:20]
    ]
    if for_program(request):
        detail = f"{errors[0]['at']}: {errors[0]['message']}."
        told = Problem(422, "That is not valid", detail, code="invalid", more={"errors": errors})
        return await respond(request, told)
    where, *_, name = error.errors()[0]["loc"]
    pattern = str(request.scope["route"].path)
    if where == "path":
        problem = Problem(404, *TITLES[404], code="not-found")
    else:
        problem = Problem(422, "That is not valid", f"What was given for “{name}” is not valid.", code="invalid")
    back = _nearest_page(request, pattern, above=where == "path")
    return await visitor_problem(request, problem) or await respond(request, problem, back)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title, usual = TITLES.get(error.status_code, (HTTPStatus(error.status_code).phrase, ""))
    own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    problem = Problem(error.status_code, title, own or usual, code=code, headers=error.headers)
    # The addresses of questions, which a browser opens again, answer forms alone.
    visitors = await visitor_problem(request, problem) if request.method == "GET" and not for_program(request) else None
    route = request.scope.get("route") if error.status_code in RESENT else None
    return visitors or await respond(request, problem, _nearest_page(request, str(route.path)) if route else None)


def _routes(request: Request, method: str) -> Iterator[RouteContext]:
    return (each for each in iter_route_contexts(request.app.routes) if method in (each.methods or ()))


def _page_of_form(request: Request) -> str | None:
    """Returns the path of the page whose form was sent, to lead back to it; None if no form was."""
    route = request.scope.get("route") if request.method == "POST" else None
    return _nearest_page(request, str(route.path)) if route else None


def _form_alone(request: Request) -> str | None:
    """Returns the pattern of the route that takes a form at this address if it shows no page there; else None."""
    path = request.scope["path"]
    form = next((str(each.path) for each in _routes(request, "POST") if each.path_regex.match(path)), None)
    return None if any(each.path == form for each in _routes(request, "GET")) else form


def _nearest_page(request: Request, pattern: str, *, above: bool = False) -> str:
    """Returns the path of the page at the request's route, which has this pattern, or of the nearest `above` it."""
    pages = {each.path for each in _routes(request, "GET")}
    path = request.scope["path"]
    while pattern and (above or pattern not in pages):
        above = False
        pattern, path = pattern.rpartition("/")[0], path.rpartition("/")[0]
    return quote(path) if pattern else "/clinic" if for_practices(request) else "/"
