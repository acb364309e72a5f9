"""`onboard list`: lists onboardings from the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli import completion
from cli.connect import open_database, run
from cli.options import Home, Json
from cli.output import SLA_LABELS, STYLES, console, echo, echo_json, echo_rich, escape, label, make_table
from playbooks.engine.states import OPEN, SLAS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desk.attention.item import AttentionItem
    from playbooks.engine.listed import Row

KEYS = (
    *("id", "run", "playbook", "practice", "practice_name", "status", "stage", "stage_title", "sla", "headline"),
    *("entered_at", "requested_at", "started_at", "waiting_on", "waiting_on_title", "assignee", "due_at"),
    *("next_what", "next_at", "closed_at"),
)
"""The keys of the JSON, in this order; others rely on both."""
_statuses = completion.one_of(*STATUSES, "all")
_slas = completion.one_of(*SLAS)
PAGE = 100
UNLIMITED = 1_000_000
UNWRAPPED = ("Onboarding", "Due")
OPTIONAL_COLUMNS = ("Assignee", "Waiting on")
"""The columns to leave out first, in this order, if a word would have to be broken."""
TONE_STYLES = {"bad": "bold red", "warn": "yellow", "calm": "cyan"}
COLUMN_GAP = 3
"""Characters between two columns."""


def show_list(
    playbook: Annotated[str | None, typer.Option("--playbook", autocompletion=completion.playbooks)] = None,
    stage: Annotated[str | None, typer.Option("--stage", autocompletion=completion.stages)] = None,
    waiting_on: Annotated[str | None, typer.Option("--waiting-on", autocompletion=completion.parties)] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", metavar="HANDLE")] = None,
    sla: Annotated[str | None, typer.Option("--sla", help=f"One of {', '.join(SLAS)}.", autocompletion=_slas)] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            help=f"{', '.join(STATUSES)} or all; else those not closed.",
            autocompletion=_statuses,
        ),
    ] = None,
    search: Annotated[str | None, typer.Option("--search", help="Words, each part of ID, practice or contact.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help=f"Maximum number to show. Default: {PAGE}; with --json all.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List onboardings, the overdue ones first."""
    completion.check("--sla", [sla] if sla else [], SLAS)
    completion.check("--status", status or [], (*STATUSES, "all"))
    filtered = any((playbook, stage, waiting_on, assignee, sla, status, search))
    max_rows = limit or (UNLIMITED if as_json else PAGE)

    async def work() -> tuple[list[Row], str, dict[str, tuple[AttentionItem, ...]]]:
        from desk.attention.collect import items_of_all
        from store.journal.listing import Filter, list_onboardings

        async with open_database(home) as (database, settings):
            selection = Filter(
                playbook=playbook,
                stage=stage,
                waiting_on=waiting_on,
                assignee=assignee,
                sla=sla,
                status=STATUSES if "all" in (status or ()) else tuple(status or OPEN),
                search=search,
            )
            # Not by due date: the deadline of an onboarding on hold may have passed without being missed.
            rows = await list_onboardings(database, selection, order="urgent", limit=max_rows + 1)
            items = {} if as_json else await items_of_all(database, rows[:max_rows])
            return rows, settings.team_time_zone, items

    rows, zone, items = run(work())
    if as_json:
        echo_json([_plain(row) for row in rows[:max_rows]])
    elif rows:
        _print_table(rows[:max_rows], ZoneInfo(zone), more=len(rows) > max_rows, items=items)
    else:
        echo("No onboarding matches." if filtered else "No onboarding is open.")


def _plain(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in KEYS}


def _print_table(
    rows: list[Row], zone: ZoneInfo, *, more: bool, items: Mapping[str, tuple[AttentionItem, ...]] | None = None
) -> None:
    cells = [_cells(row, zone, (items or {}).get(row.id, ())) for row in rows]
    widths = {name: _min_width(name, [line[name] for line in cells]) for name in cells[0]}
    left_out = []
    for name in OPTIONAL_COLUMNS:
        if _too_wide(widths):
            left_out.append(name)
            del widths[name]
    whole: tuple[str, ...] = UNWRAPPED
    if _too_wide(widths):
        # A wrapped ID is better than no state beside it.
        whole, widths["Onboarding"] = UNWRAPPED[1:], 1
    note = f"Times are in {zone.key}."
    if more:
        note += f" Showing the first {len(rows)}; use --limit for more, filters for fewer."
    if left_out:
        note += f" Columns left out: {', '.join(left_out)}; --json shows all."
    table = make_table(*widths, caption=note, whole=tuple(list(widths).index(name) for name in whole))
    for column, width in zip(table.columns, widths.values(), strict=True):
        column.min_width = width
    for row, line in zip(rows, cells, strict=True):
        escaped = {name: escape(text) for name, text in line.items()}
        if style := _style(row, (items or {}).get(row.id, ())):
            escaped["State"] = f"[{style}]{escaped['State']}[/]"
        table.add_row(*(escaped[name] for name in widths))
    echo_rich(table)


def _cells(row: Row, zone: ZoneInfo, items: tuple[AttentionItem, ...]) -> dict[str, str]:
    """Returns the cells of a row. Its state names the attention items instead of the deadline's state, if any."""
    has_deadline = row.status in OPEN and row.sla != "none"
    state = SLA_LABELS[row.sla] if has_deadline else label(row.status)
    reasons = dict.fromkeys(item.why[:1].lower() + item.why[1:] for item in items)
    return {
        "Onboarding": row.id,
        "Stage": row.stage_title,
        "Waiting on": row.waiting_on_title or "-",
        "Due": _due(row.due_at, zone) if row.due_at else "-",
        "State": ", ".join([*([state] if row.status == "on_hold" or not reasons else []), *reasons]),
        "Assignee": row.assignee or "-",
    }


def _style(row: Row, items: tuple[AttentionItem, ...]) -> str:
    if items:
        return TONE_STYLES[items[0].tone]
    return STYLES[row.sla] if row.status in OPEN and row.sla != "none" else ""


def _due(at: datetime, zone: ZoneInfo) -> str:
    from playbooks.calendar.time_format import format_time

    return format_time(at, zone, datetime.now(UTC), named=False)


def _too_wide(widths: dict[str, int]) -> bool:
    return sum(widths.values()) + COLUMN_GAP * len(widths) > console().width


def _min_width(name: str, texts: list[str]) -> int:
    """Returns the width at which no word of the column is broken."""
    words = [name, *texts] if name in UNWRAPPED else [word for text in (name, *texts) for word in text.split()]
    return max(map(len, words))
