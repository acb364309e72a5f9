"""The routes of a clinic's own invoices and payments, and of what a client owes elsewhere (RS6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.billing import invoices
from pharmacy.billing.invoices import InvoiceElsewhere, OpenElsewhere, Paid, Void, VoidRefused
from pharmacy.sharing.clients import client_row
from pharmacy.sharing.records import MAX_ID
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from store.inbox.idempotency import Answer
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import Shown, json_body
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


class VoidOrder(Frozen):
    """`reason` is why it was a mistake."""

    reason: Line


class VoidDetail(Shown):
    """Who voided it when, and why."""

    at: datetime
    by: str
    reason: str


class PaymentDetail(Frozen):
    """A payment; one that is `voided` does not count."""

    id: int
    amount: str
    by: str
    at: datetime
    voided: VoidDetail | None


class InvoiceDetail(Frozen):
    """An invoice of this clinic; `open` is what is not paid yet, of one that is `voided` nothing."""

    id: str
    amount: str
    open: str
    text: str
    by: str
    at: datetime
    voided: VoidDetail | None
    payments: tuple[PaymentDetail, ...]


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
        client = await client_row(connection, here.clinic, id)
        found = await invoices.load_balance(connection, here.clinic, client)
    return BalanceDetail(own=amount(found.own_cents), elsewhere=tuple(_elsewhere(each) for each in found.elsewhere))


@router.get("/invoices", summary="A client's invoices", response_model=InvoiceList, responses=READ)
async def list_invoices(here: AtClinic, id: str, limit: Limit = 50) -> InvoiceList:
    """This clinic's: the open ones first, then the newest."""
    async with here.transaction() as connection:
        client = await client_row(connection, here.clinic, id)
        found = await invoices.list_invoices(connection, here.clinic, client, limit)
    return InvoiceList(
        items=tuple(
            InvoiceDetail(
                id=each.id,
                amount=amount(each.cents),
                open=amount(each.open_cents),
                text=each.text,
                by=each.by,
                at=each.created_at,
                voided=_void(each.voided),
                payments=tuple(_payment(one) for one in each.payments),
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


@router.post(
    "/invoices/{invoice}/void",
    summary="Void an invoice",
    status_code=204,
    responses=problems(*EVERYWHERE, *WITH_BODY, "not-found", "conflict"),
)
async def void_invoice(
    here: AtClinic, id: str, invoice: str, order: Annotated[VoidOrder, Depends(json_body(VoidOrder))]
) -> Response:
    """One that was made by mistake: it stays on record, and no longer counts. 409 if something of it is paid."""
    with _refused():
        async with here.transaction() as connection:
            await invoices.void_invoice(connection, here.clinic, id, invoice, here.member.handle, order.reason)
    return Response(status_code=204)


@router.post(
    "/payments/{payment}/void",
    summary="Void a payment",
    status_code=204,
    responses=problems(*EVERYWHERE, *WITH_BODY, "not-found", "conflict"),
)
async def void_payment(
    here: AtClinic,
    id: str,
    payment: Annotated[int, Path(ge=1, le=MAX_ID)],
    order: Annotated[VoidOrder, Depends(json_body(VoidOrder))],
) -> Response:
    """One that was recorded by mistake: it stays on record, and its amount is open again."""
    with _refused():
        async with here.transaction() as connection:
            await invoices.void_payment(connection, here.clinic, id, payment, here.member.handle, order.reason)
    return Response(status_code=204)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except VoidRefused as refused:
        raise Problem(409, "It cannot be voided", str(refused), code="conflict") from None


def _void(each: Void | None) -> VoidDetail | None:
    return VoidDetail.model_validate(each) if each else None


def _payment(each: Paid) -> PaymentDetail:
    voided = _void(each.voided)
    return PaymentDetail(id=each.id, amount=amount(each.cents), by=each.by, at=each.at, voided=voided)


def _elsewhere(each: OpenElsewhere) -> BalanceElsewhere:
    link = f"/api/clinics/{each.clinic}/clients/{each.client}/balance"
    return BalanceElsewhere(clinic=each.clinic, amount=amount(each.cents), link=link)
