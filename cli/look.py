"""`onboard show` and `onboard explain`: one onboarding, seen as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.office import at_desk, at_journal, check_identity, run
from cli.options import Home, Identity, Json
from cli.output import say, say_json, whisper

if TYPE_CHECKING:
    from desk.last_known import LastKnown
    from desk.shown import Shown


def show(
    identity: Identity,
    texts: Annotated[bool, typer.Option("--mails", help="With the text of every mail.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show one onboarding: progress, facts, mails, what comes next."""
    seen = _seen(identity, home)
    if as_json:
        say_json(seen)
        return
    from cli import tracker
    from desk.shown import Shown

    if isinstance(seen, Shown):
        tracker.show(seen, _texts(seen, home) if texts else {})
    else:
        tracker.show_last_known(seen, _zone(home))


def explain(identity: Identity, home: Home = None, as_json: Json = False) -> None:
    """Say why an onboarding waits, on whom, and what happens next."""
    seen = _seen(identity, home)
    from desk.explain import explain as sentences
    from desk.shown import Shown

    if isinstance(seen, Shown):
        said = sentences(seen)
    else:
        said = [f"{seen.practice['name']}: {seen.headline}.", f"Last known: {seen.stage_title}, {seen.status}."]
    if as_json:
        say_json({"id": identity, "explanation": said})
    else:
        say("\n".join(said))


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


def _texts(seen: Shown, home: str | None) -> dict[str, str]:
    """What each mail says, by its key."""

    async def work() -> dict[str, str]:
        from pharmacy.journal import letters

        async with at_journal(home) as (database, _):
            found = await letters(database, seen.id, seen.run, bodies=True)
            return {letter.key: letter.text or "" for letter in found}

    return run(work())


def _zone(home: str | None) -> ZoneInfo:
    from cli.office import settings_of

    return ZoneInfo(settings_of(home).team_time_zone)
