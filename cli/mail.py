"""`onboard mail` and `onboard bounce`: stop, resume and list outgoing mail, and record returned mail."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.connect import open_database, open_desk, run
from cli.files import read_bytes
from cli.options import ByOrLogin, Home, Json
from cli.output import echo, echo_either, echo_json, echo_rich, escape, format_time, label, make_table
from cli.problem import TEMPORARY, CliProblem, sentence

if TYPE_CHECKING:
    from desk.returned_mail import Outcome
    from store.mail.outbox import MailStatus
    from store.mail.rows import Mail

app = typer.Typer(no_args_is_help=True)
PAGE = 100
NO_REASON = "no reason given"
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="The reason.")]


@app.callback()
def _group() -> None:
    """Pause, resume and see outgoing mail."""


@app.command()
def status(home: Home = None, as_json: Json = False) -> None:
    """Show whether mail is being sent, and how many mails are in each state."""

    async def work() -> tuple[MailStatus, str | None, str]:
        from store.mail import outbox

        async with open_database(home) as (database, settings):
            return await outbox.status(database), settings.mail_redirect_all, settings.team_time_zone

    found, redirect, zone = run(work())
    if as_json:
        echo_json({**asdict(found), "redirected_to": redirect})
        return
    if found.paused and found.since:
        since = format_time(found.since, ZoneInfo(zone))
        echo(f"All mail is paused, by {found.by} since {since}: {found.why}. Resume it with: onboard mail resume")
    elif found.trouble:
        echo(f"Mail waits: {found.trouble}")
    else:
        echo("Mail is being sent.")
    if redirect:
        echo(f"All mail goes to {redirect} (ONBOARD_MAIL_REDIRECT_ALL) instead of its recipients.")
    echo(", ".join(f"{count} {label(state)}" for state, count in sorted(found.counts.items())) or "No mail so far.")


@app.command()
def pause(by: ByOrLogin = "", why: Why = None, home: Home = None, as_json: Json = False) -> None:
    """Pause all mail; new mails wait."""

    async def work() -> None:
        from store.mail import outbox

        async with open_database(home) as (database, _):
            await outbox.pause(database, by, why or NO_REASON)

    run(work())
    text = "All mail is paused; new mails wait. Resume it with: onboard mail resume"
    echo_either(as_json, {"paused": True}, text)


@app.command()
def resume(by: ByOrLogin = "", why: Why = None, home: Home = None, as_json: Json = False) -> None:
    """Resume all mail."""

    async def work() -> int:
        from store.mail import outbox

        async with open_database(home) as (database, _):
            await outbox.resume(database, by, why)
            return await outbox.pending_count(database)

    waiting = run(work())
    echo_either(as_json, {"paused": False}, f"Mail is sent again; {waiting} were waiting.")


@app.command()
def pending(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Maximum number to show.")] = PAGE,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List what would be sent now, oldest first."""

    async def work() -> tuple[list[Mail], int, str]:
        from store.mail import outbox

        async with open_database(home) as (database, settings):
            found = await outbox.pending(database, limit)
            return found, await outbox.pending_count(database), settings.team_time_zone

    mails, count, zone = run(work())
    if as_json:
        echo_json([_plain(mail) for mail in mails])
    elif mails:
        note = f"Times are in {zone}." + (f" These are {len(mails)} of {count}." if count > len(mails) else "")
        table = make_table("Mail", "To", "Written", "State", "Onboarding", caption=note)
        for mail in mails:
            state = label(mail.state) + (f": {escape(mail.error)}" if mail.error else "")
            at = f"{mail.created_at.astimezone(ZoneInfo(zone)):%d %b %H:%M}"
            table.add_row(escape(mail.kind), escape(mail.to_email), at, state, escape(mail.onboarding or "-"))
        echo_rich(table)
    else:
        echo("No mail waits to be sent.")


def bounce(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The returned mail, with its headers.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Read a returned mail, from a file or standard input."""
    content = read_bytes(file)

    async def work() -> list[Outcome]:
        from desk.returned_mail import take_in

        async with open_desk(home) as desk:
            return await take_in(desk, content)

    try:
        outcomes = run(work())
    except Exception as error:
        # A mail server that pipes a mail in keeps it then, and tries again.
        raise CliProblem(sentence(error), TEMPORARY) from error
    if not any(each.understood for each in outcomes):
        raise CliProblem(" ".join(each.sentence for each in outcomes))
    found = [_plain_outcome(each) for each in outcomes]
    text = "\n".join(each.sentence for each in outcomes)
    echo_either(as_json, found[0] if len(found) == 1 else found, text)


def _plain_outcome(outcome: Outcome) -> dict[str, Any]:
    noted = outcome.noted
    return {
        "noted": noted is not None,
        "key": noted.key if noted else None,
        "onboarding": noted.onboarding if noted else None,
        "told": noted is not None and noted.reported,
        "reason": outcome.reason or outcome.sentence,
    }


def _plain(mail: Mail) -> dict[str, Any]:
    return {name: value for name, value in asdict(mail).items() if name not in ("text", "html")}
