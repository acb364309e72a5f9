"""`onboard show` and `onboard explain`: print one onboarding, and why it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.connect import check_identity, load_settings, open_database, open_desk, run
from cli.options import Home, Identity, Json
from cli.output import echo_either, echo_json, echo_stderr, format_time, label

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from desk.attention.item import AttentionItem
    from desk.attention.status import Call
    from desk.journal_fallback import JournalCopy
    from desk.onboarding_detail import OnboardingDetail
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
    onboarding = _load(identity, home)
    lines, letters = _journal_and_mails(onboarding, home) if journal or texts else ([], [])
    bodies = {letter.key: letter.text or "" for letter in letters} if texts else {}
    if as_json:
        from desk.labels import line_keys

        more = {"journal": [line_keys(line) for line in lines]} if journal else {}
        echo_json({**onboarding.model_dump(), **more, **({"texts": bodies} if texts else {})})
        return
    from cli import onboarding_view
    from desk.onboarding_detail import OnboardingDetail

    shown_lines = lines if journal else []
    if isinstance(onboarding, OnboardingDetail):
        onboarding_view.print_onboarding(onboarding, bodies, shown_lines)
    else:
        zone = ZoneInfo(load_settings(home).team_time_zone)
        onboarding_view.print_journal_copy(onboarding, zone, shown_lines)


def explain(identity: Identity, home: Home = None, as_json: Json = False) -> None:
    """Explain why an onboarding waits, on whom, and what happens next."""
    onboarding, items = _load_with_items(identity, home)
    from desk.attention.status import CALL_KINDS, calls
    from desk.explain import explain as explain_onboarding
    from desk.onboarding_detail import OnboardingDetail

    people = (
        [_call_sentence(call) for call in calls(onboarding, items)] if isinstance(onboarding, OnboardingDetail) else []
    )
    sentences = []
    for item in items:
        sentences.append(_item_sentence(item))
        if item.kind in CALL_KINDS and item.id == onboarding.id:
            sentences += people
    # The explanation of a mail is kept: it names the command that corrects it.
    explained = {item.kind for item in items if item.id == onboarding.id} - {"mail"}
    if isinstance(onboarding, OnboardingDetail):
        sentences += explain_onboarding(onboarding, explained)
    else:
        sentences += _explain_from_journal(onboarding, ZoneInfo(load_settings(home).team_time_zone))
    hints = _record_hints(onboarding) if isinstance(onboarding, OnboardingDetail) else []
    echo_either(as_json, {"id": identity, "explanation": sentences}, "\n".join(sentences + hints))


def _item_sentence(item: AttentionItem) -> str:
    sentence = f"To do now: {item.why}. {item.todo or item.text}"
    if item.todo and item.kind in ("call", "feed"):
        sentence += f" ({item.text.rstrip('.')}{': ' + item.quote if item.quote else ''})"
    return sentence


def _call_sentence(call: Call) -> str:
    if call.phone:
        return f"Call {call.name}, {call.role}: {call.phone}, or write to {call.email}."
    return f"{call.name}, {call.role}, has no phone number on record; write to {call.email}."


def _record_hints(onboarding: OnboardingDetail) -> list[str]:
    """Returns the command that records each missing fact."""
    titles = zip(onboarding.missing, onboarding.missing_titles, strict=True)
    return [f"To record “{title}”: onboard record {onboarding.id} {name} --by NAME" for name, title in titles]


def _explain_from_journal(onboarding: JournalCopy, zone: ZoneInfo) -> list[str]:
    sentences = [
        f"{onboarding.practice['name']}: {onboarding.headline}.",
        f"In this stage since {format_time(onboarding.entered_at, zone)}.",
    ]
    if onboarding.next:
        sentences.append(f"Next automatic step, on {format_time(onboarding.next.at, zone)}: {onboarding.next.what}.")
    troubled = [mail for mail in onboarding.mails if mail.state in ("failed", "bounced", "unknown")]
    return [
        *sentences,
        *(f"The mail “{label(mail.kind)}” to {mail.to} is {mail.state}: {mail.error}" for mail in troubled),
    ]


def _load(identity: str, home: str | None) -> OnboardingDetail | JournalCopy:
    """Loads the onboarding from its workflow, or from the journal if Temporal does not answer."""
    return _load_with_items(identity, home, query_items=False)[0]


def _load_with_items(
    identity: str, home: str | None, *, query_items: bool = True
) -> tuple[OnboardingDetail | JournalCopy, tuple[AttentionItem, ...]]:
    """Loads the onboarding and its attention items; there are none if the database does not answer."""
    check_identity(identity)

    async def items(engine: AsyncEngine, onboarding: OnboardingDetail | JournalCopy) -> tuple[AttentionItem, ...]:
        from desk.attention.status import current_items

        # A caveat means that the database does not answer.
        if not query_items or getattr(onboarding, "caveat", None):
            return ()
        return await current_items(engine, onboarding)

    async def work() -> tuple[OnboardingDetail | JournalCopy, tuple[AttentionItem, ...]]:
        from desk.problem import NoAnswer

        try:
            async with open_desk(home) as desk:
                onboarding = await desk.show(identity)
                return onboarding, await items(desk.database, onboarding)
        except NoAnswer as problem:
            from desk.journal_fallback import journal_copy

            async with open_database(home) as (database, _):
                copy, _, _ = await journal_copy(database, identity)
                found = await items(database, copy)
            echo_stderr(f"{problem} This is the last known state.")
            return copy, found

    return run(work())


def _journal_and_mails(onboarding: OnboardingDetail | JournalCopy, home: str | None) -> tuple[list[Entry], list[Mail]]:
    async def work() -> tuple[list[Entry], list[Mail]]:
        from store.journal import journal
        from store.mail import outbox

        async with open_database(home) as (database, _):
            lines = await journal.lines(database, onboarding.id, onboarding.run)
            return lines, await outbox.mails_of(database, onboarding.id, onboarding.run, bodies=True)

    return run(work())
