"""`onboard report`: reports the time in each stage, the deadlines kept, and where practices are stuck."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli import completion
from cli.connect import open_database, run, team_time
from cli.options import Home, Json
from cli.output import echo, echo_json, echo_rich, escape, make_table

if TYPE_CHECKING:
    from rich.table import Table

    from store.journal.figures import Figures


def report(
    playbook: Annotated[
        str | None, typer.Option("--playbook", help="Only this playbook's.", autocompletion=completion.playbooks)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only onboardings started at this time or later.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Report the time in each stage, deadlines kept, and who is stuck."""
    if playbook is not None:
        from desk.practice_files import playbook_called

        playbook_called(playbook)
    begin = team_time(since, home)

    async def work() -> Figures:
        from store.journal.figures import figures

        async with open_database(home) as (database, _):
            return await figures(database, now=datetime.now(UTC), playbook=playbook, since=begin)

    found = run(work())
    if as_json:
        echo_json(asdict(found))
    elif found.totals.started == 0:
        echo("No onboarding has been started yet.")
    else:
        totals = found.totals
        days = totals.median_days_to_complete
        median = f", half of those within {_length(days * 24)}" if days is not None else ""
        others = "".join(f"{number} {what}, " for what in ("refused", "expired") if (number := getattr(totals, what)))
        ends = f"{totals.withdrawn} withdrawn, {others}{totals.complete} complete{median}"
        answers = "".join(f"{escape(each)}\n" for each in _answers(found, playbook or ""))
        echo_rich(f"[bold]{totals.started} started: {totals.open} open, {ends}.[/]\n{answers}")
        echo_rich(*_tables(found, playbook or ""))


def _answers(found: Figures, playbook: str) -> Iterator[str]:
    """Where time is lost, and whose deadlines are missed."""
    from desk.sides import side_titles
    from playbooks.plural import count_of
    from store.journal.figures import titled

    sides = side_titles(playbook)
    if stage := found.slowest:
        title = next(title for title, each in titled(found.stages) if each is stage)
        on, practices = sides.get(stage.side, stage.side), count_of(stage.passed, "practice")
        each = f" (median {_length(stage.median_hours)})" if stage.passed > 1 else ""
        times = f"{_length(stage.hours)} in all{each}"
        yield f"Most time is lost at {title}, waiting on {on}: {practices}, {times}, more than at any other stage."
    if most := max((each.missed for each in found.sides), default=0):
        by = (f"{sides[each.side]}: {most} of {each.kept + most}" for each in found.by_misses if each.missed == most)
        yield f"Deadlines are missed most by {', and as often by '.join(by)}."


def _tables(found: Figures, playbook: str) -> Iterator[Table]:
    from desk.sides import side_titles
    from store.journal.figures import ENOUGH, titled

    sides = side_titles(playbook)
    if found.stages:
        heads = ("Stage", "Side", "Passed", "In all", "Median", "90 %", "Kept", "Missed")
        table = make_table(*heads, title="Time in each stage", right=(2, 3, 4, 5, 6, 7))
        for title, stage in titled(found.stages):
            took = (
                _short(stage.hours or None),
                _short(stage.median_hours),
                _short(stage.p90_hours if stage.passed >= ENOUGH else None),
            )
            side = sides.get(stage.side, stage.side)
            table.add_row(escape(title), side, str(stage.passed), *took, str(stage.kept), str(stage.missed))
        yield table
    if any(side.kept + side.missed for side in found.sides):
        table = make_table("Side", "Kept", "Missed", "Share kept", title="Deadlines", right=(1, 2, 3))
        for each in found.sides:
            if decided := each.kept + each.missed:
                share = f"{100 * each.kept / decided:.0f} %"
                table.add_row(sides.get(each.side, each.side), str(each.kept), str(each.missed), share)
        yield table
    if found.stuck:
        columns = ("Stage", "Waiting on", "Open", "On hold", "Overdue", "Longest")
        table = make_table(*columns, title="Where they are now", right=(2, 3, 4, 5))
        for here in found.stuck:
            counts = str(here.open), str(here.on_hold), str(here.overdue)
            # The clocks of all that are there may have been moved ahead of ours.
            longest = _short(here.oldest_hours if here.oldest_hours >= 0 else None)
            table.add_row(escape(here.stage_title), escape(here.waiting_on_title or "-"), *counts, longest)
        yield table


def _length(hours: float | None) -> str:
    from desk.explain import exact_duration

    return "-" if hours is None else exact_duration(timedelta(hours=hours))


def _short(hours: float | None) -> str:
    """`9d 22h`, as narrow columns need it."""
    return re.sub(r"(\d) ([dhm])\w+", r"\1\2", _length(hours))
