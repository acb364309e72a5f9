"""The figures of the report: how long each stage takes, which deadlines were kept, where practices are stuck.

Computed by the database from what is stored; no clock is asked, `now` is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, ColumnElement, Float, Integer, Text, and_, column, extract, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.states import STATUSES
from playbooks.registry import PLAYBOOKS
from store.database import at_once
from store.journal.listing import Filter
from store.journal.tables import onboardings as table

ENOUGH = 10
"""Of fewer than that, nine of ten says nothing."""


@dataclass(frozen=True)
class StageFigures:
    """One stage over all that passed it.

    `passed` counts the visits whose length somebody reported, the hours are of these (None without any); `hours` is how
    many they were together.
    `kept` and `missed` count deadlines, as missed also that of an open stage which is overdue; a visit without one is
    in neither.
    """

    playbook: str
    stage: str
    side: str
    passed: int
    median_hours: float | None
    p90_hours: float | None
    kept: int
    missed: int
    hours: float


@dataclass(frozen=True)
class SideFigures:
    """The deadlines of one side: ours, the partner's or the practice's."""

    side: str
    kept: int
    missed: int


@dataclass(frozen=True)
class Stuck:
    """The open onboardings that are in one stage now, those on hold among them; `overdue` are breached."""

    playbook: str
    stage: str
    stage_title: str
    waiting_on_title: str | None
    open: int
    on_hold: int
    overdue: int
    oldest_entered_at: datetime
    oldest_hours: float

    @property
    def oldest_length(self) -> timedelta:
        """How long the first of them has been there."""
        return timedelta(hours=self.oldest_hours)


@dataclass(frozen=True)
class Totals:
    """How many were started, and what became of them. Days run from the request to the close, elapsed."""

    started: int
    open: int
    complete: int
    withdrawn: int
    refused: int
    expired: int
    median_days_to_complete: float | None


@dataclass(frozen=True)
class Figures:
    """The whole report; stages by playbook and name, the stage with most practices first in `stuck`."""

    stages: tuple[StageFigures, ...]
    sides: tuple[SideFigures, ...]
    stuck: tuple[Stuck, ...]
    totals: Totals

    @property
    def slowest(self) -> StageFigures | None:
        """The stage at which most time is lost; None if no time is known."""
        return max((stage for stage in self.stages if stage.hours), key=lambda stage: stage.hours, default=None)

    @property
    def by_misses(self) -> list[SideFigures]:
        """The sides that had deadlines, who missed most of them first."""
        timed = (side for side in self.sides if side.kept + side.missed)
        return sorted(timed, key=lambda side: (-side.missed, side.kept))


async def figures(
    engine: AsyncEngine,
    *,
    now: datetime,
    playbook: str | None = None,
    since: datetime | None = None,
    assignee: str | None = None,
) -> Figures:
    """The figures of all onboardings, or of one playbook or colleague, or of those started at `since` or later."""
    wanted = Filter(status=STATUSES, playbook=playbook, assignee=assignee, started_since=since)
    conditions = list(wanted.conditions())
    stages, stuck, totals = await asyncio.gather(
        _stages(engine, conditions), _stuck(engine, conditions, now), _totals(engine, conditions)
    )
    return Figures(stages, _sides(stages), stuck, totals)


async def _stages(engine: AsyncEngine, conditions: list[ColumnElement[bool]]) -> tuple[StageFigures, ...]:
    # `hours` was computed when the visit was stored: reading two times out of JSON costs twice as much.
    visit = (
        func.jsonb_to_recordset(table.c.visits)
        .table_valued(
            *(column(name, Text) for name in ("stage", "side", "left_at")),
            column("hours", Float),
            column("kept", Boolean),
        )
        .render_derived(name="visit", with_types=True)
    )
    hours, kept = visit.c.hours, visit.c.kept
    overdue = and_(table.c.sla == "breached", visit.c.left_at.is_(None), kept.is_(None))
    # Gathered first and sorted then: sorting the visits themselves, by three names, takes longer than all the rest.
    gathered = (
        select(
            table.c.playbook,
            visit.c.stage,
            visit.c.side,
            func.array_agg(hours, type_=ARRAY(Float)).filter(hours.is_not(None)).label("lengths"),
            func.coalesce(func.sum(hours), 0).label("hours"),
            func.count().filter(kept).label("kept"),
            func.count().filter(or_(~kept, overdue)).label("missed"),
        )
        .select_from(table.join(visit, literal(True)))
        .where(*conditions, or_(hours.is_not(None), kept.is_not(None), overdue))
        .group_by(table.c.playbook, visit.c.stage, visit.c.side)
        .subquery("gathered")
    )
    each = func.unnest(gathered.c.lengths).column_valued("each")
    of_all = func.percentile_cont(literal([0.5, 0.9], ARRAY(Float))).within_group(each)
    query = select(
        *(gathered.c[name] for name in ("playbook", "stage", "side", "kept", "missed", "hours")),
        func.coalesce(func.cardinality(gathered.c.lengths), 0).label("passed"),
        select(of_all).correlate(gathered).scalar_subquery().label("percentiles"),
    ).order_by(gathered.c.playbook, gathered.c.stage, gathered.c.side)
    found = []
    async with at_once(engine) as connection:
        for row in (await connection.execute(query)).mappings():
            values = dict(row)
            median, p90 = values.pop("percentiles") or (None, None)
            found.append(StageFigures(**values, median_hours=median, p90_hours=p90))
    return tuple(found)


def _sides(stages: tuple[StageFigures, ...]) -> tuple[SideFigures, ...]:
    def of(side: str) -> SideFigures:
        mine = [stage for stage in stages if stage.side == side]
        return SideFigures(side, sum(stage.kept for stage in mine), sum(stage.missed for stage in mine))

    return tuple(of(side) for side in sorted({stage.side for stage in stages}))


async def _stuck(engine: AsyncEngine, conditions: list[ColumnElement[bool]], now: datetime) -> tuple[Stuck, ...]:
    number = func.count().label("open")
    query = (
        select(
            table.c.playbook,
            table.c.stage,
            func.max(table.c.stage_title).label("stage_title"),
            func.max(table.c.waiting_on_title).label("waiting_on_title"),
            number,
            func.count().filter(table.c.status == "on_hold").label("on_hold"),
            func.count().filter(table.c.sla == "breached").label("overdue"),
            func.min(table.c.entered_at).label("oldest_entered_at"),
        )
        .where(table.c.closed_at.is_(None), *conditions)
        .group_by(table.c.playbook, table.c.stage)
        .order_by(number.desc(), table.c.playbook, table.c.stage)
    )
    async with at_once(engine) as connection:
        rows = (await connection.execute(query)).mappings().all()
    return tuple(
        Stuck(**found, oldest_hours=(now - found["oldest_entered_at"]).total_seconds() / 3600) for found in rows
    )


async def _totals(engine: AsyncEngine, conditions: list[ColumnElement[bool]]) -> Totals:
    complete = table.c.status == "complete"
    days = extract("epoch", table.c.closed_at - table.c.requested_at).cast(Float) / 86_400
    query = select(
        func.count(),
        func.count().filter(table.c.closed_at.is_(None)),
        func.count().filter(complete),
        func.count().filter(table.c.status == "withdrawn"),
        func.count().filter(table.c.status == "refused"),
        func.count().filter(table.c.status == "expired"),
        func.percentile_cont(0.5).within_group(days).filter(complete),
    ).where(and_(True, *conditions))
    async with at_once(engine) as connection:
        return Totals(*(await connection.execute(query)).one())


@dataclass(frozen=True)
class Durations:
    """`days` gives how many took so many whole days; the rest are days as well, None if none is complete."""

    days: tuple[tuple[int, int], ...]
    median: float | None
    p90: float | None


async def durations(
    engine: AsyncEngine, *, playbook: str | None = None, since: datetime | None = None, assignee: str | None = None
) -> Durations:
    """Of all that are complete, of one playbook or colleague, or of those started at `since` or later."""
    took = extract("epoch", table.c.closed_at - table.c.requested_at).cast(Float) / 86_400
    wanted = Filter(status=("complete",), playbook=playbook, assignee=assignee, started_since=since)
    conditions = list(wanted.conditions())
    day = func.floor(took).cast(Integer)
    counted = select(day, func.count()).where(*conditions).group_by(day).order_by(day)
    percentiles = select(func.percentile_cont(literal([0.5, 0.9], ARRAY(Float))).within_group(took)).where(*conditions)
    async with at_once(engine) as connection:
        days = tuple((each[0], each[1]) for each in await connection.execute(counted))
        median, p90 = (await connection.scalar(percentiles)) or (None, None)
    return Durations(days, median, p90)


@dataclass(frozen=True)
class ColleagueFigures:
    """What one colleague has, None for what nobody has: the open ones, and what became of the others."""

    assignee: str | None
    open: int
    overdue: int
    on_hold: int
    complete: int
    median_days_to_complete: float | None

    @property
    def median_length(self) -> timedelta | None:
        days = self.median_days_to_complete
        return None if days is None else timedelta(days=days)


async def by_colleague(
    engine: AsyncEngine, *, playbook: str | None = None, since: datetime | None = None
) -> tuple[ColleagueFigures, ...]:
    """The figures of each colleague, of one playbook, or of those started at `since` or later."""
    is_open, complete = table.c.closed_at.is_(None), table.c.status == "complete"
    days = extract("epoch", table.c.closed_at - table.c.requested_at).cast(Float) / 86_400
    query = (
        select(
            table.c.assignee,
            func.count().filter(is_open).label("open"),
            func.count().filter(is_open, table.c.sla == "breached").label("overdue"),
            func.count().filter(table.c.status == "on_hold").label("on_hold"),
            func.count().filter(complete).label("complete"),
            func.percentile_cont(0.5).within_group(days).filter(complete).label("median_days_to_complete"),
        )
        .where(*Filter(status=STATUSES, playbook=playbook, started_since=since).conditions(), or_(is_open, complete))
        .group_by(table.c.assignee)
        .order_by(table.c.assignee.nulls_last())
    )
    async with at_once(engine) as connection:
        return tuple(ColleagueFigures(**found) for found in (await connection.execute(query)).mappings())


def titled(stages: Iterable[StageFigures]) -> list[tuple[str, StageFigures]]:
    """Returns the stages with their titles, in the order in which a practice passes them."""
    titles = {(book.name, stage.name): stage.title for book in PLAYBOOKS.values() for stage in book.stages}
    order = list(titles)
    found = [((each.playbook, each.stage), each) for each in stages]
    found.sort(key=lambda each: (each[1].playbook, order.index(each[0]) if each[0] in titles else 0))
    return [(titles.get(key, each.stage), each) for key, each in found]
