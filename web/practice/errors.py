"""What goes wrong at a practice's page, told to people who have no account and need not know what we run.

A link that does not let in is answered alike and after the same time, whatever it was: nobody learns from it whether
it ever worked.
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
from web.pages import page
from web.practice.access import NoEntry
from web.problem import Problem, problem_of

log = logging.getLogger("web")

SAME_TIME = 0.3
"""Seconds after which every refusal is answered: longer than it takes to ask an onboarding."""


class PracticeRoute(APIRoute):
    """A route of the practice's page. `words` is the folder of the templates by which trouble is told."""

    words: ClassVar[str] = "practice"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            began = time.perf_counter()
            try:
                return await handle(request)
            except NoEntry as refusal:
                answer = await _no_entry(request, refusal, self.words)
                await asyncio.sleep(max(0.0, SAME_TIME - (time.perf_counter() - began)))
                return answer
            except (Problem, DeskProblem, Refused, RecordsError, DatabaseProblem) as error:
                problem = problem_of(error)
                assert problem is not None, "all of these are known"
                if problem.status >= 500:
                    log.warning("request %s: %s", request.state.request_id, error)
                return await _trouble(request, problem, self.words)

        return told


async def _no_entry(request: Request, refusal: NoEntry, words: str) -> Response:
    status = 429 if refusal.seconds else 410
    headers = {"Retry-After": str(refusal.seconds)} if refusal.seconds else None
    return await page(
        request, f"{words}/no_entry.html", status=status, headers=headers, person=None, seconds=refusal.seconds
    )


async def _trouble(request: Request, problem: Problem, words: str) -> Response:
    back = "/".join(request.url.path.split("/")[:3])
    return await page(
        request,
        f"{words}/trouble.html",
        status=problem.status,
        headers=problem.headers,
        person=None,
        problem=problem,
        back=back,
    )
