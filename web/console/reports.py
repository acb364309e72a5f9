"""Reports: where practices are stuck, how long it takes until they are connected, whose deadlines are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from desk.explain import duration
from pharmacy.records.review_sample import error_rates, total_rate
from playbooks.engine.model import Party, Side
from playbooks.registry import PLAYBOOKS
from store.journal.figures import ENOUGH, Durations, Figures, StageFigures, durations, figures, titled
from web.authorization import Viewer
from web.console.charts import Bar, Line, Shares, bars, histogram
from web.console.temporal_links import saved_links
from web.exports import csv_line, csv_response
from web.pages import page
from web.services import Web

router = APIRouter()

SIDES = {"us": "Us", "partner": "The partner", "practice": "The practices"}
PERIODS = {"30": "30 days", "90": "90 days", "365": "12 months", "": "All time"}
MERGING_SHOWN = 25
COLUMNS = ("playbook", "stage", "side", "passed", "median_hours", "p90_hours", "kept", "missed")


@router.get("/reports")
async def reports(request: Request, web: Web, person: Viewer, playbook: str = "", days: str = "") -> Response:
    book, begin = playbook if playbook in PLAYBOOKS else "", days if days in PERIODS else ""
    since = _since(begin)
    found, took, merged = await asyncio.gather(
        figures(web.database, now=datetime.now(UTC), playbook=book or None, since=since),
        durations(web.database, playbook=book or None, since=since),
        _merging(web.database),
    )
    return await page(
        request,
        "console/reports.html",
        chosen={"playbook": book, "days": begin},
        periods=list(PERIODS.items()),
        playbooks=[(each.name, each.title) for each in PLAYBOOKS.values()],
        totals=found.totals,
        stuck=_stuck(found),
        took=histogram(took.days),
        said=_within(took),
        sides=_sides(found, book),
        without=_without_deadlines(book),
        stages=_stages(found.stages),
        links=saved_links(web, await web.change_feed.groups()),
        **merged,
    )


@router.get("/reports.csv")
async def export(web: Web, person: Viewer, playbook: str = "", days: str = "") -> Response:
    """The figures of every stage, as a table for a spreadsheet."""
    book = playbook if playbook in PLAYBOOKS else None
    found = await figures(web.database, now=datetime.now(UTC), playbook=book, since=_since(days))

    async def lines() -> AsyncIterator[str]:
        yield csv_line(COLUMNS)
        for _, stage in titled(found.stages):
            yield csv_line([getattr(stage, name) for name in COLUMNS])

    return csv_response("stages.csv", lines())


def _since(days: str) -> datetime | None:
    return datetime.now(UTC) - timedelta(days=int(days)) if days and days in PERIODS else None


def _stuck(found: Figures) -> tuple[Bar, ...]:
    """The open ones, stage by stage, and how long the first of each has been there."""
    there = {(each.playbook, each.stage): each for each in found.stuck}
    lines: list[Line] = []
    for book in PLAYBOOKS.values():
        for stage in book.stages:
            if here := there.get((book.name, stage.name)):
                others = here.open - here.overdue - here.on_hold
                counted = ((here.overdue, "overdue"), (here.on_hold, "on hold"))
                said = [f"{count} {what}" for count, what in counted if count > 0]
                longest = f"longest there: {duration(timedelta(hours=max(0.0, here.oldest_hours)))}"
                shares: Shares = [("bad", here.overdue), ("warn", here.on_hold), ("calm", others)]
                lines.append((stage.title, shares, ", ".join([*said, longest])))
    return bars(lines)


def _within(took: Durations) -> str:
    """How long it takes, as far as so few or so many tell."""
    if took.median is None or took.p90 is None:
        return ""
    number, median = sum(count for _, count in took.days), f"{took.median:.1f} days"
    if number == 1:
        return f"The one that is connected took {median}."
    if number < ENOUGH:
        return f"Half of the {number} that are connected took {median} or less."
    return f"Half of them within {median}, nine of ten within {took.p90:.1f} days."


def _sides(found: Figures, book: str) -> tuple[Bar, ...]:
    """Deadlines kept and missed, by party; a partner by its name where there is but one."""
    partners = {party.title for party in _parties(book) if party.side is Side.PARTNER}
    titles = SIDES | ({"partner": partners.pop()} if len(partners) == 1 else {})
    lines: list[Line] = []
    for each in sorted(found.sides, key=lambda side: list(SIDES).index(side.side)):
        if decided := each.kept + each.missed:
            about = f"{100 * each.kept / decided:.0f} % kept, {each.missed} missed"
            lines.append((titles[each.side], [("good", each.kept), ("bad", each.missed)], about))
    return bars(lines, whole=True)


def _parties(book: str) -> list[Party]:
    return [party for name, each in PLAYBOOKS.items() if book in ("", name) for party in each.parties]


def _without_deadlines(book: str) -> list[str]:
    """The sides that no playbook sets a deadline: they are reminded, and never late."""
    timed = set()
    for name, each in PLAYBOOKS.items():
        if book in ("", name):
            timed |= {each.party(stage.waits_on).side for stage in each.stages if stage.target and stage.waits_on}
    return [SIDES[side.value] for side in dict.fromkeys(party.side for party in _parties(book)) if side not in timed]


def _stages(stages: Iterable[StageFigures]) -> list[tuple[str, StageFigures, float | None]]:
    """Each with its title, and within how many hours nine of ten passed it, where they are enough to say so."""
    return [(title, each, each.p90_hours if each.passed >= ENOUGH else None) for title, each in titled(stages)]


async def _merging(database: AsyncEngine) -> dict[str, Any]:
    """The words of `console/review_rates.html`: practices with the most wrong merges first, then the least checked."""
    found = sorted(await error_rates(database), key=lambda each: (-each.wrong, each.checked, -each.merged))
    return {
        "merging": found[:MERGING_SHOWN],
        "merging_together": total_rate(found),
        "merging_left_out": max(0, len(found) - MERGING_SHOWN),
    }
