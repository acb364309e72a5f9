"""`/o/{token}`: what we have about the owner, and for each change a form, a question and an answer.

GET shows, and changes nothing. Only the answer to the question, with its one-time value, does; so a program that
follows links or sends forms does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records import differences, editing
from pharmacy.records.decided import mark
from pharmacy.records.differences import Difference
from pharmacy.records.owners import PATH
from pharmacy.records.plain import in_words
from pharmacy.records.rules import rule
from web.owner.door import BY, Entered, Owner
from web.owner.forms import FORMS, Form
from web.pages import go, page
from web.practice import once
from web.practice.telling import Told
from web.problem import Problem
from web.services import Web

ANSWERS = ("ours", "theirs")


class ToldToOwner(Told):
    """A route of the owner's page."""

    words = "owner"


router = APIRouter(prefix=f"{PATH}{{token}}", route_class=ToldToOwner)


@router.get("")
async def owner_page(request: Request, web: Web, owner: Entered) -> Response:
    values = [(form, in_words(name, _have(owner, name))) for name, form in FORMS.items()]
    return await _page(request, owner, "owner/page.html", values=values, mark=mark)


async def chosen(owner: Entered, field: str) -> Form:
    """The value in the address."""
    if field not in FORMS:
        raise _nothing()
    return FORMS[field]


Chosen = Annotated[Form, Depends(chosen)]


@router.get("/change/{field}")
async def form(request: Request, owner: Entered, field: Chosen) -> Response:
    return await _form(request, owner, field, _have(owner, field.field))


@router.post("/change/{field}")
async def question(request: Request, owner: Entered, field: Chosen) -> Response:
    given = await _given(request)
    try:
        values = field.read(given)
    except ValueError as wrong:
        return await _form(request, owner, field, given, str(wrong))
    now = {name: value or "" for name, value in _have(owner, field.field).items()}
    if values == now:
        return await _form(request, owner, field, given, "That is what we have already; nothing changes.")
    value = once.ask(once.Question(request, owner, f"change {field.field}", values))
    return await _page(
        request,
        owner,
        "owner/change.html",
        form=field,
        given=values,
        problem=None,
        once=value,
        old=in_words(field.field, now),
        new=in_words(field.field, values),
    )


@router.post("/change/{field}/confirm")
async def answer(request: Request, web: Web, owner: Entered, field: Chosen) -> Response:
    given = await _given(request)
    try:
        values = field.read(given)
    except ValueError as wrong:
        return await _form(request, owner, field, given, str(wrong))
    await once.take(once.Question(request, owner, f"change {field.field}", values), given.get(once.FIELD, ""))
    await editing.change_own(web.database, owner.link.onboarding, owner.client.id, field.field, values, BY)
    return go(request, owner.here, f"Thank you. Your {rule('client', field.field).title} is changed with us.")


async def asked(owner: Entered, number: int) -> Difference:
    """What the owner was asked, if nobody has decided it since."""
    for each in owner.asked:
        if each.number == number:
            return each
    raise Problem(409, "That is settled already", "Your page shows what we have about you now.", code="not-now")


Asked = Annotated[Difference, Depends(asked)]


@router.post("/asked/{number}")
async def which(request: Request, owner: Entered, difference: Asked) -> Response:
    choice = _choice(await _given(request))
    value = once.ask(once.Question(request, owner, f"asked {difference.number} {mark(difference)}", {"right": choice}))
    return await _page(request, owner, "owner/asked.html", difference=difference, right=choice, once=value)


@router.post("/asked/{number}/confirm")
async def settle(request: Request, web: Web, owner: Entered, difference: Asked) -> Response:
    given = await _given(request)
    choice = _choice(given)
    question = once.Question(request, owner, f"asked {difference.number} {mark(difference)}", {"right": choice})
    await once.take(question, given.get(once.FIELD, ""))
    practice = owner.link.onboarding
    if choice == "theirs":
        told = {name: difference.theirs.get(name) for name in difference.rule.columns}
        await editing.change_own(web.database, practice, owner.client.id, difference.field, told, BY)
    else:
        why = "The owner says that this is right"
        await differences.keep_ours(web.database, practice, difference.number, BY, why, difference, "owner")
    return go(request, owner.here, "Thank you. We have noted what is right.")


def _have(owner: Owner, field: str) -> dict[str, Any]:
    return {name: owner.client.values[name] for name in rule("client", field).columns}


def _choice(given: Mapping[str, str]) -> str:
    if given.get("right") not in ANSWERS:
        raise Problem(422, "Which one is right?", "Go back and choose one of the two.", code="invalid")
    return given["right"]


def _nothing() -> Problem:
    return Problem(404, "There is nothing here", "Your page shows what you can do.", code="not-found")


async def _given(request: Request) -> dict[str, str]:
    """The fields of a form, as text; files are none."""
    return {name: text for name, text in (await request.form()).items() if isinstance(text, str)}


async def _form(
    request: Request, owner: Owner, field: Form, given: Mapping[str, str | None], problem: str | None = None
) -> Response:
    return await _page(
        request, owner, "owner/change.html", form=field, given=given, problem=problem, once=None, old="", new=""
    )


async def _page(request: Request, owner: Owner, template: str, **words: Any) -> Response:
    status = 422 if words.get("problem") else 200
    return await page(request, template, status=status, person=None, owner=owner, here=owner.here, **words)
