"""`onboard mail` and `onboard bounce`: what operators do about mail."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.connect import at_desk, at_journal, run
from cli.files import read_bytes
from cli.options import ByOrLogin, Home, Json
from cli.output import escaped, grid, moment, say, say_json, show, words
from cli.problem import CliProblem

if TYPE_CHECKING:
    from desk.bounces import Returned
    from store.mail.outbox import MailStatus
    from store.mail.rows import Mail

app = typer.Typer(no_args_is_help=True)
PAGE = 100
UNSAID = "no reason given"
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="For what reason.")]


@app.callback()
def _group() -> None:
    """Stop, release and look at outgoing mail."""


@app.command()
def status(home: Home = None, as_json: Json = False) -> None:
    """Whether mail goes out, and how many mails are in which state."""

    async def work() -> tuple[MailStatus, str | None, str]:
        from store.mail import outbox

        async with at_journal(home) as (database, settings):
            return await outbox.status(database), settings.mail_redirect_all, settings.team_time_zone

    found, redirect, zone = run(work())
    if as_json:
        say_json({**asdict(found), "redirected_to": redirect})
        return
    if found.paused and found.since:
        since = moment(found.since, ZoneInfo(zone))
        say(f"All mail is stopped, by {found.by} since {since}: {found.why}. Release it with: onboard mail resume")
    else:
        say("Mail goes out.")
    if redirect:
        say(f"All of it goes to {redirect} (ONBOARD_MAIL_REDIRECT_ALL), not to its readers.")
    say(", ".join(f"{count} {words(state)}" for state, count in sorted(found.counts.items())) or "No mail so far.")


@app.command()
def pause(by: ByOrLogin = "", why: Why = None, home: Home = None, as_json: Json = False) -> None:
    """Stop all mail; what is written meanwhile waits."""

    async def work() -> None:
        from store.mail import outbox

        async with at_journal(home) as (database, _):
            await outbox.pause(database, by, why or UNSAID)

    run(work())
    _switched(True, "All mail is stopped; what is written now waits. Release it with: onboard mail resume", as_json)


@app.command()
def resume(by: ByOrLogin = "", why: Why = None, home: Home = None, as_json: Json = False) -> None:
    """Let mail go out again."""

    async def work() -> int:
        from store.mail import outbox

        async with at_journal(home) as (database, _):
            await outbox.resume(database, by, why)
            return await outbox.pending_count(database)

    waiting = run(work())
    _switched(False, f"Mail goes out again; {waiting} waited for it.", as_json)


@app.command()
def pending(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = PAGE,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """What would be sent now, oldest first."""

    async def work() -> tuple[list[Mail], int, str]:
        from store.mail import outbox

        async with at_journal(home) as (database, settings):
            found = await outbox.pending(database, limit)
            return found, await outbox.pending_count(database), settings.team_time_zone

    mails, count, zone = run(work())
    if as_json:
        say_json([_plain(mail) for mail in mails])
    elif mails:
        note = f"Times are of {zone}." + (f" These are {len(mails)} of {count}." if count > len(mails) else "")
        table = grid("Mail", "To", "Written", "State", "Onboarding", caption=note)
        for mail in mails:
            state = words(mail.state) + (f": {escaped(mail.error)}" if mail.error else "")
            at = f"{mail.created_at.astimezone(ZoneInfo(zone)):%d %b %H:%M}"
            table.add_row(escaped(mail.kind), escaped(mail.to_email), at, state, escaped(mail.onboarding or "-"))
        show(table)
    else:
        say("No mail waits to be sent.")


def bounce(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The returned mail, with its headers.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take in a mail that came back, from a file or standard input."""
    from partners.bounces import NotABounce, read_bounce

    try:
        read = read_bounce(read_bytes(file))
    except NotABounce as problem:
        raise CliProblem(str(problem)) from None
    if not read.permanent:
        _bounced(None, read.reason, f"This is only a delay, so nothing is noted: {read.reason}", as_json)
        return

    async def work() -> Returned | None:
        from desk.bounces import mail_returned

        async with at_desk(home) as desk:
            return await mail_returned(desk, read.message_id, read.reason)

    returned = run(work())
    if returned is None:
        raise CliProblem(f"No mail with the Message-ID {read.message_id} was sent from here, so nothing is noted.")
    if returned.onboarding is None:
        text = f"Noted: {returned.key} came back; it belongs to no onboarding."
    elif returned.told:
        text = f"Noted: a mail of {returned.onboarding} came back; 'onboard explain' says what to do."
    else:
        text = f"Noted: a mail of {returned.onboarding}, which is closed, came back."
    _bounced(returned, read.reason, f"{text} ({read.reason.rstrip('.')})", as_json)


def _bounced(returned: Returned | None, reason: str, text: str, as_json: bool) -> None:
    if as_json:
        found = asdict(returned) if returned else {"key": None, "onboarding": None, "told": False}
        say_json({"noted": returned is not None, **found, "reason": reason})
    else:
        say(text)


def _switched(paused: bool, text: str, as_json: bool) -> None:
    if as_json:
        say_json({"paused": paused})
    else:
        say(text)


def _plain(mail: Mail) -> dict[str, Any]:
    return {name: value for name, value in asdict(mail).items() if name not in ("text", "html")}
