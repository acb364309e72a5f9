"""Prints tables and sentences for people, and JSON for programs."""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from cli.problem import CliProblem

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress, ProgressColumn
    from rich.table import Table

PIPED_WIDTH = 100
STYLES = {"breached": "bold red", "due_soon": "yellow", "on_track": "green", "paused": "cyan", "none": "dim"}
SLA_LABELS = {"breached": "overdue", "due_soon": "due soon", "on_track": "on track", "paused": "on hold", "none": "-"}


def echo(text: str) -> None:
    """Prints text to standard output. Raises CliProblem if it cannot be written."""
    try:
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader is gone (`onboard list | head`): discard the output, and finish the command's work.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise CliProblem(f"The output cannot be written ({error.strerror}), but the command was carried out.") from None


def echo_stderr(text: str) -> None:
    """Prints a line to standard error, apart from the output that programs read."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def echo_json(value: Any) -> None:
    """Prints `value` as JSON; times are in ISO 8601 with their offset."""
    echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def echo_either(as_json: bool, value: Any, text: str) -> None:
    if as_json:
        echo_json(value)
    else:
        echo(text)


def echo_rich(*renderables: RenderableType) -> None:
    """Prints tables, panels and lines, as wide as the terminal, or PIPED_WIDTH without one."""
    buffer = io.StringIO()
    screen = console(buffer)
    for renderable in renderables:
        screen.print(renderable)
    echo("\n".join(line.rstrip() for line in buffer.getvalue().splitlines()).rstrip("\n"))


def console(file: io.StringIO | None = None) -> Console:
    """Returns a console that writes to `file`, with the width and colors of standard output."""
    from rich.console import Console

    on_terminal = sys.stdout.isatty()
    width = None if on_terminal or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(file=file, force_terminal=on_terminal, width=width, highlight=False, soft_wrap=False)


def make_table(
    *columns: str,
    title: str | None = None,
    caption: str | None = None,
    whole: tuple[int, ...] = (0,),
    right: tuple[int, ...] = (),
    **options: Any,
) -> Table:
    """Returns a table without a box. The columns in `whole` are never wrapped, those in `right` are aligned right."""
    from rich import box
    from rich.table import Table

    table = Table(
        *columns,
        title=title,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        **options,
    )
    for number, column in enumerate(table.columns):
        column.overflow = "fold"
        column.no_wrap = number in whole
        column.justify = "right" if number in right else "left"
    return table


def progress_bar(*columns: ProgressColumn) -> Progress:
    """A progress bar on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def escape(text: object) -> str:
    from rich import markup

    return markup.escape(str(text))


def format_time(at: datetime, zone: tzinfo, *, named: bool = True) -> str:
    """Formats a time for people, with the name of its zone if `named`."""
    from playbooks.calendar import time_format

    return time_format.format_time(at, zone, named=named)


def label(name: str | None) -> str:
    """Formats an identifier for people: `on_hold` as `on hold`."""
    return (name or "-").replace("_", " ")
