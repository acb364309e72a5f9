"""`/p/{token}`: the page, and for each action a form, a question and an answer.

GET changes nothing. A form leads to a question that names exactly what will be done; only the answer to it, with its
one-time value, does it. So programs that follow links or send forms change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from playbooks.engine.idempotency import OVERTAKEN
from playbooks.engine.transition import Refused
from practice_page.actions import actions_of, offered
from practice_page.actions.base import Action, Outcome
from practice_page.actions.fields import InvalidAnswer, Values
from practice_page.actions.report import ReportFact
from practice_page.answers import answers_of, wants_answer, with_answers
from practice_page.data import copied_values, load_data
from practice_page.lost_connection import LostConnection, find_lost_connection
from practice_page.named_time import named_time
from practice_page.overview import Overview, overview_of
from practice_page.returning import find_declined
from practice_page.visitor import Visitor
from store.accounts import practice_links
from store.accounts.practice_links import PATH
from templates.languages import say
from web.pages import go, kept, page, typed
from web.practice import drafts, form_tokens
from web.practice.access import Entered, Reading, enter
from web.practice.errors import PracticeRoute
from web.practice.texts import texts_of
from web.practice.times import Clock
from web.problem import Problem
from web.services import Services, Web

SHOWN = "shown"
"""The field with what the form showed that it would replace."""

router = APIRouter(prefix=f"{PATH}{{token}}", route_class=PracticeRoute)


@router.api_route("", methods=["GET", "HEAD"])
async def practice_page(request: Request, web: Web, visitor: Reading) -> Response:
    visitor, lost, overview = await find_state(web, visitor)
    data, offers = await load_data(web.desk, visitor), offered(visitor.acting)
    context: dict[str, Any] = {"offers": offers, "before": answers_of(visitor), "data": data, "lost": lost}
    context["reports"] = [each for each in offers.values() if isinstance(each, ReportFact)]
    context["named"] = named_time(visitor.acting, lost.overview) if lost else named_time(visitor, overview)
    if data and data.last:
        # The onboarding is complete with the first data, and does not record later feeds.
        overview = replace(overview, copied=True)
    return await contact_page(request, visitor, "practice/page.html", overview=overview, **context)


async def find_state(web: Services, visitor: Visitor) -> tuple[Visitor, LostConnection | None, Overview]:
    """Returns the visitor with the time of what is shown, the lost connection, if it is, and the overview."""
    lost = await find_lost_connection(web.desk, visitor)
    if lost:
        visitor = replace(visitor, now=lost.now)
    return visitor, lost, with_answers(visitor, overview_of(visitor), answers_of(visitor))


def acting(visitor: Entered) -> Visitor:
    return visitor.acting


Acting = Annotated[Visitor, Depends(acting)]
"""A route's parameter: the visitor as whom what they do is recorded."""


async def chosen(visitor: Acting, action: str) -> Action:
    if found := offered(visitor).get(action):
        return found
    if not_now := next((each.not_now(visitor) for each in actions_of(visitor) if each.name == action), None):
        raise Problem(409, say("That is not possible now"), not_now, code="not-now")
    raise Problem(404, say("There is nothing here"), say("Your page shows what you can do."), code="not-found")


Chosen = Annotated[Action, Depends(chosen)]


@router.get("/{action}")
async def form(request: Request, web: Web, visitor: Acting, action: Chosen) -> Response:
    return await _action_page(request, web, visitor, action, given=drafts.kept_for(request, visitor.link, action.name))


@router.post("/{action}")
async def question(request: Request, web: Web, visitor: Acting, action: Chosen) -> Response:
    return await _question(request, web, visitor, action, await typed(request))


@router.post("/{action}/confirm")
async def answer(request: Request, web: Web, token: str, action: str) -> Response:
    """A repeated confirmation is answered with the first one's outcome, also if the link is invalid by then."""
    given = await typed(request)
    link = await practice_links.find(web.database, token, over=True)
    answered = form_tokens.answered(request, link, action, given)
    if answered is None:
        visitor = (await enter(request, web, token)).acting
        found = await chosen(visitor, action)
        return await _question(request, web, visitor, found, given, again=True)

    async def act(key: str) -> Outcome:
        visitor = (await enter(request, web, token)).acting
        found = await chosen(visitor, action)
        _check_shown(visitor, found, given)
        values = found.read(visitor, given)
        try:
            return await found.do(web.desk, visitor, values, key)
        except Refused as refusal:
            if refusal.code != OVERTAKEN:
                raise
        visitor = (await enter(request, web, token)).acting
        raise InvalidAnswer({"": found.overtaken(visitor)})

    try:
        outcome = await form_tokens.carry_out(*answered, act)
    except InvalidAnswer as wrong:
        visitor = (await enter(request, web, token)).acting
        found = await chosen(visitor, action)
        return await _action_page(request, web, visitor, found, given=given, errors=wrong.errors, status=409)
    if outcome.ends_link:
        returns = token if await find_declined(web.desk, token) else None
        return kept(await page(request, "practice/done.html", person=None, message=outcome.message, token=returns))
    return go(request, f"{PATH}{token}", outcome.message)


async def _question(
    request: Request, web: Services, visitor: Visitor, action: Action, given: Mapping[str, str], *, again: bool = False
) -> Response:
    """Shows what will happen and asks for a yes, or shows the form again with what is wrong."""
    try:
        _check_shown(visitor, action, given)
    except InvalidAnswer as wrong:
        return await _action_page(request, web, visitor, action, given=given, errors=wrong.errors, status=409)
    try:
        values = action.read(visitor, given)
    except InvalidAnswer as wrong:
        return await _action_page(request, web, visitor, action, given=given, errors=wrong.errors, status=422)
    drafts.drop(request)
    values |= {SHOWN: action.shown(visitor)}
    once = form_tokens.ask(form_tokens.Question(request, visitor.link, action.name, values))
    status = 409 if again else 200
    return await _action_page(request, web, visitor, action, values=values, once=once, again=again, status=status)


def _check_shown(visitor: Visitor, action: Action, given: Mapping[str, str]) -> None:
    """Raises `InvalidAnswer` if the form showed something else than what it would replace now."""
    if given.get(SHOWN, "") != action.shown(visitor):
        raise InvalidAnswer({"": action.overtaken(visitor)})


async def _action_page(
    request: Request,
    web: Services,
    visitor: Visitor,
    action: Action,
    *,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    values: Values | None = None,
    once: str | None = None,
    again: bool = False,
    status: int = 200,
) -> Response:
    def filled(name: str, otherwise: str = "") -> str:
        return otherwise if given is None else given.get(name, "")

    context = {"filled": filled, "given": given or {}, "errors": errors or {}, "values": values, "once": once}
    context |= {"action": action.name, "shown": action.shown(visitor), "again": again}
    context |= {"kept_draft": given is not None and not errors} | await action.context(web.desk, visitor)
    template = f"practice/actions/{action.template or action.name}.html"
    response = await contact_page(request, visitor, template, status=status, **context)
    return kept(response) if once or errors else response


async def contact_page(request: Request, visitor: Visitor, template: str, **context: Any) -> Response:
    """Renders a page for a contact, with the values that all of them need."""
    clock = Clock(visitor.zone, visitor.now)
    overview = context.pop("overview", None) or overview_of(visitor)
    return await page(
        request,
        template,
        person=None,
        zone=visitor.zone,
        now=visitor.now,
        overview=overview,
        wants_answer=wants_answer(visitor, overview),
        visitor=visitor,
        practice=visitor.onboarding.practice.name,
        here=visitor.here,
        clock=clock,
        texts_of=texts_of(visitor.playbook.name),
        partner=visitor.integration.partner,
        copied=copied_values(),
        **context,
    )
