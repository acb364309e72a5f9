"""`/rx/{token}`: the state of an order for whoever has the link, and more for the practice's people (RX5)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from desk import prescriptions
from desk.practice_prescriptions import PracticeView, view
from pharmacy.prescriptions import register
from store.accounts.members import Member
from web.change_stream import stream
from web.clinic.prescribing import Names, names_at
from web.order.parcels import Line, lines
from web.owner.routes import OwnerRoute
from web.pages import page
from web.practice.access import let_in
from web.services import Services, Web
from web.sessions import visit_of

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


class OrderRoute(OwnerRoute):
    folder = "order"


router = APIRouter(prefix="/rx/{token}")
router.route_class = OrderRoute


@dataclass(frozen=True)
class Order:
    """An order that somebody has the link to. `member` is who is signed in, if they belong to the practice.

    `elsewhere`: somebody is signed in who belongs to others.
    """

    token: str
    view: PracticeView
    member: Member | None
    elsewhere: bool
    names: Names

    @property
    def practice(self) -> str:
        return self.view.prescription.practice

    @property
    def prescriber(self) -> str:
        return self.names.name(self.view.position.prescriber)

    @property
    def lines(self) -> list[Line]:
        return lines(self.view)


async def enter(request: Request, web: Web, token: str) -> Order:
    """Returns the order with this link. Raises `NoEntry`."""
    return await let_in(request, web, lambda: _order(request, web, token))


Entered = Annotated[Order, Depends(enter)]


@router.get("")
async def order_page(request: Request, order: Entered) -> Response:
    return await page(
        request,
        "order/page.html",
        part="order",
        person=None,
        member=order.member,
        order=order,
        zone=order.view.prescription.time_zone,
    )


@router.get("/live", response_class=EventSourceResponse)
async def live(request: Request, web: Web, order: Entered) -> AsyncIterator[ServerSentEvent]:
    this = f"{order.practice}/{order.view.prescription.id}"
    address = request.client.host if request.client else ""
    async for event in stream(web.prescription_feed, f"{this} {address}", lambda id: id == this):
        yield event


async def _order(request: Request, web: Services, token: str) -> Order | None:
    row = await register.find_by_token(web.database, token) if TOKEN.fullmatch(token) else None
    if row is None:
        return None
    found = view(await prescriptions.load(web.desk, row["id"]), datetime.now(UTC))
    practice = found.prescription.practice
    memberships = await visit_of(request).memberships()
    member = next((each for each in memberships if each.clinic == practice), None)
    return Order(token, found, member, bool(memberships) and not member, await names_at(web, practice))
