"""`/o/{token}/pay/{clinic}`: records that what is open at one clinic is paid, after one confirmation (RS6).

No money moves here: the clinic collects it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.owner_links import PATH
from practice_page.actions.base import Outcome
from web.api.money import amount
from web.owner.access import BY, Entered, Owner
from web.owner.bills import Bill, load_bills, pay
from web.owner.routes import OwnerRoute, answer_once, render
from web.pages import typed
from web.practice import form_tokens
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix=f"{PATH}{{token}}/pay/{{clinic}}", route_class=OwnerRoute)


async def open_bill(web: Web, owner: Entered, clinic: str) -> Bill:
    return await _bill(web, owner, clinic)


OpenBill = Annotated[Bill, Depends(open_bill)]


@router.post("")
async def question(request: Request, owner: Entered, bill: OpenBill) -> Response:
    values = {"amount": amount(bill.cents)}
    once = form_tokens.ask(form_tokens.Question(request, owner.link, f"pay {bill.clinic}", values))
    return await render(request, owner, "owner/pay.html", bill=bill, given=values, once=once)


@router.post("/confirm")
async def confirmed(request: Request, web: Web, token: str, clinic: str) -> Response:
    given = await typed(request)

    async def act(owner: Owner) -> Outcome:
        bill = await _bill(web, owner, clinic)
        if given.get("amount") != amount(bill.cents):
            raise form_tokens.refusal()
        await pay(web.database, bill, BY, f"owner {given[form_tokens.FIELD]}")
        return Outcome(
            f"Thank you. {bill.name} has your payment of ${amount(bill.cents)} on record. Nothing was charged here:"
            f" if you have not paid yet, please pay at {bill.name}."
        )

    return await answer_once(request, web, token, f"pay {clinic}", given, act)


async def _bill(web: Services, owner: Owner, clinic: str) -> Bill:
    for each in await load_bills(web.database, owner.link.onboarding, owner.client.id):
        if each.clinic == clinic:
            return each
    raise Problem(409, "Nothing is open there", "Your page shows what is open now.", code="not-now")
