"""`/o/{token}`: the owner's data, and for each change a form, a question and an answer.

GET changes nothing. Only the answer to the question, with its one-time value, does; so programs that follow links or
send forms change nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records import differences, editing, owner_links
from pharmacy.records.contact_details import wrong_details
from pharmacy.records.difference_queries import fingerprint
from pharmacy.records.differences import Difference
from pharmacy.records.json_values import format_value
from pharmacy.records.owner_links import PATH
from pharmacy.records.update_rules import rule
from practice_page.actions.base import Outcome
from web.owner.access import BY, Entered, Owner, enter
from web.owner.bills import load_bills
from web.owner.forms import FORMS, Form
from web.pages import go, kept, page, typed
from web.practice import form_tokens
from web.practice.errors import PracticeRoute
from web.problem import Problem
from web.services import Services, Web

ANSWERS = ("ours", "theirs")


class OwnerRoute(PracticeRoute):
    folder = "owner"
    translated = False


router = APIRouter(prefix=f"{PATH}{{token}}", route_class=OwnerRoute)


@router.get("")
async def owner_page(request: Request, web: Web, owner: Entered) -> Response:
    values = [(form, format_value(name, _current(owner, name))) for name, form in FORMS.items()]
    bills = await load_bills(web.database, owner.link.onboarding, owner.client.id)
    return await render(request, owner, "owner/page.html", values=values, mark=fingerprint, bills=bills)


async def chosen(owner: Entered, field: str) -> Form:
    if field not in FORMS:
        raise _not_found()
    return FORMS[field]


Chosen = Annotated[Form, Depends(chosen)]


@router.get("/change/{field}")
async def form(request: Request, owner: Entered, field: Chosen) -> Response:
    return await _form(request, owner, field, _current(owner, field.field))


@router.post("/change/{field}")
async def question(request: Request, owner: Entered, field: Chosen) -> Response:
    given = await typed(request)
    try:
        values = field.read(given)
    except ValueError as wrong:
        return await _form(request, owner, field, given, str(wrong))
    now = {name: value or "" for name, value in _current(owner, field.field).items()}
    if values == now:
        return await _form(request, owner, field, given, "That is what we have already; nothing changes.")
    if details := wrong_details(values, now):
        return await _form(request, owner, field, given, " ".join(details.values()))
    value = form_tokens.ask(form_tokens.Question(request, owner.link, f"change {field.field}", values))
    return await render(
        request,
        owner,
        "owner/change.html",
        form=field,
        given=values,
        problem=None,
        once=value,
        old=format_value(field.field, now),
        new=format_value(field.field, values),
    )


@router.post("/change/{field}/confirm")
async def answer(request: Request, web: Web, token: str, field: str) -> Response:
    given = await typed(request)

    async def act(owner: Owner) -> Outcome:
        wanted = await chosen(owner, field)
        try:
            values = wanted.read(given)
        except ValueError as wrong:
            raise Problem(422, "That cannot be done", str(wrong), code="invalid") from None
        await editing.change_own_value(web.database, owner.link.onboarding, owner.client.id, field, values, BY)
        return Outcome(f"Thank you. We have changed your {rule('client', field).title}.")

    return await answer_once(request, web, token, f"change {field}", given, act)


async def asked(owner: Entered, number: int) -> Difference:
    """Returns the difference that the owner was asked about, if it is still open."""
    for each in owner.asked:
        if each.number == number:
            return each
    raise Problem(409, "That is settled already", "Your page shows what we have about you now.", code="not-now")


Asked = Annotated[Difference, Depends(asked)]


@router.post("/asked/{number}")
async def which(request: Request, owner: Entered, difference: Asked) -> Response:
    # The fingerprint binds the answer to the two values shown.
    values = {"right": _choice(await typed(request)), "about": fingerprint(difference)}
    value = form_tokens.ask(form_tokens.Question(request, owner.link, f"asked {difference.number}", values))
    return await render(request, owner, "owner/asked.html", difference=difference, given=values, once=value)


@router.post("/asked/{number}/confirm")
async def settle(request: Request, web: Web, token: str, number: str) -> Response:
    given = await typed(request)

    async def act(owner: Owner) -> Outcome:
        difference, choice = await asked(owner, int(number)), _choice(given)
        if given.get("about") != fingerprint(difference):
            raise form_tokens.refusal()
        practice = owner.link.onboarding
        if choice == "theirs":
            values = {name: difference.theirs.get(name) for name in difference.rule.columns}
            await editing.change_own_value(web.database, practice, owner.client.id, difference.field, values, BY)
        else:
            why = "The owner says that this is right"
            await differences.keep_ours(web.database, practice, difference.number, BY, why, difference, "owner")
        return Outcome("Thank you. We have noted what is right.")

    return await answer_once(request, web, token, f"asked {number}", given, act)


async def answer_once(
    request: Request,
    web: Services,
    token: str,
    action: str,
    given: Mapping[str, str],
    act: Callable[[Owner], Awaitable[Outcome]],
) -> Response:
    """Answers a repeated confirmation with the first one's outcome."""
    link = await owner_links.find_link(web.database, token)
    answered = form_tokens.answered(request, link, action, given)
    if answered is None:
        await enter(request, web, token)
        raise form_tokens.refusal()

    async def carry_out(key: str) -> Outcome:
        return await act(await enter(request, web, token))

    outcome = await form_tokens.carry_out(*answered, carry_out)
    return go(request, f"{PATH}{token}", outcome.message)


def _current(owner: Owner, field: str) -> dict[str, Any]:
    return {name: owner.client.values[name] for name in rule("client", field).columns}


def _choice(given: Mapping[str, str]) -> str:
    if given.get("right") not in ANSWERS:
        raise Problem(422, "Which one is right?", "Go back and choose one of the two.", code="invalid")
    return given["right"]


def _not_found() -> Problem:
    return Problem(404, "There is nothing here", "Your page shows what you can do.", code="not-found")


async def _form(
    request: Request, owner: Owner, field: Form, given: Mapping[str, str | None], problem: str | None = None
) -> Response:
    return await render(
        request, owner, "owner/change.html", form=field, given=given, problem=problem, once=None, old="", new=""
    )


async def render(request: Request, owner: Owner, template: str, **context: Any) -> Response:
    status = 422 if context.get("problem") else 200
    response = await page(request, template, status=status, person=None, owner=owner, here=owner.here, **context)
    return kept(response) if context.get("once") or context.get("problem") else response
