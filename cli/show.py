"""`onboard show` and `onboard explain`: one onboarding, seen as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.connect import at_desk, at_journal, check_identity, run, settings_of
from cli.options import Home, Identity, Json
from cli.output import moment, say, say_json, whisper, words

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from desk.attention.item import Need
    from desk.attention.status import Call
    from desk.journal_fallback import LastKnown
    from desk.onboarding_detail import Shown
    from playbooks.engine.onboarding import Entry
    from store.mail.rows import Mail


def show(
    identity: Identity,
    texts: Annotated[bool, typer.Option("--mails", help="With the text of every mail.")] = False,
    journal: Annotated[bool, typer.Option("--journal", help="With all that ever happened, and why.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show one onboarding: progress, facts, mails, what comes next."""
    seen = _seen(identity, home)
    lines, letters = _kept(seen, home) if journal or texts else ([], [])
    bodies = {letter.key: letter.text or "" for letter in letters} if texts else {}
    if as_json:
        from desk.labels import line_keys

        more = {"journal": [line_keys(line) for line in lines]} if journal else {}
        say_json({**seen.model_dump(), **more, **({"texts": bodies} if texts else {})})
        return
    from cli import tracker
    from desk.onboarding_detail import Shown

    if isinstance(seen, Shown):
        tracker.show(seen, bodies, lines if journal else [])
    else:
        tracker.show_last_known(seen, ZoneInfo(settings_of(home).team_time_zone), lines if journal else [])


def explain(identity: Identity, home: Home = None, as_json: Json = False) -> None:
    """Say why an onboarding waits, on whom, and what happens next."""
    seen, needs = _seen_and_needs(identity, home)
    from desk.attention.status import CALLED, calls
    from desk.explain import explain as sentences
    from desk.onboarding_detail import Shown

    people = [_call(each) for each in calls(seen, needs)] if isinstance(seen, Shown) else []
    said = []
    for need in needs:
        said.append(_now(need))
        if need.kind in CALLED and need.id == seen.id:
            said += people
    # What is told of mails says by which command they are put right, so it is told in full.
    told = {need.kind for need in needs if need.id == seen.id} - {"mail"}
    zone = settings_of(home).team_time_zone
    said += sentences(seen, told) if isinstance(seen, Shown) else _sentences(seen, ZoneInfo(zone))
    if as_json:
        say_json({"id": identity, "explanation": said})
    else:
        say("\n".join(said + (_to_record(seen) if isinstance(seen, Shown) else [])))


def _now(need: Need) -> str:
    """What needs a person, as the board says it."""
    said = f"To do now: {need.why}. {need.todo or need.text}"
    if need.todo and need.kind in ("call", "feed"):
        said += f" ({need.text.rstrip('.')}{': ' + need.quote if need.quote else ''})"
    return said


def _call(call: Call) -> str:
    if call.phone:
        return f"Call {call.name}, {call.role}: {call.phone}, or write to {call.email}."
    return f"{call.name}, {call.role}, has no telephone number on record; write to {call.email}."


def _to_record(seen: Shown) -> list[str]:
    """How what is missing is reported: the only place where a fact's name is needed."""
    titles = zip(seen.missing, seen.missing_titles, strict=True)
    return [f"To record “{title}”: onboard record {seen.id} {name} --by NAME" for name, title in titles]


def _sentences(seen: LastKnown, zone: ZoneInfo) -> list[str]:
    """What can be said from the journal."""
    said = [f"{seen.practice['name']}: {seen.headline}.", f"In this stage since {moment(seen.entered_at, zone)}."]
    if seen.next:
        said.append(f"Next by itself, on {moment(seen.next.at, zone)}: {seen.next.what}.")
    troubled = [mail for mail in seen.mails if mail["state"] in ("failed", "bounced", "unknown")]
    return [
        *said,
        *(f"The mail “{words(mail['kind'])}” to {mail['to']} is {mail['state']}: {mail['error']}" for mail in troubled),
    ]


def _seen(identity: str, home: str | None) -> Shown | LastKnown:
    """The open workflow's own word; where nobody answers for it, what was last written down."""
    return _seen_and_needs(identity, home, ask=False)[0]


def _seen_and_needs(identity: str, home: str | None, *, ask: bool = True) -> tuple[Shown | LastKnown, tuple[Need, ...]]:
    """What needs a person there, too, if that is asked for; nothing of it if the database does not answer."""
    check_identity(identity)

    async def needs(engine: AsyncEngine, seen: Shown | LastKnown) -> tuple[Need, ...]:
        from desk.attention.status import needs_of

        # A caveat says that the database does not answer, so it is not asked again.
        return () if not ask or getattr(seen, "caveat", None) else await needs_of(engine, seen)

    async def work() -> tuple[Shown | LastKnown, tuple[Need, ...]]:
        from desk.problem import NoAnswer

        try:
            async with at_desk(home) as desk:
                seen = await desk.show(identity)
                return seen, await needs(desk.database, seen)
        except NoAnswer as problem:
            from desk.journal_fallback import last_known

            async with at_journal(home) as (database, _):
                kept = await last_known(database, identity)
                found = await needs(database, kept)
            whisper(f"{problem} This is what was last written down.")
            return kept, found

    return run(work())


def _kept(seen: Shown | LastKnown, home: str | None) -> tuple[list[Entry], list[Mail]]:
    """The journal's lines, and the mails with what they say."""

    async def work() -> tuple[list[Entry], list[Mail]]:
        from store.journal import journal
        from store.mail import outbox

        async with at_journal(home) as (database, _):
            lines = await journal.lines(database, seen.id, seen.run)
            return lines, await outbox.mails_of(database, seen.id, seen.run, bodies=True)

    return run(work())
