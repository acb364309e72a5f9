"""`onboard import`: imports a practice's feed, and shows its progress and result."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.connect import open_desk, run, team_time
from cli.options import ByOrLogin, Home, Json
from cli.output import echo, echo_json, echo_rich, echo_stderr, escape, make_table, progress_bar
from cli.problem import CliProblem

if TYPE_CHECKING:
    from desk.service import Desk
    from pharmacy.feeds.rows import Rejection
    from pharmacy.records.feed_progress import Feed

MAX_ROWS = 50
POLL_SECONDS = 0.5


def import_feed(
    practice: Annotated[str, typer.Argument(metavar="PRACTICE-ID", help="Whose feed it is.")],
    feed: Annotated[
        Path, typer.Argument(metavar="FEED", help="Zip, CSV or NDJSON, also gzipped, or a folder of these.")
    ],
    by: ByOrLogin = "",
    made_at: Annotated[
        str | None,
        typer.Option("--made-at", metavar="TIME", help="When the feed was made, if it does not say; else its date."),
    ] = None,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="WHY", help="Approve a feed that waits for a decision.")
    ] = None,
    refuse: Annotated[
        str | None, typer.Option("--refuse", metavar="WHY", help="Refuse a feed that waits for a decision.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import a practice's clients and patients from its feed."""
    if approve and refuse:
        raise typer.BadParameter("Say --approve or --refuse, not both")
    if not feed.exists():
        raise CliProblem(f"There is no {feed}; name a file that exists, or a folder with clients.csv and patients.csv.")
    made = team_time(made_at, home)
    imported, aside = run(_import(practice, feed, by, made, approve, refuse, home))
    if as_json:
        echo_json({**imported.model_dump(), "rows_set_aside": [asdict(each) for each in aside]})
    else:
        _echo_result(imported, aside)
    if imported.state != "done":
        raise typer.Exit(1)


async def _import(
    practice: str,
    path: Path,
    by: str,
    made_at: datetime | None,
    approve: str | None,
    refuse: str | None,
    home: str | None,
) -> tuple[Feed, list[Rejection]]:
    from desk import feed_imports
    from pharmacy.feeds.folder import as_file
    from pharmacy.records import feed_progress

    async with open_desk(home) as desk:
        with as_file(path) as (file, name):
            modified = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            arrival = await feed_imports.hand_in(desk, practice, file, name, by, made_at or modified)
        feed = await _follow(desk, practice, arrival.number)
        if feed.state == "asking" and (approve or refuse):
            await feed_imports.decide(desk, practice, feed.number, approve is not None, by, approve or refuse or "")
            feed = await _follow(desk, practice, arrival.number, decided=True)
        if arrival.state == "done":
            echo_stderr(f"This file was uploaded before as feed {feed.number}; nothing has changed.")
        return feed, await feed_progress.list_rejections(desk.database, practice, feed.number)


async def _follow(desk: Desk, practice: str, number: int, *, decided: bool = False) -> Feed:
    """Shows a feed's progress until it is over or waits for a person's decision."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    from pharmacy.records import feed_progress

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with progress_bar(*columns) as progress:
        bar = progress.add_task("Waiting", total=None)
        while True:
            feed = await feed_progress.load_feed(desk.database, practice, number)
            if feed.is_over or feed.waits_for or (feed.state == "asking" and not decided):
                return feed
            done, total = feed.progress
            progress.update(bar, description=feed.in_words.partition(" (")[0], completed=done, total=total or None)
            await asyncio.sleep(POLL_SECONDS)


def _echo_result(feed: Feed, aside: list[Rejection]) -> None:
    if feed.state == "refused":
        decided = f"{feed.decided_by} refused it: {feed.decided_why}" if feed.decided_by else ""
        raise CliProblem(decided or feed.why or "The feed was refused.")
    if feed.state == "asking":
        raise CliProblem(
            f"Nothing has been imported yet; decide first: {feed.why} Look into it, then repeat the command with "
            "--approve WHY or --refuse WHY."
        )
    if feed.waits_for:
        raise CliProblem(f"{feed.in_words}, on the practice's page; it is stored and imported after that.")
    table = make_table("", "New", "Updated", "Unchanged", right=(1, 2, 3))
    table.add_row("Clients", *_numbers(feed.new_clients, feed.updated_clients, feed.unchanged_clients))
    table.add_row("Patients", *_numbers(feed.new_patients, feed.updated_patients, feed.unchanged_patients))
    lines = [
        ("Merged with home-delivery clients", feed.merged),
        ("Pairs to review", feed.to_review),
        ("Differences to decide", feed.differing),
        ("Rows set aside", feed.set_aside),
        ("Values left out of imported rows", feed.values_set_aside),
        ("Our clients that are not in the feed", feed.missing),
    ]
    echo_rich(
        table, *(f"{what}: {number:,}" for what, number in lines if number), *(escape(note) for note in feed.notes)
    )
    if aside:
        rows = make_table("Line", "What", "Why", right=(0,), whole=(0, 1))
        for each in aside[:MAX_ROWS]:
            rows.add_row(str(each.line), f"{each.kind} {escape(each.id or '')}".strip(), escape(each.reason))
        echo_rich(rows)
        if (more := feed.set_aside + feed.values_set_aside - MAX_ROWS) > 0:
            echo(f"... and {more:,} more; --json lists them.")


def _numbers(*numbers: int) -> list[str]:
    return [f"{number:,}" for number in numbers]
