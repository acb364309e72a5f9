"""The routes of a clinic's clients, with those that sister clinics share (RS4, RS5, RS8)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.sharing import clients, editing, listing, taking
from pharmacy.sharing.history import history_of
from playbooks.engine.fields import Line
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import json_body
from web.api.idempotency import Key
from web.api.member.callers import AtClinic, Here, answer_once
from web.api.member.client_bodies import (
    ChangeDetail,
    ChangeList,
    ChangeOrder,
    ClientDetail,
    ClientList,
    ClientOrder,
    HomeOrder,
    OptOut,
    ReplacedDetail,
    detail_of,
    etag_of,
)
from web.api.member.paging import Position, next_page, position
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.problem import Problem

router = APIRouter(prefix="/api/clinics/{clinic}/clients", tags=["clients"], route_class=ApiRoute)

READ = problems(*EVERYWHERE, "not-found", "invalid")
WRITTEN = problems(*EVERYWHERE, *WITH_BODY, "not-found")
After = Annotated[Position | None, Query(description="From `next`.")]


@router.post(
    "",
    summary="Add a client",
    status_code=201,
    response_model=ClientDetail,
    responses=WRITTEN | problems(*WITH_KEY),
)
async def add_client(
    request: Request, here: AtClinic, order: Annotated[ClientOrder, Depends(json_body(ClientOrder))], key: Key = None
) -> Response:
    """A new client, or with `shared_from` a sister clinic's, with the patients and records (RS4)."""

    async def act() -> ClientDetail:
        async with here.transaction() as connection:
            if order.shared_from is not None:
                origin = order.shared_from
                taken = await taking.take(connection, here.clinic, origin.clinic, origin.client, here.member.handle)
                return detail_of(taken)
            return detail_of(await clients.add_client(connection, here.clinic, order.values()))

    return await answer_once(request, here, key, order, act)


@router.get("", summary="A clinic's clients", response_model=ClientList, responses=READ)
async def list_clients(
    request: Request, here: AtClinic, name: Line | None = None, limit: Limit = 50, after: After = None
) -> ClientList:
    """By name, with those that are shared with the clinic. `name` begins the given name, the surname or both."""
    place = position(after, str, str, str)
    async with here.transaction() as connection:
        found, last = await listing.list_clients(connection, here.clinic, name, limit, place)
    following = next_page(request, *last) if last else None
    return ClientList(items=tuple(detail_of(each) for each in found), next=following)


@router.get("/{id}", summary="A client", response_model=ClientDetail, responses=READ)
async def get_client(here: AtClinic, response: Response, id: str) -> ClientDetail:
    """A person whom this and other clinics have is one client here. The header ETag names what was read."""
    async with here.transaction() as connection:
        return _tagged(response, detail_of(await clients.load_client(connection, here.clinic, id)))


@router.patch(
    "/{id}",
    summary="Change a client",
    response_model=ClientDetail,
    responses=WRITTEN | problems("changed"),
)
async def change_client(
    here: AtClinic,
    response: Response,
    id: str,
    order: Annotated[ChangeOrder, Depends(json_body(ChangeOrder))],
    if_match: Annotated[str | None, Header(max_length=200, description="The ETag of what was read.")] = None,
) -> ClientDetail:
    """Every clinic of the client sees the new values at once.

    `replaced` names what another clinic had written a few minutes before; with If-Match such a change is refused.
    """
    async with here.transaction() as connection:
        row = await clients.client_row(connection, here.clinic, id, lock=True)
        before = detail_of(await clients.load_client(connection, here.clinic, id))
        if if_match is not None and if_match not in ("*", etag_of(before)):
            raise Problem(412, "It has changed", CHANGED, code="changed")
        if "home_location" in order.model_fields_set:
            await _set_home(here, connection, id, order.home_location or row["practice"])
        if order.opt_out is not None:
            await editing.set_opt_out(connection, here.clinic, row, order.opt_out.mail, here.member.handle)
        replaced = await editing.change_client(connection, here.clinic, id, order.changed(), here.member.handle)
        after = detail_of(await clients.load_client(connection, here.clinic, id))
    shown = tuple(ReplacedDetail.model_validate(each) for each in replaced)
    return _tagged(response, after.model_copy(update={"replaced": shown}))


@router.put("/{id}/home-location", summary="Change a client's home location", response_model=ClientDetail,
            responses=WRITTEN)  # fmt: skip
async def put_home_location(
    here: AtClinic, id: str, order: Annotated[HomeOrder, Depends(json_body(HomeOrder))]
) -> ClientDetail:
    """It takes a membership of the clinic that was the home location and of the one that will be (RS8)."""
    async with here.transaction() as connection:
        await _set_home(here, connection, id, order.clinic)
        return detail_of(await clients.load_client(connection, here.clinic, id))


@router.put("/{id}/opt-out", summary="Record whether a client wants no mail", response_model=ClientDetail,
            responses=WRITTEN)  # fmt: skip
async def put_opt_out(here: AtClinic, id: str, order: Annotated[OptOut, Depends(json_body(OptOut))]) -> ClientDetail:
    """It holds at every clinic of the client, and for what the pharmacy sends."""
    async with here.transaction() as connection:
        row = await clients.client_row(connection, here.clinic, id)
        await editing.set_opt_out(connection, here.clinic, row, order.mail, here.member.handle)
        return detail_of(await clients.load_client(connection, here.clinic, id))


@router.get("/{id}/history", summary="A client's history", response_model=ChangeList, responses=READ)
async def list_changes(request: Request, here: AtClinic, id: str, limit: Limit = 50, after: After = None) -> ChangeList:
    """Every change at any clinic of the client, the newest first, with who made it and where."""
    before = position(after, int)
    async with here.transaction() as connection:
        found = await history_of(connection, here.clinic, id, limit + 1, *(before or ()))
    following = next_page(request, str(found[limit - 1].number)) if len(found) > limit else None
    return ChangeList(items=tuple(ChangeDetail.model_validate(each) for each in found[:limit]), next=following)


async def _set_home(here: Here, connection: AsyncConnection, id: str, home: str) -> None:
    row = await clients.client_row(connection, here.clinic, id)
    await editing.set_home(connection, here.clinic, row, home, here.member.handle)
    entered = {each.clinic for each in here.visitor.memberships}
    if missing := {row["home"] or row["practice"], home} - entered:
        detail = f"You also need a membership of '{min(missing)}': of the present and the new home location."
        raise Problem(403, "You cannot do this", detail, code="role")


def _tagged(response: Response, detail: ClientDetail) -> ClientDetail:
    response.headers["ETag"] = etag_of(detail)
    return detail


CHANGED = "Somebody has changed the client since you read it: read it again, and send what you still want to change."
