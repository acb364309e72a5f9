"""The commands for the whole system: `onboard up`, `demo` and `doctor`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json
from cli.output import echo_json, echo_rich, escape, make_table
from cli.problem import CliProblem

Port = Annotated[int | None, typer.Option("--port", metavar="P", min=1, max=65535, help="Port of the web console.")]
ReadyFile = Annotated[
    Path | None, typer.Option("--ready-file", metavar="F", help="Write all addresses to F once every part answers.")
]


def run_up(
    home: Home = None,
    time_travel: Annotated[bool, typer.Option("--time-travel", help="Clocks may be moved (for trials).")] = False,
    standins: Annotated[bool, typer.Option("--standins/--no-standins", help="Stand-ins play the partners.")] = True,
    port: Port = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Worker processes.")] = 1,
    ready_file: ReadyFile = None,
) -> None:
    """Start everything on this machine; Ctrl-C ends it."""
    from cli.up import up
    from machine.home import Home as SystemHome

    path = SystemHome.find(home).path
    system = up(path, time_travel=time_travel, standins=standins, port=port, workers=workers, ready_file=ready_file)
    raise typer.Exit(asyncio.run(system))


def run_demo(home: Home = None) -> None:
    """Take one practice from request to data: a month in a minute."""
    if find_spec("cli.demo") is None:
        raise CliProblem("The demo is not part of this installation; run it from the project with 'make demo'.")
    raise typer.Exit(import_module("cli.demo").run(home))


def run_doctor(home: Home = None, as_json: Json = False) -> None:
    """Check the system, and say what is wrong."""
    from cli.doctor import doctor

    checks = doctor(home)
    ok = all(check.ok for check in checks)
    if as_json:
        echo_json({"ok": ok, "checks": [asdict(check) for check in checks]})
    else:
        table = make_table("", "Part", "What was found", whole=(0, 1))
        for check in checks:
            mark = "[green]✔[/]" if check.ok else "[bold red]✘[/]"
            table.add_row(mark, escape(check.name), escape(check.sentence))
        echo_rich(table)
    raise typer.Exit(0 if ok else 1)
