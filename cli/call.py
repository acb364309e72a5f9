"""`onboard call`: logs a call with a practice, lists the calls, and takes back one that was logged by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.connect import open_database, open_desk, run, team_time
from cli.options import At, ByOrLogin, Home, Json, Key
from cli.output import echo, echo_json, format_time
from cli.problem import Usage

if TYPE_CHECKING:
    from desk.calls import CallOrder
    from store.conversation.calls import Call


def call(
    practice: Annotated[str, typer.Argument(metavar="PRACTICE-ID", help="The practice's ID.")],
    said: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="What was said; without it, the calls are listed.")
    ] = "",
    name: Annotated[str, typer.Option("--with", metavar="NAME", help="Who called or was called.")] = "",
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="NUMBER", help="Their phone number; else a contact's on record.")
    ] = None,
    we_called: Annotated[bool, typer.Option("--we-called", help="We called; else the practice called us.")] = False,
    at: At = None,
    back: Annotated[
        int | None, typer.Option("--take-back", metavar="CALL", help="Take back this call, with --why.")
    ] = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", show_default=False, help="Why it is taken back.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Maximum number to list.")] = 20,
    by: ByOrLogin = "",
    key: Key = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Log a call with a practice, or list the calls."""
    if back is not None:
        if said or name:
            raise Usage("Give --take-back alone, with --why")
        if not why.strip():
            raise Usage("Say why with --why TEXT: everybody who reads the call sees it")
        _echo(
            run(_take_back(practice, back, by, why, home)), f"Call {back} is taken back; it stays on record.", as_json
        )
    elif said.strip():
        if not name.strip():
            raise Usage("Say who called or was called, with --with NAME")
        found = run(_log(practice, _order(said, name, phone, we_called, at, home), by, key, home))
        _echo(found, f"Logged call {found.id} with {found.name}.", as_json)
    elif name or phone or at or we_called:
        raise Usage("Say what was said, behind the practice's ID")
    else:
        _list(practice, limit, home, as_json)


def _order(said: str, name: str, phone: str | None, we_called: bool, at: str | None, home: str | None) -> CallOrder:
    from desk.calls import CallOrder
    from desk.orders import order

    direction = "outgoing" if we_called else "incoming"
    return order(CallOrder, direction=direction, name=name, phone=phone, said=said, at=team_time(at, home))


async def _log(practice: str, order: CallOrder, by: str, key: str | None, home: str | None) -> Call:
    from desk.calls import log_call

    async with open_desk(home) as desk:
        return await log_call(desk, practice, order, by, key)


async def _take_back(practice: str, id: int, by: str, why: str, home: str | None) -> Call:
    from desk.calls import take_back_call

    async with open_desk(home) as desk:
        return await take_back_call(desk, practice, id, by, why)


def _list(practice: str, limit: int, home: str | None, as_json: bool) -> None:
    async def work() -> tuple[list[Call], ZoneInfo]:
        from desk.conversation import onboardings_of
        from store.conversation.calls import list_calls

        async with open_database(home) as (database, settings):
            await onboardings_of(database, practice)
            return await list_calls(database, practice, limit), ZoneInfo(settings.team_time_zone)

    found, zone = run(work())
    if as_json:
        echo_json([vars(each) for each in found])
        return
    for each in found:
        who = f"{each.name} called" if each.direction == "incoming" else f"we called {each.name}"
        number = f" ({each.phone})" if each.phone else ""
        taken = f" [taken back by {each.taken_back_by}: {each.taken_back_why}]" if each.taken_back_by else ""
        echo(f"{each.id}  {format_time(each.at, zone)}  {who}{number}, by {each.by}: {each.said}{taken}")
    if not found:
        echo("No calls are logged.")


def _echo(call: Call, sentence: str, as_json: bool) -> None:
    if as_json:
        echo_json(vars(call))
    else:
        echo(sentence)
