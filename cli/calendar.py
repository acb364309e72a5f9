"""`onboard calendar due`: computes when something is due, and explains it. Needs no server."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cli.options import Json
from cli.output import echo_json, echo_rich, escape, format_time
from cli.problem import CliProblem, Usage

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Compute when something is due, and say why."""


@app.command()
def due(
    start: Annotated[str, typer.Option("--start", metavar="TIME", help="ISO 8601; without an offset, in --time-zone.")],
    time_zone: Annotated[
        str, typer.Option("--time-zone", metavar="TZ", help="IANA name, for example America/Chicago.")
    ],
    hours: Annotated[float | None, typer.Option("--hours", metavar="N", help="Elapsed hours, day and night.")] = None,
    business_days: Annotated[int | None, typer.Option("--business-days", metavar="N", help="Business days.")] = None,
    country: Annotated[str | None, typer.Option(help="Country whose holidays count, for example US.")] = None,
    state: Annotated[str | None, typer.Option(help="State of the country, for example IL.")] = None,
    as_json: Json = False,
) -> None:
    """Compute when hours or business days end, with a line for each day that the clock ran or paused."""
    if (hours is None) == (business_days is None):
        raise Usage("Give either --hours or --business-days")
    from desk.calendar_due import calendar_due, parse_time
    from partners.holidays import calendar_for
    from playbooks.calendar.values import BusinessDays, Elapsed

    try:
        begin = parse_time(start, time_zone)
        duration = Elapsed(hours=hours) if hours is not None else BusinessDays(days=business_days or 0)
        years = 2 + (business_days or 0) // 240
        calendar = calendar_for(time_zone, country, state, first_day=begin.date(), years=years)
        answer = calendar_due(begin, duration, calendar)
    except ValueError as error:
        raise CliProblem(_sentence(error)) from None
    if as_json:
        echo_json(answer)
    else:
        at = format_time(datetime.fromisoformat(answer["due"]), calendar.zone)
        lines = [escape(line) for line in answer["explanation"]]
        echo_rich(*lines, f"[bold]Due {at}[/], {answer['due']} in {escape(time_zone)}")


def _sentence(error: ValueError) -> str:
    """Returns the message of an error without the text that pydantic adds."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    return str(error)
