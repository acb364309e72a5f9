"""The six reports on a clinic's clients, to be read and as tables for spreadsheets (RS8)."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.reports.definitions import REPORTS, TITLES, Periods, ReportName
from store.accounts.clinics import clinic_names
from web.api.member.reports import as_csv, periods, reported
from web.clinic.access import Entered, member_page
from web.services import Web

router = APIRouter(prefix="/clinic/{practice}/reports")

SHOWN = 100
Within = Annotated[Periods, Depends(periods)]


@router.get("")
async def first(request: Request, web: Web, member: Entered, within: Within) -> Response:
    return await show(request, web, member, "new-clients", within)


@router.get("/{name}")
async def show(request: Request, web: Web, member: Entered, name: ReportName, within: Within) -> Response:
    rows, shares = await reported(web.database, member, name, within)
    return await member_page(
        request,
        member,
        "clinic/reports.html",
        part="report",
        name=name,
        titles=[(each, TITLES[each]) for each in REPORTS],
        title=TITLES[name],
        meaning=within.meaning(name),
        rows=rows[:SHOWN],
        total=len(rows),
        shares=shares,
        clinics=await clinic_names(
            web.database, {each for row in rows[:SHOWN] for each in (row.home_location, row.served_at) if each}
        ),
        within=within,
    )


@router.get("/{name}/table.csv")
async def table(web: Web, member: Entered, name: ReportName, within: Within) -> Response:
    return as_csv(name, *await reported(web.database, member, name, within), ZoneInfo(member.time_zone))
