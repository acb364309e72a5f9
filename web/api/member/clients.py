"""The routes of a clinic's clients, with those that sister clinics share (RS4, RS5)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from pharmacy.sharing import clients
from pharmacy.sharing.clients import SharedClient
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Email, Line
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import json_body
from web.api.member.callers import AtClinic
from web.api.onboardings import Limit
from web.api.routing import ApiRoute

router = APIRouter(prefix="/api/clinics/{clinic}/clients", tags=["clients"], route_class=ApiRoute)


class ClientValues(Frozen):
    given_name: Line | None = None
    surname: Line | None = None
    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postcode: Line | None = None
    phone: Line | None = None
    email: Email | None = None


class OptOut(Frozen):
    mail: bool


class ClientDetail(ClientValues):
    """A client as this clinic sees it. `home_location` is a clinic, `shared_with` the others that see the client."""

    id: str
    email: str | None = None
    home_location: str
    shared_with: tuple[str, ...]
    opt_out: OptOut


class ClientList(Frozen):
    items: tuple[ClientDetail, ...]
    next: str | None = None


@router.post(
    "",
    summary="Add a client",
    status_code=201,
    response_model=ClientDetail,
    responses=problems(*EVERYWHERE, *WITH_BODY, "not-found"),
)
async def add_client(here: AtClinic, order: Annotated[ClientValues, Depends(json_body(ClientValues))]) -> ClientDetail:
    async with here.transaction() as connection:
        return detail(await clients.add_client(connection, here.clinic, order.model_dump()))


@router.get(
    "",
    summary="A clinic's clients",
    response_model=ClientList,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def list_clients(here: AtClinic, name: Line | None = None, limit: Limit = 50) -> ClientList:
    """By name, with those that are shared with the clinic. `name` begins the given name, the surname or both."""
    async with here.transaction() as connection:
        found = await clients.list_clients(connection, here.clinic, name, limit)
    return ClientList(items=tuple(detail(each) for each in found))


def detail(client: SharedClient) -> ClientDetail:
    values: dict[str, Any] = {**client.values}
    return ClientDetail.model_construct(
        **values,
        id=client.id,
        home_location=client.home_location,
        shared_with=client.shared_with,
        opt_out=OptOut(mail=client.opt_out),
    )
