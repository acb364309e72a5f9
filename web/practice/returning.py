"""`/p/{token}/take-back`: for who said that they are not the right person, by the link that this ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from practice_page.actions.base import Outcome
from practice_page.returning import find_declined, take_back
from practice_page.visitor import Visitor
from store.accounts import practice_links
from store.accounts.practice_links import PATH
from web.pages import kept, page, typed
from web.practice import form_tokens
from web.practice.access import let_in
from web.practice.errors import PracticeRoute
from web.services import Web

ACTION = "take-back"

router = APIRouter(prefix=f"{PATH}{{token}}/{ACTION}", route_class=PracticeRoute)


async def declined(request: Request, web: Web, token: str) -> Visitor:
    """Returns who may take it back with this link. Raises `NoEntry`."""
    return await let_in(request, web, lambda: find_declined(web.desk, token))


Declined = Annotated[Visitor, Depends(declined)]


@router.get("")
async def question(request: Request, visitor: Declined) -> Response:
    return await _question(request, visitor)


@router.post("")
async def answer(request: Request, web: Web, token: str) -> Response:
    """Does it once; a repeated answer gets the first one's outcome."""
    link = await practice_links.find(web.database, token, over=True)
    answered = form_tokens.answered(request, link, ACTION, await typed(request))
    if answered is None:
        return await _question(request, await declined(request, web, token), again=True)

    async def act(key: str) -> Outcome:
        return await take_back(web.desk, await declined(request, web, token), key)

    outcome = await form_tokens.carry_out(*answered, act)
    return kept(await page(request, "practice/done.html", person=None, message=outcome.message, token=None))


async def _question(request: Request, visitor: Visitor, *, again: bool = False) -> Response:
    once = form_tokens.ask(form_tokens.Question(request, visitor.link, ACTION, {}))
    response = await page(
        request,
        "practice/take_back.html",
        person=None,
        status=409 if again else 200,
        visitor=visitor,
        practice=visitor.onboarding.practice.name,
        once=once,
        again=again,
    )
    return kept(response)
