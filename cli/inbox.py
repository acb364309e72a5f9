"""`onboard inbox`: lists the events that partners sent; retries or dismisses those that were not recorded."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli import completion
from cli.connect import open_database, run
from cli.options import ByOrLogin, Home, Json, Why
from cli.output import echo, echo_either, echo_json, echo_rich, escape, format_time, label, make_table
from cli.problem import Usage

if TYPE_CHECKING:
    from store.inbox.queries import Event, Status

app = typer.Typer(no_args_is_help=True)
STATES = ("new", "kept", "refused", "dismissed", "recorded")
OPEN_STATES = STATES[:3]
PAGE = 50
_states = completion.one_of(*STATES)


@app.callback()
def _group() -> None:
    """See incoming events; retry or dismiss those that were not recorded."""


@app.command()
def status(home: Home = None, as_json: Json = False) -> None:
    """Count the waiting events, and the others by outcome."""

    async def work() -> tuple[Status, str]:
        from store.inbox import queries

        async with open_database(home) as (database, settings):
            return await queries.status(database), settings.team_time_zone

    found, zone = run(work())
    if as_json:
        echo_json(asdict(found))
        return
    counts = ", ".join(f"{found.counts[state]:,} {label(state)}" for state in STATES if state in found.counts)
    echo(counts or "No event has come in.")
    if found.waiting_since:
        echo(f"The oldest waiting event came in {format_time(found.waiting_since, ZoneInfo(zone))}.")


@app.command("list")
def list_events(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help=f"{', '.join(STATES)}; else {', '.join(OPEN_STATES)}.", autocompletion=_states),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Maximum number to show.")] = PAGE,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List events, the latest first: those that wait, and those that could not be recorded, with the reason."""
    selected = [each for each in STATES if each in (state or OPEN_STATES)]
    completion.check("--state", state or (), STATES)

    async def work() -> tuple[list[Event], str]:
        from store.inbox import queries

        async with open_database(home) as (database, settings):
            found = await queries.events(database, states=selected, limit=limit)  # type: ignore[arg-type]
            return found, settings.team_time_zone

    found, zone = run(work())
    if as_json:
        echo_json([asdict(each) for each in found])
    elif found:
        table = make_table("Number", "Came in", "Event", "Onboarding", "State", "Why", whole=(0, 3), right=(0,))
        for each in found:
            received = format_time(each.received_at, ZoneInfo(zone))
            onboarding, error = escape(each.onboarding or "-"), escape(each.error or "-")
            table.add_row(str(each.number), received, escape(each.type), onboarding, label(each.state), error)
        echo_rich(table)
    else:
        echo("No such event.")


@app.command()
def retry(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Numbers from `list`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are kept or refused.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Try to record events again, once the reason is gone."""
    if bool(numbers) == everything:
        raise Usage("Name the events by their numbers, or all of them with --all")

    async def work() -> int:
        from store.inbox import inbox

        async with open_database(home) as (database, _):
            return await inbox.retry(database, None if everything else numbers)

    count = run(work())
    events = "1 event is" if count == 1 else f"{count} events are"
    text = f"{events} tried again; see the result with: onboard inbox list"
    echo_either(as_json, {"retried": count}, text)


@app.command()
def dismiss(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="Numbers from `list`.")],
    why: Why = "",
    by: ByOrLogin = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Dismiss events that need no action; `retry` with their numbers undoes that."""

    async def work() -> int:
        from store.inbox import inbox

        async with open_database(home) as (database, _):
            return await inbox.dismiss(database, numbers, by, why)

    count = run(work())
    text = "1 event is dismissed." if count == 1 else f"{count} events are dismissed."
    echo_either(as_json, {"dismissed": count}, text)
