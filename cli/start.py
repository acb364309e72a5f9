"""`onboard start`: starts the onboarding of one practice from its file, or of many from CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.connect import open_desk, run
from cli.files import read_bytes
from cli.options import ByOrLogin, Home, Json, PlaybookName
from cli.output import echo, echo_either, echo_json, echo_stderr, progress_bar
from cli.problem import sentence

if TYPE_CHECKING:
    from desk.practice_table import TableRow
    from playbooks.engine.onboarding import Receipt, Request


def start(
    playbook: PlaybookName,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Practice file (JSON), or with --csv a table.")],
    by: ByOrLogin = "",
    csv: Annotated[bool, typer.Option("--csv", help="The file is a table with a row for each practice.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="With --csv: start also the rows that wait for a look.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Start the onboarding of a practice, or of many from CSV."""
    from desk.practice_files import playbook_called

    rules = playbook_called(playbook)
    data = read_bytes(file)
    if csv:
        raise typer.Exit(_start_many(rules.name, data, by, anyway, home, as_json))
    from desk.practice_files import read_practice

    request = read_practice(data)
    receipt = run(_start_one(rules.name, request, by, home))
    echo_either(as_json, {"id": f"{rules.name}/{request.practice.id}", **receipt.model_dump()}, receipt.text)


async def _start_one(playbook: str, request: Request, by: str, home: str | None) -> Receipt:
    from desk.hand_over import start_for

    async with open_desk(home) as desk:
        return await start_for(desk, playbook, request, by)


def _start_many(playbook: str, data: bytes, by: str, anyway: bool, home: str | None, as_json: bool) -> int:
    started, left, notes = run(_all(playbook, data, by, anyway, home))
    refused = [row for row in left if row.problems]
    waiting = [row for row in left if not row.problems]
    if as_json:
        echo_json(
            {
                "started": started,
                "refused": [_as_json(row, row.problems) for row in refused],
                "waiting": [_as_json(row, row.doubts) | {"there": list(row.there)} for row in waiting],
                "notes": list(notes),
            }
        )
    else:
        for note in notes:
            echo(note)
        for row in left:
            echo(f"Line {row.line}, {row.practice or 'no practice'}: {' '.join(row.problems + row.doubts)}")
        echo(f"Started {len(started)}, refused {len(refused)}{f', {len(waiting)} waiting' if waiting else ''}.")
    if refused:
        rows = "1 row was" if len(refused) == 1 else f"{len(refused)} rows were"
        echo_stderr(f"{rows} refused; correct them and start only these again; the others have started.")
    if waiting:
        rows = "1 practice is" if len(waiting) == 1 else f"{len(waiting)} practices are"
        echo_stderr(f"{rows} waiting; start those that are right and others again, with --anyway.")
    return 1 if left else 0


def _as_json(row: TableRow, why: tuple[str, ...]) -> dict[str, Any]:
    return {"line": row.line, "practice": row.practice, "why": " ".join(why)}


async def _all(
    playbook: str, data: bytes, by: str, anyway: bool, home: str | None
) -> tuple[list[str], list[TableRow], tuple[str, ...]]:
    """Starts every valid row; returns the IDs that were started, the rows that were not, and notes on the table."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    from desk.bulk_start import ANOTHER, look_at
    from desk.hand_over import tell_of_start
    from desk.practice_table import read_table
    from desk.problem import AlreadyOpen

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    table = read_table(data)
    async with open_desk(home) as desk:
        table = await look_at(desk, table, playbook)
        wanted = {row.practice: row.request for row in table.rows if row.request and (anyway or not row.doubts)}
        left = [row for row in table.rows if row.practice not in wanted or not row.request]
        rows = {row.practice: row for row in table.rows if row.request}
        started = []
        with progress_bar(*columns) as progress:
            bar = progress.add_task("Starting", total=len(table.rows), completed=len(table.rows) - len(wanted))
            async for practice, outcome in desk.each(wanted, lambda each: desk.start(playbook, wanted[each], by)):
                progress.advance(bar)
                if isinstance(outcome, AlreadyOpen) and outcome.plain:
                    left.append(rows[practice].refused(outcome.plain, ANOTHER))
                elif isinstance(outcome, Exception):
                    left.append(rows[practice].refused(sentence(outcome)))
                else:
                    started.append(practice)
        await tell_of_start(desk, by, {f"{playbook}/{practice}": wanted[practice].assignee for practice in started})
    identities = sorted(f"{playbook}/{practice}" for practice in started)
    return identities, sorted(left, key=lambda each: each.line), table.notes
