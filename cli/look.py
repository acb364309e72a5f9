"""`onboard show` and `onboard explain`: one onboarding, seen as it is now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.office import at_desk, at_journal, check_identity, run, settings_of
from cli.options import Home, Identity, Json
from cli.output import moment, say, say_json, whisper, words

if TYPE_CHECKING:
    from desk.last_known import LastKnown
    from desk.shown import Shown
    from pharmacy.rows import Line, Mail


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
        more = {"journal": [asdict(line) for line in lines]} if journal else {}
        say_json({**seen.model_dump(), **more, **({"texts": bodies} if texts else {})})
        return
    from cli import tracker
    from desk.shown import Shown

    if isinstance(seen, Shown):
        tracker.show(seen, bodies, lines if journal else [])
    else:
        tracker.show_last_known(seen, ZoneInfo(settings_of(home).team_time_zone), lines if journal else [])


def explain(identity: Identity, home: Home = None, as_json: Json = False) -> None:
    """Say why an onboarding waits, on whom, and what happens next."""
    seen = _seen(identity, home)
    from desk.explain import explain as sentences
    from desk.shown import Shown

    said = sentences(seen) if isinstance(seen, Shown) else _sentences(seen, ZoneInfo(settings_of(home).team_time_zone))
    if as_json:
        say_json({"id": identity, "explanation": said})
    else:
        say("\n".join(said + (_to_record(seen) if isinstance(seen, Shown) else [])))


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
    check_identity(identity)

    async def work() -> Shown | LastKnown:
        from desk.problem import NoAnswer

        try:
            async with at_desk(home) as desk:
                return await desk.show(identity)
        except NoAnswer as problem:
            from desk.last_known import last_known

            async with at_journal(home) as (database, _):
                kept = await last_known(database, identity)
            whisper(f"{problem} This is what was last written down.")
            return kept

    return run(work())


def _kept(seen: Shown | LastKnown, home: str | None) -> tuple[list[Line], list[Mail]]:
    """The journal's lines, and the mails with what they say."""

    async def work() -> tuple[list[Line], list[Mail]]:
        from pharmacy import journal

        async with at_journal(home) as (database, _):
            lines = await journal.lines(database, seen.id, seen.run)
            return lines, await journal.letters(database, seen.id, seen.run, bodies=True)

    return run(work())
