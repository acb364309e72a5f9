"""`onboard start`: starts the onboarding of one practice from its file, or of many from CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.connect import open_desk, run
from cli.files import read_bytes
from cli.options import ByOrLogin, Home, Json, PlaybookName
from cli.output import echo, echo_either, echo_json, echo_stderr, progress_bar
from cli.problem import sentence

if TYPE_CHECKING:
    from desk.practice_files import Refusal
    from playbooks.engine.onboarding import Receipt, Request


def start(
    playbook: PlaybookName,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Practice file (JSON), or with --csv a table.")],
    by: ByOrLogin = "",
    csv: Annotated[bool, typer.Option("--csv", help="The file is a table with a row for each practice.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Start the onboarding of a practice, or of many from CSV."""
    from desk.practice_files import playbook_called

    rules = playbook_called(playbook)
    data = read_bytes(file)
    if csv:
        raise typer.Exit(_start_many(rules.name, data, by, home, as_json))
    from desk.practice_files import read_practice

    request = read_practice(data)
    receipt = run(_start_one(rules.name, request, by, home))
    echo_either(as_json, {"id": f"{rules.name}/{request.practice.id}", **receipt.model_dump()}, receipt.text)


async def _start_one(playbook: str, request: Request, by: str, home: str | None) -> Receipt:
    async with open_desk(home) as desk:
        return await desk.start(playbook, request, by)


def _start_many(playbook: str, data: bytes, by: str, home: str | None, as_json: bool) -> int:
    started, refused = run(_all(playbook, data, by, home))
    if as_json:
        echo_json(
            {
                "started": started,
                "refused": [{"line": each.line, "practice": each.practice, "why": each.why} for each in refused],
            }
        )
    else:
        for each in refused:
            echo(f"Line {each.line}, {each.practice or 'no practice'}: {each.why}")
        echo(f"Started {len(started)}, refused {len(refused)}.")
    if refused:
        rows = "1 row was" if len(refused) == 1 else f"{len(refused)} rows were"
        echo_stderr(f"{rows} refused; correct them and start only these again; the others have started.")
    return 1 if refused else 0


async def _all(playbook: str, data: bytes, by: str, home: str | None) -> tuple[list[str], list[Refusal]]:
    """Starts every valid row; returns the IDs that were started, and the rows that were refused."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    from desk.practice_files import Refusal, Taken, read_many

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    rows = list(read_many(data))
    refused = [row for row in rows if isinstance(row, Refusal)]
    taken = {f"{playbook}/{row.request.practice.id}": row for row in rows if isinstance(row, Taken)}
    started = []
    async with open_desk(home) as desk:
        with progress_bar(*columns) as progress:
            bar = progress.add_task("Starting", total=len(rows), completed=len(refused))
            outcomes = desk.each(taken, lambda identity: desk.start(playbook, taken[identity].request, by))
            async for identity, outcome in outcomes:
                progress.advance(bar)
                if isinstance(outcome, Exception):
                    row = taken[identity]
                    refused.append(Refusal(row.line, row.request.practice.id, sentence(outcome)))
                else:
                    started.append(identity)
    return sorted(started), sorted(refused, key=lambda each: each.line)
