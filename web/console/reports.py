"""Reports: where practices are stuck, how long it takes until they are connected, whose deadlines are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from desk.clock import is_moved
from desk.explain import exact_duration
from desk.sides import side_titles, sides_of
from pharmacy.records.review_sample import error_rates, total_rate
from playbooks.registry import PLAYBOOKS
from store.journal.figures import (
    ENOUGH,
    Durations,
    Figures,
    SideFigures,
    StageFigures,
    by_colleague,
    durations,
    figures,
    titled,
)
from templates.filters import capitalize_first
from web.authorization import Viewer
from web.console.actions import zone_of
from web.console.board import assignees
from web.console.charts import Bar, Line, Said, Shares, bars, histogram
from web.console.filter_words import in_words
from web.console.filters import ME, NOBODY, OUTCOMES, PERIODS, Filters
from web.console.temporal_links import saved_links
from web.console.views import EVERYTHING
from web.exports import csv_line, csv_response
from web.pages import page
from web.services import Web
from web.sessions import visit_of

router = APIRouter()

MERGING_SHOWN = 25
HEADINGS = (
    *("Integration", "Stage", "Waiting on", "Practices that passed it", "Median (hours)"),
    *("Nine of ten took at most (hours)", "Deadlines kept", "Deadlines missed", "Time in all (hours)"),
)


@router.get("/reports")
async def reports(
    request: Request, web: Web, person: Viewer, playbook: str = "", days: str = "", assignee: str = ""
) -> Response:
    wanted, now = _filters(playbook, days, assignee), datetime.now(UTC)
    asked = wanted.asked(person.handle, now, zone_of(web, person))
    which: dict[str, Any] = {"playbook": asked.playbook, "since": asked.started_since}
    found, took, colleagues, merged = await asyncio.gather(
        figures(web.database, now=now, assignee=asked.assignee, **which),
        durations(web.database, assignee=asked.assignee, **which),
        by_colleague(web.database, **which),
        _merging(web.database),
    )
    stages, sides = _stages(found.stages), found.by_misses
    return await page(
        request,
        "console/reports.html",
        wanted=wanted,
        board=partial(board, wanted),
        said_filters=in_words(wanted, "All onboardings."),
        slowest=next((line for line in stages if line.figures is found.slowest), None),
        sides=sides,
        titles=side_titles(wanted.playbook),
        periods=[*PERIODS.items(), ("", "All time")],
        people=await assignees(web, await visit_of(request).team()),
        me=ME,
        nobody=NOBODY,
        colleagues=[] if wanted.assignee else colleagues,
        ahead=any(is_moved(each.oldest_entered_at) for each in found.stuck),
        playbooks=[(each.name, each.title) for each in PLAYBOOKS.values()],
        totals=found.totals,
        stuck=_stuck(found, wanted),
        waiting=max(
            (each for each in found.stuck if each.oldest_hours >= 0), key=attrgetter("oldest_hours"), default=None
        ),
        took=histogram(took.days, lambda first, end: board(wanted, status="complete", took=f"{first}-{end}")),
        said=_within(took),
        kept=_kept(sides, wanted),
        others=[each for each in sides_of(wanted.playbook) if each not in {side.side for side in sides}],
        stages=stages,
        enough=ENOUGH,
        links=saved_links(web, await web.change_feed.groups()),
        **merged,
    )


@router.get("/reports.csv")
async def export(
    request: Request, web: Web, person: Viewer, playbook: str = "", days: str = "", assignee: str = ""
) -> Response:
    """The figures of every stage as on the page, as a table for a spreadsheet; hours to a tenth."""
    now = datetime.now(UTC)
    asked = _filters(playbook, days, assignee).asked(person.handle, now, zone_of(web, person))
    found = await figures(
        web.database, now=now, playbook=asked.playbook, since=asked.started_since, assignee=asked.assignee
    )

    async def lines() -> AsyncIterator[str]:
        yield csv_line(HEADINGS)
        for line in _stages(found.stages):
            stage = line.figures
            book = PLAYBOOKS.get(stage.playbook)
            hours = (_hours(line.median), _hours(line.nine_of_ten))
            side = side_titles(book.name if book else "").get(stage.side, stage.side)
            titles = (book.title if book else stage.playbook, line.title, side)
            yield csv_line([*titles, stage.passed, *hours, stage.kept, stage.missed, _hours(line.in_all)])

    return csv_response("stages.csv", lines())


def _filters(playbook: str, days: str, assignee: str) -> Filters:
    return Filters.read({"playbook": playbook if playbook in PLAYBOOKS else "", "assignee": assignee, "started": days})


def board(filters: Filters, **more: str) -> str:
    """Returns the address of the board's list with the practices behind a figure."""
    return f"/?{replace(filters, **more).address() or EVERYTHING}#list"


def _stuck(found: Figures, wanted: Filters) -> tuple[Bar, ...]:
    """The open ones, stage by stage, and how long the first of each has been there."""
    there = {(each.playbook, each.stage): each for each in found.stuck}
    lines: list[Line] = []
    for book in PLAYBOOKS.values():
        for stage in book.stages:
            if here := there.get((book.name, stage.name)):
                at = replace(wanted, playbook=book.name, stage=stage.name)
                others = here.open - here.overdue - here.on_hold
                said = [Said(f"{here.overdue} overdue", board(at, sla="breached"))] if here.overdue else []
                said += [Said(f"{here.on_hold} on hold", board(at, status="on_hold"))] if here.on_hold else []
                # The clocks of all that are there may have been moved ahead of ours.
                if here.oldest_hours >= 0:
                    longest = exact_duration(here.oldest_length)
                    said.append(Said(f"longest there: {longest}", board(at, sort="since")))
                shares: Shares = [("bad", here.overdue), ("warn", here.on_hold), ("calm", others)]
                lines.append(Line(stage.title, shares, said, board(at)))
    return bars(lines)


def _within(took: Durations) -> str:
    """How long it takes, as far as so few or so many tell."""
    if took.median is None or took.p90 is None:
        return ""
    number, median = sum(count for _, count in took.days), exact_duration(timedelta(days=took.median))
    if number == 1:
        return f"The connected practice took {median}."
    if number < ENOUGH:
        return f"{number} practices are connected. Their median is {median}: half took less, half more."
    return f"Half are connected within {median}, nine of ten within {exact_duration(timedelta(days=took.p90))}."


def _kept(sides: Iterable[SideFigures], wanted: Filters) -> tuple[Bar, ...]:
    """Deadlines kept and missed, by party."""
    titles, lines = side_titles(wanted.playbook), []
    for each in sorted(sides, key=lambda side: list(titles).index(side.side)):
        behind = {what: board(wanted, status="all", visit=f"{what} {each.side}") for what in OUTCOMES}
        said = (
            Said(f"{100 * each.kept / (each.kept + each.missed):.0f} % kept", behind["kept"]),
            Said(f"{each.missed} missed", behind["missed"] if each.missed else ""),
        )
        shares: Shares = [("good", each.kept), ("bad", each.missed)]
        lines.append(Line(capitalize_first(titles[each.side]), shares, said, behind["kept or missed"]))
    return bars(lines, whole=True)


@dataclass(frozen=True)
class StageLine:
    """A stage with how long half of its visits took and, where they are enough to say so, nine of ten."""

    title: str
    figures: StageFigures
    median: timedelta | None
    nine_of_ten: timedelta | None

    @property
    def in_all(self) -> timedelta | None:
        """How long all its visits took together; None if no time is known."""
        return _length(self.figures.hours if self.figures.passed else None)

    def visits(self, wanted: Filters, outcome: str) -> str:
        stage = self.figures
        return board(wanted, status="all", playbook=stage.playbook, visit=f"{outcome} stage {stage.stage}")


def _stages(stages: Iterable[StageFigures]) -> list[StageLine]:
    return [
        StageLine(title, each, _length(each.median_hours), _length(each.p90_hours) if each.passed >= ENOUGH else None)
        for title, each in titled(stages)
    ]


def _length(hours: float | None) -> timedelta | None:
    return None if hours is None else timedelta(hours=hours)


def _hours(length: timedelta | None) -> float | None:
    return None if length is None else round(length / timedelta(hours=1), 1)


async def _merging(database: AsyncEngine) -> dict[str, Any]:
    """The words of `console/review_rates.html`: practices with the most wrong merges first, then the least checked."""
    found = sorted(await error_rates(database), key=lambda each: (-each.wrong, each.checked, -each.merged))
    return {
        "merging": found[:MERGING_SHOWN],
        "merging_together": total_rate(found),
        "merging_left_out": max(0, len(found) - MERGING_SHOWN),
    }
