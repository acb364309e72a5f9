"""`onboard feeds` and `onboard feed`: show practices' feeds, and pause, resume or end them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli import completion
from cli.connect import open_database, open_desk, run, team_time
from cli.options import By, Home, Json, Key, Until, Why
from cli.output import echo, echo_either, echo_json, echo_rich, escape, format_time, label, make_table
from cli.problem import Usage

if TYPE_CHECKING:
    from datetime import datetime

    from desk.feed_status import FeedDetail
    from playbooks.engine.onboarding import Contact
    from playbooks.feed_watch.values import FeedReceipt, FeedRow

app = typer.Typer(invoke_without_command=True)
STATES = ("flowing", "quiet", "silent", "reconnecting", "paused", "ended")
_states = completion.one_of(*STATES)
STATE_MEANINGS = {
    "flowing": "data flows",
    "quiet": "the agent is there; nothing has changed for days",
    "silent": "no sign of it, and we check why",
    "reconnecting": "the connection is lost, and a reconnection is open",
    "paused": "a person paused it",
    "ended": "the practice has left",
}
REASONS = {"silent": "no sign of the agent, and no feed", "no_records": "the agent is there, but sends no feed"}
STYLES = {"silent": "red", "reconnecting": "red", "paused": "yellow"}
Practice = Annotated[str, typer.Argument(metavar="PRACTICE-ID", help="The practice's ID.")]


@app.callback()
def feeds(
    context: typer.Context,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help=f"{', '.join(STATES)}; else all.", autocompletion=_states),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Maximum number to show.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List connected practices' feeds; pause, resume or end one."""
    if context.invoked_subcommand is not None:
        return
    completion.check("--state", state or (), STATES)

    async def work() -> tuple[list[FeedRow], dict[str, int], str]:
        from store.journal import feed_status

        async with open_database(home) as (database, settings):
            found = await feed_status.listing(database, states=state or (), limit=limit)
            return found, await feed_status.counts(database), settings.team_time_zone

    found, counts, zone = run(work())
    if as_json:
        echo_json([each.model_dump() for each in found])
    elif found:
        table = make_table("Practice", "State", "Since", "Agent seen", "Last feed", "Last change", whole=(0, 1))
        for each in found:
            times = (each.since, each.agent_at, each.feed_at, each.changed_at)
            styled = f"[{STYLES[each.state]}]{each.state}[/]" if each.state in STYLES else each.state
            table.add_row(escape(each.practice), styled, *(_when(at, zone) for at in times))
        echo_rich(table)
        echo(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    else:
        echo("No feed is watched yet; that begins when a practice is connected.")


def feed(practice: Practice, home: Home = None, as_json: Json = False) -> None:
    """Show one practice's feed: signs of life, and what happened."""

    async def work() -> tuple[FeedDetail, str]:
        from desk.feed_status import load_feed

        async with open_desk(home) as desk:
            return await load_feed(desk, practice), desk.settings.team_time_zone

    detail, zone = run(work())
    if as_json:
        echo_json(detail.plain())
        return
    each = detail.feed
    echo(f"{each.practice_name} ({each.practice}): {each.state}, {STATE_MEANINGS[each.state]}.")
    rows = [
        ("Since", _when(each.since, zone)),
        ("Agent last seen", _when(each.agent_at, zone)),
        ("Last feed", _when(each.feed_at, zone)),
        ("Last changed record", _when(each.changed_at, zone)),
        ("Clients and patients", _counts(each)),
        ("Asked when it is lost", _person(detail.technical_contact)),
        ("Noticed", REASONS.get(each.reason or "")),
        ("Reconnection", detail.reconnection and f"onboard show {detail.reconnection}"),
        ("By", each.by and f"{each.by}: {each.why}"),
        ("Until", each.until and _when(each.until, zone)),
        ("Next check", each.next_at and _when(each.next_at, zone)),
    ]
    table = make_table("", "", show_header=False)
    for name, value in rows:
        if value:
            table.add_row(name, escape(value))
    echo_rich(table)
    if detail.story:
        journal = make_table("When", "What", "Who", "Why", title="Recent events", whole=())
        for line in detail.story[:15]:
            journal.add_row(_when(line.at, zone), escape(line.text), escape(line.by), escape(line.why or "-"))
        echo_rich(journal)


@app.command()
def pause(
    practice: Practice,
    until: Until = None,
    by: By = "",
    why: Why = "",
    key: Key = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Pause the watch for a while, for example when a clinic is closed."""
    _order(practice, "paused", by, why, key, home, as_json, until=team_time(until, home))


@app.command()
def resume(
    practice: Practice, by: By = "", why: Why = "", key: Key = None, home: Home = None, as_json: Json = False
) -> None:
    """End a pause; silence counts again from now."""
    _order(practice, "resumed", by, why, key, home, as_json)


@app.command()
def contact(
    practice: Practice,
    role: Annotated[str, typer.Option("--role", help="technical or primary.")] = "technical",
    name: Annotated[str, typer.Option("--name", help="Who it is now.")] = "",
    email: Annotated[str, typer.Option("--email", help="Where mails go.")] = "",
    phone: Annotated[str | None, typer.Option("--phone", help="How to call.")] = None,
    by: By = "",
    why: Why = "",
    key: Key = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Set who is asked when the connection is lost (DP7)."""
    if role not in ("technical", "primary"):
        raise Usage(f"--role '{role}' is unknown; give technical or primary")
    person = {"name": name, "email": email, "phone": phone}
    _order(practice, "contact", by, why, key, home, as_json, role=f"{role}_contact", contact=person)


@app.command()
def answered(
    practice: Practice, by: By = "", why: Why = "", key: Key = None, home: Home = None, as_json: Json = False
) -> None:
    """Record the answer to a request of a connected practice's contact."""
    _order(practice, "answered", by, why, key, home, as_json)


@app.command()
def end(
    practice: Practice, by: By = "", why: Why = "", key: Key = None, home: Home = None, as_json: Json = False
) -> None:
    """Stop watching the feed of a practice that leaves; withdraws an open reconnection."""
    _order(practice, "ended", by, why, key, home, as_json)


def _order(
    practice: str,
    name: str,
    by: str,
    why: str,
    key: str | None,
    home: str | None,
    as_json: bool,
    **more: Any,
) -> None:
    from desk.orders import order
    from playbooks.feed_watch.values import Order

    command = order(Order, by=by, why=why, key=key or uuid.uuid4().hex, **more)

    async def work() -> FeedReceipt:
        from desk import feed_watch

        async with open_desk(home) as desk:
            return await feed_watch.order(desk, practice, name, command)

    receipt = run(work())
    prefix = "" if receipt.outcome == "recorded" else "Already known: "
    text = f"{prefix}{receipt.text} The feed of {practice} is now {label(receipt.state)}."
    echo_either(as_json, {"practice": practice, **receipt.model_dump()}, text)


def _when(at: datetime | None, zone: str) -> str:
    return format_time(at, ZoneInfo(zone), named=False) if at else "-"


def _person(contact: Contact | None) -> str | None:
    return ", ".join(filter(None, (contact.name, contact.email, contact.phone))) if contact else None


def _counts(each: FeedRow) -> str | None:
    counts = [f"{count:,} {what}" for what, count in (("clients", each.clients), ("patients", each.patients)) if count]
    return " and ".join(counts) or None
