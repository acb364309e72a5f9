"""The routes of a clinic's own invoices and payments, and of what a client owes elsewhere (RS6)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.billing import invoices
from pharmacy.billing.invoices import InvoiceElsewhere, OpenElsewhere
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from store.inbox.idempotency import Answer
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import json_body
from web.api.idempotency import Key, run_once
from web.api.member.callers import AtClinic
from web.api.money import Price, amount, cents
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Web

router = APIRouter(prefix="/api/clinics/{clinic}/clients/{id}", tags=["clients"], route_class=ApiRoute)

READ = problems(*EVERYWHERE, "not-found", "invalid")
CHANGE = (*EVERYWHERE, *WITH_BODY, *WITH_KEY, "not-found")


def _positive(price: str) -> str:
    if not cents(price):
        raise ValueError("must be more than 0.00")
    return price


Amount = Annotated[Price, AfterValidator(_positive)]


class InvoiceOrder(Frozen):
    amount: Amount
    text: Line


class InvoiceAdded(Frozen):
    id: str


class InvoiceDetail(Frozen):
    """An invoice of this clinic; `open` is what is not paid yet."""

    id: str
    amount: str
    open: str
    text: str
    by: str
    at: datetime


class InvoiceList(Frozen):
    items: tuple[InvoiceDetail, ...]
    next: str | None = None


class PaymentOrder(Frozen):
    invoice: Line
    amount: Amount


class PaymentRecorded(Frozen):
    """`open` is what is left to pay of the invoice."""

    invoice: str
    amount: str
    open: str


class BalanceElsewhere(Frozen):
    """What the client owes another clinic, which alone takes payments for it; `link` leads to the balance there."""

    clinic: str
    amount: str
    link: str


class BalanceDetail(Frozen):
    own: str
    elsewhere: tuple[BalanceElsewhere, ...]


@router.get("/balance", summary="What a client owes", response_model=BalanceDetail, responses=READ)
async def balance(here: AtClinic, id: str) -> BalanceDetail:
    """Here, and where anything is open at sister clinics that share the client: each balance stays at its clinic."""
    async with here.transaction() as connection:
        found = await invoices.load_balance(connection, here.clinic, id)
    return BalanceDetail(own=amount(found.own_cents), elsewhere=tuple(_elsewhere(each) for each in found.elsewhere))


@router.get("/invoices", summary="A client's invoices", response_model=InvoiceList, responses=READ)
async def list_invoices(here: AtClinic, id: str, limit: Limit = 50) -> InvoiceList:
    """This clinic's: the open ones first, then the newest."""
    async with here.transaction() as connection:
        found = await invoices.list_invoices(connection, here.clinic, id, limit)
    return InvoiceList(
        items=tuple(
            InvoiceDetail(
                id=each.id,
                amount=amount(each.cents),
                open=amount(each.open_cents),
                text=each.text,
                by=each.by,
                at=each.created_at,
            )
            for each in found
        )
    )


@router.post(
    "/invoices",
    summary="Make an invoice",
    status_code=201,
    response_model=InvoiceAdded,
    responses=problems(*CHANGE),
)
async def add_invoice(
    request: Request,
    web: Web,
    here: AtClinic,
    id: str,
    order: Annotated[InvoiceOrder, Depends(json_body(InvoiceOrder))],
    key: Key = None,
) -> Response:
    """It is this clinic's alone."""

    async def act(engine_key: str | None) -> Answer:
        values = cents(order.amount), order.text, here.member.handle
        async with here.transaction() as connection:
            added = await invoices.add_invoice(connection, here.clinic, id, *values, engine_key)
        return Answer(201, {"id": added}, {})

    return await run_once(request, web, here.visitor.account, key, order, act)


@router.post(
    "/payments",
    summary="Record a payment",
    status_code=201,
    response_model=PaymentRecorded,
    responses=problems(*CHANGE, "conflict"),
)
async def add_payment(
    request: Request,
    web: Web,
    here: AtClinic,
    id: str,
    order: Annotated[PaymentOrder, Depends(json_body(PaymentOrder))],
    key: Key = None,
) -> Response:
    """For one of this clinic's invoices, at most what is open. Another clinic's is paid there: 409 with the `link`."""

    async def act(engine_key: str | None) -> Answer:
        try:
            async with here.transaction() as connection:
                left = await invoices.add_payment(
                    connection, here.clinic, id, order.invoice, cents(order.amount), here.member.handle, engine_key
                )
        except InvoiceElsewhere as other:
            link = f"/api/clinics/{other.clinic}/clients/{other.client}/payments"
            more = {"clinic": other.clinic, "link": link}
            raise Problem(409, "It is paid elsewhere", str(other), code="conflict", more=more) from None
        return Answer(201, {"invoice": order.invoice, "amount": amount(cents(order.amount)), "open": amount(left)}, {})

    return await run_once(request, web, here.visitor.account, key, order, act)


def _elsewhere(each: OpenElsewhere) -> BalanceElsewhere:
    link = f"/api/clinics/{each.clinic}/clients/{each.client}/balance"
    return BalanceElsewhere(clinic=each.clinic, amount=amount(each.cents), link=link)
