"""Clients of a clinic and of its sister clinics who may be one person, for a person to decide.

Two whom the rules have not found alike are joined from the page of one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.sharing import duplicates
from pharmacy.sharing.clients import (
    SharedClient,
    as_client,
    client_rows,
    exact_row,
    joined_at,
    load_clients,
    load_exactly,
    name_of,
    person_rows,
)
from pharmacy.sharing.listing import list_clients
from pharmacy.sharing.patients import list_patients
from pharmacy.sharing.persons import BY_HAND
from pharmacy.sharing.resembling import find_namesakes
from pharmacy.sharing.shares import list_shares
from pharmacy.sharing.taking import Suggestion, suggest
from store.accounts.clinics import clinic_names
from store.accounts.members import Member, member_names
from templates.filters import join_list
from web.clinic.access import Entered, member_page, records_at
from web.clinic.client import address
from web.clinic.sentences import done_already
from web.pages import go
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/clients/duplicates")

Text = Annotated[str, Form()]
SHOWN = 50
NAMESAKES = 10
"""Clients of the same name or surname who are listed; a search by name finds the others."""


@router.get("")
async def listed(request: Request, web: Web, member: Entered, client: str = "") -> Response:
    """The pairs that wait for a decision, or all pairs about one client, decided ones too."""
    elsewhere, have, namesakes = dict[str, str](), set[str](), list[SharedClient]()
    offered, about_name = list[Suggestion](), ""
    async with records_at(web, member) as connection:
        if client:
            row = await exact_row(connection, member.clinic, client)
            rows = await person_rows(connection, member.clinic, row)
            joined = await joined_at(connection, member.clinic, row, rows)
            elsewhere = joined if member.clinic not in joined else elsewhere
            have = {row["practice"] for row in rows}
            about_name = name_of(row["given_name"], row["surname"])
            pairs = await duplicates.pairs_about(connection, member.clinic, rows)
            ids = {id for pair in pairs for id in (pair.client, pair.other)}
            found = {id: await load_exactly(connection, member.clinic, id) for id in ids}
            named = {name: row[name] for name in ("given_name", "surname")}
            seen, unshared = await find_namesakes(connection, member.clinic, named)
            namesakes = [each for each in seen if each.practice not in have and each.id not in ids][:NAMESAKES]
            offered = [each for each in unshared if each.clinic not in have]
        else:
            pairs = await duplicates.list_duplicates(connection, member.clinic, SHOWN)
            ids = {id for pair in pairs for id in (pair.client, pair.other)}
            found = await load_clients(connection, member.clinic, ids)
    # Where one could look for somebody who is the same person.
    reach = {member.clinic, *(each.other for each in await list_shares(web.database, member.clinic))} - have
    names = await clinic_names(
        web.database,
        {each.practice for each in (*found.values(), *namesakes)}
        | {each.home_location for each in found.values()}
        | {each.clinic for each in offered}
        | have
        | {*elsewhere},
    )
    return await member_page(
        request,
        member,
        "clinic/duplicates.html",
        pairs=[
            (pair, found[pair.client], found[pair.other]) for pair in pairs if {pair.client, pair.other} <= {*found}
        ],
        namesakes=namesakes,
        offered=offered,
        clinics=names,
        elsewhere=elsewhere,
        address_at=address,
        about=client,
        about_name=about_name,
        reach=reach,
        by_hand=BY_HAND,
        people=await member_names(web.database, [member.clinic]) if any(pair.joined_by for pair in pairs) else {},
        same_clinic=_same_clinic(names, have),
    )


@router.get("/others")
async def others(request: Request, web: Web, member: Entered, client: str = "", name: str | None = None) -> Response:
    """Finds, by name, clients of other clinics who may be the same person, though no rule has found them alike."""
    async with records_at(web, member) as connection:
        rows = await client_rows(connection, member.clinic, client)
        about = await as_client(connection, member.clinic, rows)
        likely = about.values["surname"] or about.values["given_name"] or ""
        begins = " ".join((likely if name is None else name).split())[:200]
        listed, _ = await list_clients(connection, member.clinic, begins, SHOWN) if begins else ([], None)
        unshared = await suggest(connection, member.clinic, begins) if begins else []
    have = {row["practice"] for row in rows}
    found = [each for each in listed if each.practice not in have]
    offered = [each for each in unshared if each.clinic not in have]
    elsewhere = {each.practice for each in found} | {each.clinic for each in offered}
    names = await clinic_names(web.database, elsewhere | have)
    return await member_page(
        request,
        member,
        "clinic/others.html",
        same_clinic=_same_clinic(names, have),
        added_at=[names[clinic] for clinic in sorted(have)],
        offered=offered,
        one=sorted(have - {about.practice}),
        shares=await list_shares(web.database, member.clinic),
        part="found",
        about=about,
        name=begins,
        found=found,
        clinics=names,
    )


@router.get("/compare")
async def compare(request: Request, web: Web, member: Entered, client: str = "", other: str = "") -> Response:
    """Shows two clients with their patients, and what would follow if they were one person.

    Two who are one by now, as after the browser's Back, are not compared.
    """
    async with records_at(web, member) as connection:
        rows = [await client_rows(connection, member.clinic, id) for id in (client, other)]
        both = [await as_client(connection, member.clinic, each) for each in rows]
        if client != other and both[0].id == both[1].id:
            here = f"/clinic/{member.clinic}/clients/duplicates?client={quote(client, safe='~')}"
            said = "They are one client already. Who they were, and how to separate them, stands here."
            return go(request, here, said)
        patients = [await list_patients(connection, member.clinic, each) for each in rows]
    return await member_page(
        request,
        member,
        "clinic/compare.html",
        both=list(zip(both, patients, strict=True)),
        stays=min(both, key=lambda each: (each.practice != member.clinic, each.practice)),
        clinics=await clinic_names(
            web.database, {id for each in both for id in (each.practice, each.home_location, *each.elsewhere)}
        ),
        address_at=address,
    )


@router.post("")
async def decide(
    request: Request, web: Web, member: Entered, client: Text = "", other: Text = "", same: Text = "", about: Text = ""
) -> Response:
    here = f"/clinic/{member.clinic}/clients/duplicates" + (f"?client={quote(about, safe='~')}" if about else "")
    try:
        async with records_at(web, member) as connection:
            rows = [await exact_row(connection, member.clinic, id) for id in (client, other)]
            by = member.handle
            before = await duplicates.decide(connection, member.clinic, rows[0], rows[1], same == "yes", by)
            both = [await load_exactly(connection, member.clinic, id) for id in (client, other)]
    except NoSuchRecord:
        raise
    except RecordsError as problem:
        return go(request, here, str(problem), "problem")
    if before:
        said = "They are one client already" if same == "yes" else "They are two clients already"
        return go(request, here, await done_already(web, member, said, before.by, before.at))
    if same == "yes":
        return go(request, here, "They are one client from now on.")
    said = "They are two clients from now on." if about else "They stay two clients."
    return go(request, here, f"{said} {await _who_sees(web, member, both)}")


def _same_clinic(names: Mapping[str, str], have: set[str]) -> str:
    """Says what to do about two clients of a clinic that has this person."""
    return duplicates.same_clinic_twice(names[clinic] for clinic in sorted(have))


async def _who_sees(web: Services, member: Member, both: list[SharedClient]) -> str:
    """Returns a sentence on the clinics that see each of two who are two people."""
    names = await clinic_names(web.database, {member.clinic, *both[0].shared_with, *both[1].shared_with})
    seen = [
        f"the client that {names[each.practice]} added is seen at "
        + join_list(sorted(names[clinic] for clinic in (member.clinic, *each.shared_with)))
        for each in both
    ]
    said = "; ".join(seen)
    return f"{said[0].upper()}{said[1:]}."
