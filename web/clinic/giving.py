"""Older clients of a clinic shared with a sister clinic by hand, one or many, after a preview (RS10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.sharing import taking
from pharmacy.sharing.clients import name_of
from pharmacy.sharing.listing import list_clients
from pharmacy.sharing.shares import list_shares
from playbooks.plural import count_of
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from templates.filters import join_list
from web.clinic.access import Entered, member_page, records_at
from web.clinic.client import address
from web.pages import go
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/clients/share")

READ = 200
"""Clients among whom those are looked for who are not shared yet."""
MOST = 200
NAMED = 5
"""Up to so many are named when they are shared; more are counted."""
TOO_MANY = f"At most {MOST} clients can be shared at once: these are the first {MOST} of those that you chose."
NOBODY = "Choose at least one client."


@router.get("")
async def choose(
    request: Request,
    web: Web,
    member: Entered,
    to: str = "",
    name: str = "",
    client: Annotated[list[str] | None, Query()] = None,
    look: bool = False,
    find: bool = False,
) -> Response:
    """Lists the clinic's clients whom the other clinic does not see; those chosen, with what goes with them.

    `find`: the list is searched again, and those chosen so far stay chosen.
    """
    takers, begun = await _takers(web, member)
    to = to if to in takers else next(iter(takers), "")
    begins, chosen = " ".join(name.split())[:200], (client or [])[:MOST] if to in begun else []
    async with records_at(web, member) as connection:
        listed, _ = (
            await list_clients(connection, member.clinic, begins or None, READ)
            if to and (find or not chosen)
            else ([], None)
        )
        shown = await taking.preview(connection, member.clinic, to, chosen) if to and chosen else []
        known = [each.client for each in shown]
        met = await taking.foresee(connection, member.clinic, to, known) if known and not find else None
    return await member_page(
        request,
        member,
        "clinic/giving.html",
        part="found",
        problem=_wrong_choice(client or []) if to in begun and (look or client) else None,
        takers=takers,
        begun=begun,
        to=to,
        name=begins,
        clients=[
            each
            for each in listed
            if each.practice == member.clinic and to not in each.shared_with and each.id not in known
        ],
        more=len(listed) == READ,
        shown=shown,
        find=find,
        met=met,
        address_at=address,
    )


@router.post("")
async def share(
    request: Request,
    web: Web,
    member: Entered,
    to: Annotated[str, Form()] = "",
    client: Annotated[list[str] | None, Form()] = None,
) -> Response:
    if not client:
        return go(request, f"/clinic/{member.clinic}/clients/share?to={quote(to)}", NOBODY, "problem")
    async with records_at(web, member) as connection:
        chosen = client[:MOST]
        shared = await taking.share(connection, member.clinic, to, chosen, member.clinic, member.handle)
        met = await taking.met(connection, member.clinic, to, chosen)
    there = (await clinic_names(web.database, [to])).get(to, to)
    here, are = f"/clinic/{member.clinic}/clients/share?to={to}", "are"
    if len(shared) == 1:
        here, are = address(member.clinic, shared[0].client), "is"
    number = count_of(len(shared), "client")
    said = f"{number} {are} shared with {there} from now on, with the patients and records."
    return go(request, here, said + _met(met, there, shared))


def _wrong_choice(chosen: Collection[str]) -> str | None:
    return NOBODY if not chosen else TOO_MANY if len(chosen) > MOST else None


def _met(met: taking.Met, there: str, shared: Sequence[taking.PreviewedClient]) -> str:
    """Returns what is said of those whom the other clinic had already, or may have had."""
    said = ""
    if met.one:
        each = "the two are" if len(met.one) == 1 else "each is"
        said += f" {there} had {_of(met.one, shared)} already: {each} one client at both now."
    if met.may_be:
        said += f" {there} may have had {_of(met.may_be, shared)} already: somebody there decides."
    return said


def _of(found: Collection[str], shared: Sequence[taking.PreviewedClient]) -> str:
    """Returns the names of those found, or how many they are."""
    if len(shared) == 1:
        return "the client"
    names = [name_of(each.given_name, each.surname) for each in shared if each.client in found]
    return join_list(names) if len(names) <= NAMED else f"{len(names)} of them"


async def _takers(web: Services, member: Member) -> tuple[dict[str, str], set[str]]:
    """Returns the clinics that share with the member's or are asked to, by name, and with whom sharing has begun.

    Those with whom it has begun come first.
    """
    shares = {each.other: each.state for each in await list_shares(web.database, member.clinic)}
    begun = {other for other, state in shares.items() if state == "enabled"}
    names = await clinic_names(web.database, [other for other, state in shares.items() if state != "removed"])
    return dict(sorted(names.items(), key=lambda each: (each[0] not in begun, each[1]))), begun
