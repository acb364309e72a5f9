"""The six reports on a clinic's clients, as JSON and for spreadsheets (RS8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pharmacy.records.clinic import member_transaction
from pharmacy.reports.clients import ReportedClient, report, shares_records
from pharmacy.reports.definitions import Periods, ReportName
from pharmacy.tasks.repeat import check_due
from playbooks.calendar.values import Frozen
from store.accounts.members import Member
from web.api.answers import EVERYWHERE, problems
from web.api.member.callers import AtClinic
from web.api.member.paging import Position, next_page, position
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.exports import csv_line, csv_response
from web.problem import Problem

router = APIRouter(prefix="/api/clinics/{clinic}/reports", tags=["reports"], route_class=ApiRoute)

MOST_DAYS = 36_500
Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]
COLUMNS = ("id", "given_name", "surname", "email", "phone", "added", "served", "served_at", "opt_out")


class ReportRow(Frozen):
    """A client. `served` is the last record or invoice, at `served_at`; `home_location` where clients are shared."""

    id: str
    given_name: str | None
    surname: str | None
    email: str | None
    phone: str | None
    added: datetime | None
    served: datetime | None
    served_at: str | None
    opt_out: bool
    home_location: str | None = None


class ReportPage(Frozen):
    """Some clients by name. `meaning` says who stands on the report."""

    items: tuple[ReportRow, ...]
    meaning: str
    next: str | None


async def periods(new_days: Days = 30, active_days: Days = 365, inactive_days: Days = 730) -> Periods:
    if inactive_days <= active_days:
        detail = f"Clients lapse after {active_days} days and are inactive later: inactive_days is more than that."
        raise Problem(422, "That is not valid", detail, code="invalid")
    return Periods(new_days, active_days, inactive_days)


@router.get(
    "/{name}",
    summary="A report on clients",
    response_model=ReportPage,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(*EVERYWHERE, "not-found", "invalid"),
    },
)
async def show_report(
    request: Request,
    here: AtClinic,
    name: ReportName,
    within: Annotated[Periods, Depends(periods)],
    on: Annotated[date | None, Query(description="As of the end of this day, at the clinic; else now.")] = None,
    format: Literal["json", "csv"] = "json",
    limit: Limit = 200,
    after: Position | None = None,
) -> Response:
    """With `format=csv` all of it, for a spreadsheet. The definitions are in docs/record-sharing.md."""
    rows, shares = await reported(here.visitor.database, here.member, name, within, on)
    if format == "csv":
        return as_csv(name, rows, shares, ZoneInfo(here.member.time_zone))
    (offset,) = position(after, int) or (0,)
    offset = max(0, offset)
    following = next_page(request, str(offset + limit)) if offset + limit < len(rows) else None
    items = [_values(each, shares) for each in rows[offset : offset + limit]]
    page = ReportPage.model_validate({"items": items, "meaning": within.meaning(name), "next": following})
    return JSONResponse(page.model_dump(mode="json", exclude_unset=True))


async def reported(
    database: AsyncEngine, member: Member, name: ReportName, within: Periods, on: date | None = None
) -> tuple[list[ReportedClient], bool]:
    """Returns the clients of a report, and whether they have home locations."""
    async with member_transaction(database, member.person, member.clinic) as (connection, _):
        rows = await report(connection, member.clinic, name, within, _end_of(on, member.time_zone))
        return rows, await shares_records(connection, member.clinic)


def as_csv(
    name: ReportName, rows: Sequence[ReportedClient], shares: bool, zone: ZoneInfo, *, in_words: bool = False
) -> Response:
    """Returns all of a report, with headings `in_words` for people, whose columns have names in place of IDs."""
    columns = (*COLUMNS, *(["home_location"] if shares else []))

    async def lines() -> AsyncIterator[str]:
        yield csv_line([_in_words(each) for each in columns] if in_words else columns)
        for row in rows:
            values = _values(row, shares) | {"opt_out": "yes" if row.opt_out else ""}
            yield csv_line([values[each] for each in columns], zone)

    return csv_response(f"{name}.csv", lines())


def _in_words(column: str) -> str:
    return "ID" if column == "id" else column.replace("_", " ").capitalize()


def _values(row: ReportedClient, shares: bool) -> dict[str, Any]:
    values = asdict(row)
    return values if shares else {name: value for name, value in values.items() if name != "home_location"}


def _end_of(day: date | None, zone: str) -> datetime | None:
    if day is None:
        return None
    try:
        check_due(day)
    except ValueError as problem:
        raise Problem(422, "That is not valid", f"The day {problem}.", code="invalid") from None
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
