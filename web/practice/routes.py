"""`/p/{token}`: the page, and for each action a form, a question and an answer.

GET shows, and changes nothing. A form leads to the question what exactly shall happen; only the answer to that, with
its one-time value, does it. So a program that follows links or sends forms does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.links import PATH
from web.pages import go, page
from web.practice import once
from web.practice.actions import ACTIONS, Action, offered
from web.practice.actions.base import Values, Wrong
from web.practice.actions.preparation import answered, words_file
from web.practice.connection import lost_of
from web.practice.data import copied, data_of
from web.practice.door import Entered, Visitor
from web.practice.story import story_of
from web.practice.telling import Told
from web.practice.times import Clock
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix=f"{PATH}{{token}}", route_class=Told)


@router.get("")
async def practice_page(request: Request, web: Web, visitor: Entered) -> Response:
    before = await answered(web, visitor)
    data, lost = await data_of(web, visitor), await lost_of(web, visitor)
    words = {"offers": offered(visitor), "before": before, "data": data, "lost": lost}
    if lost:
        visitor = replace(visitor, now=lost.now)
    return await _page(request, web, visitor, "practice/page.html", **words)


async def chosen(visitor: Entered, action: str) -> Action:
    """The action in the address, if this visitor can do it now."""
    if found := offered(visitor).get(action):
        return found
    if any(each.name == action and visitor.role in each.roles for each in ACTIONS):
        raise Problem(409, "That is not possible any more", "Your page shows where it stands now.", code="not-now")
    raise Problem(404, "There is nothing here", "Your page shows what you can do.", code="not-found")


Chosen = Annotated[Action, Depends(chosen)]


@router.get("/{action}")
async def form(request: Request, web: Web, visitor: Entered, action: Chosen) -> Response:
    return await _form(request, web, visitor, action)


@router.post("/{action}")
async def question(request: Request, web: Web, visitor: Entered, action: Chosen) -> Response:
    given = await _given(request)
    try:
        values = action.read(visitor, given)
    except Wrong as wrong:
        return await _form(request, web, visitor, action, given, str(wrong))
    value = once.ask(once.Question(request, visitor, action.name, values))
    return await _action_page(request, web, visitor, action, values=values, once=value)


@router.post("/{action}/confirm")
async def answer(request: Request, web: Web, visitor: Entered, action: Chosen) -> Response:
    given = await _given(request)
    try:
        values = action.read(visitor, given)
    except Wrong as wrong:
        return await _form(request, web, visitor, action, given, str(wrong))
    question = once.Question(request, visitor, action.name, values)
    key = await once.take(question, given.get(once.FIELD, ""))
    outcome = await action.do(web, visitor, values, key)
    if outcome.leaves:
        return await _page(request, web, visitor, "practice/done.html", said=outcome.said)
    return go(request, visitor.here, outcome.said)


async def _given(request: Request) -> dict[str, str]:
    """The fields of a form, as text; files are none."""
    return {name: text for name, text in (await request.form()).items() if isinstance(text, str)}


async def _form(
    request: Request,
    web: Services,
    visitor: Visitor,
    action: Action,
    given: Mapping[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    """The form of an action: empty, or with what was given and what is wrong about it."""
    return await _action_page(request, web, visitor, action, given=given, problem=problem)


async def _action_page(
    request: Request,
    web: Services,
    visitor: Visitor,
    action: Action,
    *,
    given: Mapping[str, str] | None = None,
    problem: str | None = None,
    values: Values | None = None,
    once: str | None = None,
) -> Response:
    def filled(name: str, otherwise: str = "") -> str:
        return otherwise if given is None else given.get(name, "")

    words = {"filled": filled, "problem": problem, "values": values, "once": once, "action": action.name}
    words |= await action.words(web, visitor)
    template = f"practice/actions/{action.name}.html"
    return await _page(request, web, visitor, template, status=422 if problem else 200, **words)


async def _page(request: Request, web: Services, visitor: Visitor, template: str, **words: Any) -> Response:
    clock = Clock(visitor.zone, visitor.now)
    return await page(
        request,
        template,
        person=None,
        zone=visitor.zone,
        now=visitor.now,
        story=story_of(visitor),
        visitor=visitor,
        practice=visitor.onboarding.practice.name,
        here=visitor.here,
        clock=clock,
        its_words=words_file(visitor.playbook.name),
        copied=copied(),
        **words,
    )
