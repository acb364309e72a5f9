"""The commands of an onboarding: hold, resume, extend and so on. The journal records who and why."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import completion
from cli.connect import check_identity, open_desk, run, team_time
from cli.options import By, Home, Identity, Json, Until, Why
from cli.output import echo
from cli.problem import Usage
from cli.receipts import echo_outcomes, echo_receipt

if TYPE_CHECKING:
    from desk.hand_over import Handed
    from playbooks.engine.onboarding import Command, Receipt


def hold(
    identity: Identity, until: Until, by: By = "", why: Why = "", home: Home = None, as_json: Json = False
) -> None:
    """Put an onboarding on hold: deadlines and reminders pause until a time."""
    _steer(identity, "hold", by, why, home, as_json, until=team_time(until, home))


def resume(identity: Identity, by: By = "", why: Why = "", home: Home = None, as_json: Json = False) -> None:
    """Resume an onboarding that is on hold."""
    _steer(identity, "resume", by, why, home, as_json)


def extend(
    identity: Identity, until: Until, by: By = "", why: Why = "", home: Home = None, as_json: Json = False
) -> None:
    """Move the deadline of the present stage."""
    _steer(identity, "extend", by, why, home, as_json, until=team_time(until, home))


def retract(
    identity: Identity,
    fact: Annotated[str, typer.Argument(metavar="FACT", help="The fact on record.", autocompletion=completion.facts)],
    of: Annotated[
        str | None, typer.Option("--of", metavar="KEY", help="Whose report, for a fact that has several.")
    ] = None,
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take back a fact that was recorded by mistake."""
    _steer(identity, "retract", by, why, home, as_json, fact=fact, of=of)
    if not as_json and (mails := run(_mails_caused(identity, home))):
        echo(mails)


def resend(
    identity: Identity,
    kind: Annotated[str, typer.Argument(metavar="MAIL", help="The kind of mail.", autocompletion=completion.mails)],
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send a mail of an onboarding once more."""
    _steer(identity, "resend", by, why, home, as_json, kind=kind)


HeldMail = Annotated[
    str | None,
    typer.Argument(metavar="[MAIL]", help="The kind of mail, if several are held.", autocompletion=completion.mails),
]


def send_held(
    identity: Identity,
    kind: HeldMail = None,
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send a mail that is held back."""
    _steer(identity, "send_held", by, why, home, as_json, kind=kind)


def drop_held(
    identity: Identity,
    kind: HeldMail = None,
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Drop a mail that is held back; it is never sent."""
    _steer(identity, "drop_held", by, why, home, as_json, kind=kind)


def withdraw(identity: Identity, by: By = "", why: Why = "", home: Home = None, as_json: Json = False) -> None:
    """End an onboarding that the practice no longer wants."""
    _steer(identity, "withdraw", by, why, home, as_json)


def note(
    identity: Identity,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="The note, in place of --why.")] = "",
    by: By = "",
    why: Annotated[str, typer.Option("--why", metavar="TEXT", show_default=False, help="The note.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a note into an onboarding's journal."""
    if bool(text.strip()) == bool(why.strip()):
        raise Usage("Give the note's text once, behind the ID or with --why")
    _steer(identity, "note", by, text or why, home, as_json)


def correct_contact(
    identity: Identity,
    name: Annotated[str | None, typer.Option("--name", help="The contact's name.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="The contact's e-mail address.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="The contact's phone number.")] = None,
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Correct the primary contact's name, e-mail or phone."""
    given = {"name": name, "email": email, "phone": phone}
    changed = {field: value for field, value in given.items() if value is not None}
    if not changed:
        raise Usage("Say what to correct, with --name, --email or --phone")
    _steer(identity, "correct_contact", by, why, home, as_json, contact=changed)


def correct_practice(
    identity: Identity,
    name: Annotated[str | None, typer.Option("--name", help="The practice's name.")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", help="Such as America/Chicago.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Such as US; empty for none.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="Such as IL; empty for none.")] = None,
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Correct the practice's name, time zone, country or state."""
    given = {"name": name, "time_zone": time_zone, "country": country, "state": state}
    changed = {field: value or None for field, value in given.items() if value is not None}
    if not changed:
        raise Usage("Say what to correct, with --name, --time-zone, --country or --state")
    _steer(identity, "correct_practice", by, why, home, as_json, practice=changed)


def reassign(
    identity: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="The onboarding's ID, PLAYBOOK/PRACTICE-ID.", autocompletion=completion.identities
        ),
    ] = None,
    to: Annotated[str, typer.Option("--to", "--assignee", metavar="HANDLE", help="Who takes over.")] = "",
    all_of: Annotated[
        str | None, typer.Option("--all-of", metavar="HANDLE", help="All open onboardings of this colleague.")
    ] = None,
    back: Annotated[
        str | None, typer.Option("--back", metavar="HAND-OVER", help="Take back this whole hand-over instead.")
    ] = None,
    by: By = "",
    why: Why = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hand an onboarding, or all of a colleague's, to somebody else."""
    if back is not None:
        if identity or all_of or to:
            raise Usage("Give --back alone: it takes back the whole hand-over")
        raise typer.Exit(echo_outcomes(list(run(_take_back(back, by, why, home)).outcomes), as_json))
    if not to:
        raise Usage("Say who takes over, with --to HANDLE")
    if (identity is None) == (all_of is None):
        raise Usage("Name one onboarding by its ID, or a colleague with --all-of")
    if identity is not None:
        check_identity(identity)
    handed = run(_hand_over(identity, all_of, _order(by, why, assignee=to), home))
    status = 0
    if identity is not None:
        [(_, outcome)] = handed.outcomes
        if isinstance(outcome, Exception):
            raise outcome
        echo_receipt(identity, outcome, as_json)
    elif handed.outcomes or as_json:
        status = echo_outcomes(list(handed.outcomes), as_json)
    else:
        echo(f"No open onboarding is assigned to {all_of}.")
    if handed.hand_over and not as_json:
        echo(f"To take it back: onboard reassign --back {handed.hand_over.id} --why TEXT")
    raise typer.Exit(status)


async def _hand_over(identity: str | None, all_of: str | None, order: Command, home: str | None) -> Handed:
    from desk.hand_over import hand_over
    from store.journal.listing import assigned

    async with open_desk(home) as desk:
        return await hand_over(desk, [identity] if identity else await assigned(desk.database, all_of or ""), order)


async def _take_back(id: str, by: str, why: str, home: str | None) -> Handed:
    from desk.hand_over import take_back

    async with open_desk(home) as desk:
        return await take_back(desk, id, by, why)


def _steer(identity: str, name: str, by: str, why: str, home: str | None, as_json: bool, **fields: Any) -> None:
    check_identity(identity)
    order = _order(by, why, **fields)

    async def work() -> Receipt:
        async with open_desk(home) as desk:
            return await desk.command(identity, name, order)

    echo_receipt(identity, run(work()), as_json)


async def _mails_caused(identity: str, home: str | None) -> str:
    """Describes the mails that were sent because of the fact just retracted; empty if there are none."""
    from desk.mails_caused import last_retracted, mails_caused_by, sent_sentence
    from desk.problem import NoAnswer

    async with open_desk(home) as desk:
        try:
            detail = await desk.show(identity)
        except NoAnswer:
            return ""
    fact = last_retracted(detail)
    return sent_sentence(mails_caused_by(detail, fact)) if fact else ""


def _order(by: str, why: str, **fields: Any) -> Command:
    from desk.orders import order
    from playbooks.engine.onboarding import Command

    return order(Command, by=by, why=why, key=uuid.uuid4().hex, **fields)
