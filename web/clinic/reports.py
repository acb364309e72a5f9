"""The six reports on a clinic's clients, to be read and as tables for spreadsheets (RS8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.reports.clients import ReportedClient
from pharmacy.reports.definitions import REPORTS, TITLES, Periods, ReportName
from store.accounts.clinics import clinic_names
from templates.filters import national
from web.api.member.reports import MOST_DAYS, as_csv, reported
from web.clinic.access import Entered, member_page
from web.pages import go
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/reports")

SHOWN = 100


@dataclass(frozen=True)
class Typed:
    """The periods in days as somebody typed them, and by field what is `wrong`; `within` is the usual then."""

    given: dict[str, str]
    within: Periods
    wrong: dict[str, str]


async def _typed(new_days: str = "", active_days: str = "", inactive_days: str = "") -> Typed:
    usual = Periods()
    days = {"new_days": usual.new, "active_days": usual.active, "inactive_days": usual.inactive}
    asked = {"new_days": new_days.strip(), "active_days": active_days.strip(), "inactive_days": inactive_days.strip()}
    given = {name: text or str(days[name]) for name, text in asked.items()}
    wrong = {name: f"Give whole days, from 1 to {MOST_DAYS:,}." for name, text in given.items() if not _is_period(text)}
    if wrong:
        return Typed(given, usual, wrong)
    within = Periods(*(int(given[name]) for name in days))
    if within.inactive <= within.active:
        wrong["inactive_days"] = f"Give more days than under Active within, which are {within.active}."
    return Typed(given, usual if wrong else within, wrong)


def _is_period(text: str) -> bool:
    return text.isdecimal() and len(text) <= len(str(MOST_DAYS)) and 1 <= int(text) <= MOST_DAYS


Asked = Annotated[Typed, Depends(_typed)]


@router.get("")
async def first(request: Request, web: Web, member: Entered, asked: Asked) -> Response:
    return await show(request, web, member, "new-clients", asked)


@router.get("/{name}")
async def show(request: Request, web: Web, member: Entered, name: ReportName, asked: Asked) -> Response:
    within = asked.within
    rows, shares = await reported(web.database, member, name, within)
    return await member_page(
        request,
        member,
        "clinic/reports.html",
        status=422 if asked.wrong else 200,
        part="report",
        name=name,
        titles=[(each, TITLES[each]) for each in REPORTS],
        title=TITLES[name],
        meaning=within.meaning(name),
        rows=rows[:SHOWN],
        total=len(rows),
        shares=shares,
        clinics=await _names(web, rows[:SHOWN]),
        within=within,
        given=asked.given,
        wrong=asked.wrong,
    )


@router.get("/{name}/table.csv")
async def table(request: Request, web: Web, member: Entered, name: ReportName, asked: Asked) -> Response:
    """The whole report; periods that are wrong lead to its page, which says so beside each."""
    if asked.wrong:
        return go(request, f"/clinic/{member.clinic}/reports/{name}?{request.url.query}")
    rows, shares = await reported(web.database, member, name, asked.within)
    called = await _names(web, rows)
    shown = [
        replace(
            row,
            phone=national(row.phone),
            served_at=called.get(row.served_at or "", row.served_at),
            home_location=called.get(row.home_location, row.home_location),
        )
        for row in rows
    ]
    return as_csv(name, shown, shares, ZoneInfo(member.time_zone), in_words=True)


async def _names(web: Services, rows: Sequence[ReportedClient]) -> dict[str, str]:
    """Returns what the clinics are called that these rows name."""
    return await clinic_names(
        web.database, {each for row in rows for each in (row.home_location, row.served_at) if each}
    )
