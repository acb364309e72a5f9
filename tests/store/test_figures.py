"""The report's figures, against the same computed slowly and plainly in Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.listed import Row
from playbooks.engine.states import OPEN, STATUSES
from store.journal.figures import SideFigures, StageFigures, Stuck, Totals, figures
from store.journal.journal import publish
from tests.store.samples import MONDAY, row, visit

NOW = MONDAY + timedelta(days=30)
SIDES = {"queue_entry": "us", "invitation": "partner", "registration": "practice"}


def percentile(values: list[float], part: float) -> float | None:
    """By its definition: the point `part` of the way from the smallest to the largest, between its neighbours."""
    if not values:
        return None
    ranked = sorted(values)
    position = part * (len(ranked) - 1)
    low = int(position)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (position - low)


def hours(visit: dict[str, Any]) -> float:
    took = datetime.fromisoformat(visit["left_at"]) - datetime.fromisoformat(visit["entered_at"])
    return took.total_seconds() / 3600


def is_missed(row: Row, visit: dict[str, Any]) -> bool:
    """Also while the stage is open, once it is overdue."""
    late = row.sla == "breached" and visit["left_at"] is None
    return visit["kept"] is False or (visit["kept"] is None and late)


def stages_of(rows: list[Row]) -> list[StageFigures]:
    found = []
    for playbook, stage, side in sorted({(r.playbook, v["stage"], v["side"]) for r in rows for v in r.visits}):
        both = [(r, v) for r in rows for v in r.visits]
        both = [(r, v) for r, v in both if (r.playbook, v["stage"], v["side"]) == (playbook, stage, side)]
        visits = [v for _, v in both]
        lengths = [hours(v) for v in visits if v["counted"] and v["left_at"]]
        kept = sum(v["kept"] is True for v in visits)
        missed = sum(is_missed(r, v) for r, v in both)
        if lengths or kept or missed:
            median, p90 = percentile(lengths, 0.5), percentile(lengths, 0.9)
            found.append(StageFigures(playbook, stage, side, len(lengths), median, p90, kept, missed, sum(lengths)))
    return found


def sides_of(rows: list[Row]) -> list[SideFigures]:
    visits = [(r, v) for r in rows for v in r.visits]
    counted = [(r, v) for r, v in visits if v["kept"] or is_missed(r, v) or (v["counted"] and v["left_at"])]

    def figures_of(side: str) -> SideFigures:
        mine = [(r, v) for r, v in counted if v["side"] == side]
        return SideFigures(side, sum(v["kept"] is True for _, v in mine), sum(is_missed(r, v) for r, v in mine))

    return [figures_of(side) for side in sorted({v["side"] for _, v in counted})]


def stuck_of(rows: list[Row]) -> list[Stuck]:
    found = []
    for playbook, stage in {(r.playbook, r.stage) for r in rows if r.status in OPEN}:
        here = [r for r in rows if (r.playbook, r.stage) == (playbook, stage) and r.status in OPEN]
        oldest = min(r.entered_at for r in here)
        found.append(
            Stuck(
                playbook,
                stage,
                here[0].stage_title,
                here[0].waiting_on_title,
                len(here),
                sum(r.status == "on_hold" for r in here),
                sum(r.sla == "breached" for r in here),
                oldest,
                (NOW - oldest).total_seconds() / 3600,
            )
        )
    return sorted(found, key=lambda each: (-each.open, each.playbook, each.stage))


def totals_of(rows: list[Row]) -> Totals:
    days = [
        (r.closed_at - r.requested_at).total_seconds() / 86_400 for r in rows if r.closed_at and r.status == "complete"
    ]
    by_status = Counter(r.status for r in rows)
    return Totals(
        started=len(rows),
        open=sum(by_status[status] for status in OPEN),
        complete=by_status["complete"],
        withdrawn=by_status["withdrawn"],
        refused=by_status["refused"],
        expired=by_status["expired"],
        median_days_to_complete=percentile(days, 0.5),
    )


def some_rows(seed: int) -> list[Row]:
    pick = random.Random(seed)

    def some_visit(stage: str, last: bool) -> dict[str, Any]:
        length = None if last else pick.choice([0, 0.25, pick.expovariate(1 / 40)])
        return visit(
            stage, length, side=SIDES[stage], counted=pick.random() < 0.8, kept=pick.choice([None, True, False])
        )

    def some_row(number: int) -> Row:
        status = pick.choice(STATUSES)
        stage = pick.choice(list(SIDES))
        passed = list(SIDES)[: pick.randrange(4)]
        return row(
            f"practice-{number}",
            playbook=pick.choice(["datapoint", "ezyvet"]),
            status=status,
            stage=stage,
            stage_title=stage.title(),
            waiting_on_title=SIDES[stage],
            closed_at=None if status in OPEN else MONDAY + timedelta(hours=pick.uniform(0, 900)),
            sla=pick.choice(["none", "on_track", "breached"]),
            entered_at=MONDAY - timedelta(hours=pick.randrange(100)),
            requested_at=MONDAY - timedelta(hours=pick.randrange(100)),
            started_at=MONDAY - timedelta(days=pick.randrange(10)),
            visits=[some_visit(name, name == passed[-1]) for name in passed],
        )

    return [some_row(number) for number in range(pick.choice([1, 2, 7, 90]))]


def assert_close(found: Iterable[Any], wanted: Iterable[Any]) -> None:
    """Equal, but for the last digits of computed numbers."""
    found, wanted = [list(vars(each).values()) for each in found], [list(vars(each).values()) for each in wanted]
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a == (pytest.approx(b, abs=1e-6) if isinstance(b, float) else b)


@pytest.mark.parametrize("seed", range(8))
async def test_figures_are_what_the_rows_say(engine: AsyncEngine, seed: int) -> None:
    rows = some_rows(seed)
    for each in rows:
        await publish(engine, each, [], [])
    since = MONDAY - timedelta(days=5)
    for playbook in (None, "datapoint"):
        for start in (None, since):
            of_playbook = [each for each in rows if playbook in (None, each.playbook)]
            started = [each for each in of_playbook if start is None or each.started_at >= start]
            found = await figures(engine, now=NOW, playbook=playbook, since=start)
            assert_close(found.stages, stages_of(started))
            assert_close(found.sides, sides_of(started))
            assert_close(found.stuck, stuck_of(started))
            assert_close([found.totals], [totals_of(started)])


async def test_the_samples_show_every_case() -> None:
    """Or the comparison above would compare nothing with nothing."""
    figures = [(stages_of(rows), stuck_of(rows), totals_of(rows)) for rows in map(some_rows, range(8))]
    stages = [stage for found, _, _ in figures for stage in found]
    assert any(stage.passed == 0 and stage.kept for stage in stages)
    assert any(stage.passed > 10 and stage.missed for stage in stages)
    assert any(stuck.open > 5 and stuck.overdue and stuck.on_hold for _, found, _ in figures for stuck in found)
    assert any(totals.median_days_to_complete is None for _, _, totals in figures)
    assert any((totals.median_days_to_complete or 0) > 1 and totals.withdrawn for _, _, totals in figures)


async def test_without_any_onboarding_there_is_nothing_to_say(engine: AsyncEngine) -> None:
    found = await figures(engine, now=NOW)
    assert (found.stages, found.sides, found.stuck) == ((), (), ())
    assert found.totals == Totals(0, 0, 0, 0, 0, 0, None)
