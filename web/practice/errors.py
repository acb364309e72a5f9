"""Errors on the practice's page, for people without an account.

Every invalid link gets the same answer after the same time, so that nobody learns whether it was ever valid.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from desk.problem import DeskProblem
from pharmacy.records.errors import RecordsError
from playbooks.engine.transition import Refused
from store.database import DatabaseProblem
from templates.languages import ENGLISH, speaking
from web.pages import page
from web.practice import drafts
from web.practice.access import NoEntry
from web.practice.language import language_of
from web.problem import Problem, problem_of

log = logging.getLogger("web")

REFUSAL_SECONDS = 0.3
"""Seconds after which an invalid link is refused; longer than querying an onboarding takes."""


class PracticeRoute(APIRoute):
    """A route of the practice's page. `folder` has the templates of the error pages; `translated`: its words are
    in the reader's language."""

    folder: ClassVar[str] = "practice"
    translated: ClassVar[bool] = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            with speaking(language_of(request) if self.translated else ENGLISH):
                return await answer(request)

        async def answer(request: Request) -> Response:
            started = time.perf_counter()
            try:
                return await original(request)
            except NoEntry as refusal:
                answer = await _refuse(request, refusal, self.folder)
                await asyncio.sleep(max(0.0, REFUSAL_SECONDS - (time.perf_counter() - started)))
                return answer
            except (Problem, DeskProblem, Refused, RecordsError, DatabaseProblem) as error:
                problem = problem_of(error, for_person=True)
                assert problem is not None, "all of these are known"
                if problem.status >= 500:
                    log.warning("request %s: %s", request.state.request_id, error)
                return await _problem_page(request, problem, self.folder)

        return handler


async def visitor_problem(request: Request, problem: Problem) -> Response | None:
    """Returns the page of a problem for those who came by a link, whatever the address below it; else None."""
    folder = _FOLDERS.get(request.url.path.split("/")[1])
    if folder is None:
        return None
    with speaking(language_of(request) if folder == "practice" else ENGLISH):
        return await _problem_page(request, problem, folder)


_FOLDERS = {"p": "practice", "o": "owner", "rx": "order"}


async def _refuse(request: Request, refusal: NoEntry, folder: str) -> Response:
    status = 429 if refusal.seconds else 410
    headers = {"Retry-After": str(refusal.seconds)} if refusal.seconds else None
    typed = await drafts.typed_on(request)
    return await page(
        request,
        f"{folder}/no_entry.html",
        status=status,
        headers=headers,
        person=None,
        seconds=refusal.seconds,
        why=refusal.why,
        token=request.path_params["token"] if refusal.returns else None,
        role=refusal.link.role if refusal.link else "",
        typed=typed,
        kept=refusal.why is None and drafts.keep(request, refusal.link, typed),
    )


async def _problem_page(request: Request, problem: Problem, folder: str) -> Response:
    back = "/".join(request.url.path.split("/")[:3])
    return await page(
        request,
        f"{folder}/trouble.html",
        status=problem.status,
        headers=problem.headers,
        person=None,
        problem=problem,
        back=back,
        typed=await drafts.typed_on(request),
    )
