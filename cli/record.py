"""`onboard record` and `record-many`: record facts."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import completion
from cli.connect import check_identity, open_desk, run, team_time
from cli.files import read_text
from cli.options import At, By, Home, Identity, Json, Key
from cli.problem import CliProblem, Usage
from cli.receipts import echo_outcomes, echo_receipt

if TYPE_CHECKING:
    from playbooks.engine.onboarding import Receipt, Report

Fact = Annotated[str, typer.Argument(metavar="FACT", help="Name of the fact.", autocompletion=completion.facts)]
Data = Annotated[
    str | None, typer.Option("--data", metavar="JSON", help='The fact\'s details, for example \'{"version": "3.1"}\'.')
]
Held = Annotated[
    list[str] | None,
    typer.Option("--hold-mail", metavar="MAIL", help="A kind of mail to hold back.", autocompletion=completion.mails),
]
Added = Annotated[
    list[str] | None, typer.Option("--paragraph", metavar="MAIL=TEXT", help="A paragraph to add to a kind of mail.")
]


def record(
    identity: Identity,
    fact: Fact,
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Details, in place of --data.")
    ] = None,
    data: Data = None,
    by: By = "",
    at: At = None,
    key: Key = None,
    hold_mail: Held = None,
    paragraph: Added = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Record a fact: something that has happened."""
    check_identity(identity)
    details = _details(data, fields or [])
    _check_fact(identity, fact, details)
    report = _report(details, by, at, key, home, _mail_choices(hold_mail or [], paragraph or []))

    async def work() -> Receipt:
        async with open_desk(home) as desk:
            return await desk.record(identity, fact, report)

    echo_receipt(identity, run(work()), as_json)


def record_many(
    fact: Fact,
    identities: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", autocompletion=completion.identities)
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="FILE|-", help="A file with an ID in each line.")
    ] = None,
    data: Data = None,
    by: By = "",
    at: At = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Record the same fact for many onboardings."""
    named = [*(identities or []), *(read_text(source).split() if source else [])]
    if not named:
        raise Usage("Name the onboardings, or a file of them with --from")
    details = _details(data, [])

    async def work() -> list[tuple[str, Receipt | Exception]]:
        async with open_desk(home) as desk:

            async def one(identity: str) -> Receipt:
                check_identity(identity)
                return await desk.record(identity, fact, _report(details, by, at, None, home))

            return [done async for done in desk.each(dict.fromkeys(named), one)]

    raise typer.Exit(echo_outcomes(run(work()), as_json))


def _details(data: str | None, fields: list[str]) -> dict[str, Any]:
    """Returns the fact's payload from JSON and FIELD=VALUE, not validated."""
    details: Any = {}
    if data is not None:
        try:
            details = json.loads(data)
        except (ValueError, RecursionError) as error:
            from desk.practice_files import place_of

            raise CliProblem(f'--data is not JSON{place_of(error)}; write it like \'{{"version": "3.1"}}\'.') from None
        if not isinstance(details, dict):
            raise CliProblem('--data must be a JSON object, for example \'{"version": "3.1"}\'.')
    for field in fields:
        name, separator, value = field.partition("=")
        if not separator or not name:
            raise Usage(f"'{field}' is not FIELD=VALUE, for example version=3.1")
        details[name] = value
    return dict(details)


def _check_fact(identity: str, fact: str, details: dict[str, Any]) -> None:
    """Raises `Refused` for an invalid fact, before any server is asked."""
    from desk.practice_files import playbook_called
    from playbooks.engine.validation import validate_fact

    validate_fact(playbook_called(identity.partition("/")[0]), fact, details)


def _mail_choices(held: list[str], added: list[str]) -> dict[str, dict[str, Any]] | None:
    """Returns what is chosen for the mails, by kind."""
    choices: dict[str, dict[str, Any]] = {kind: {"hold": True} for kind in held}
    for each in added:
        kind, separator, text = each.partition("=")
        if not separator or not kind:
            raise Usage(f"'{each}' is not MAIL=TEXT, with a kind of mail before the sign")
        choices.setdefault(kind, {})["paragraph"] = text
    return choices or None


def _report(
    details: dict[str, Any],
    by: str,
    at: str | None,
    key: str | None,
    home: str | None,
    mail: dict[str, dict[str, Any]] | None = None,
) -> Report:
    from desk.orders import order
    from playbooks.engine.onboarding import Report

    return order(Report, data=details, by=by, at=team_time(at, home), key=key or uuid.uuid4().hex, mail=mail)
