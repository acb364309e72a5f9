"""How commands speak: tables and sentences for people, pure JSON for programs.

A reader that goes away (`onboard list | head`) ends the output, never the work.
"""

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
    from rich.table import Table

PIPED_WIDTH = 100
STYLES = {"breached": "bold red", "due_soon": "yellow", "on_track": "green", "paused": "cyan", "none": "dim"}
WORDS = {"breached": "overdue", "due_soon": "due soon", "on_track": "on track", "paused": "on hold", "none": "-"}


def say(text: str) -> None:
    """Writes a line for people (or a whole table) to standard output."""
    try:
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still written goes nowhere, and what is still to be done is done.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except OSError as error:
        raise CliProblem(f"The output cannot be written ({error.strerror}); what was to be done is done.") from None


def whisper(text: str) -> None:
    """Writes a line to standard error: what a person should know, and a program that reads the output should not."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def say_json(value: Any) -> None:
    """Writes `value` as JSON, times in ISO 8601 with their offset."""
    say(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def show(*parts: RenderableType) -> None:
    """Writes tables, panels and lines, as wide as the terminal, or as a page if there is none."""
    drawn = io.StringIO()
    screen = console(drawn)
    for part in parts:
        screen.print(part)
    say("\n".join(line.rstrip() for line in drawn.getvalue().splitlines()).rstrip("\n"))


def console(file: io.StringIO | None = None) -> Console:
    """A console that writes into `file` what fits standard output."""
    from rich.console import Console

    on_terminal = sys.stdout.isatty()
    width = None if on_terminal or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(file=file, force_terminal=on_terminal, width=width, highlight=False, soft_wrap=False)


def grid(
    *columns: str,
    title: str | None = None,
    caption: str | None = None,
    whole: tuple[int, ...] = (0,),
    right: tuple[int, ...] = (),
    **options: Any,
) -> Table:
    """A table with these headings, lined and not boxed, so that what is piped stays readable.

    The columns numbered in `whole` are never broken: names that people copy. Those in `right` hold numbers.
    """
    from rich import box
    from rich.table import Table

    made = Table(
        *columns,
        title=title,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        **options,
    )
    for number, column in enumerate(made.columns):
        column.overflow = "fold"
        column.no_wrap = number in whole
        column.justify = "right" if number in right else "left"
    return made


def escaped(text: object) -> str:
    """`text` as it is: nothing in it is read as markup."""
    from rich.markup import escape

    return escape(str(text))


def moment(at: datetime, zone: tzinfo, *, named: bool = True) -> str:
    """A time as people write it, with the name of its zone."""
    from playbooks.calendar.time_format import format_time

    return format_time(at, zone, named=named)


def words(name: str | None) -> str:
    """An identifier as people read it."""
    return (name or "-").replace("_", " ")
