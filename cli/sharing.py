"""`onboard sharing`: takes requests for record sharing by e-mail, and shows all that are on record (RS2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.connect import open_desk, run
from cli.files import read_bytes
from cli.options import ByOrLogin, Home, Json
from cli.output import echo, echo_json, echo_rich, escape, make_table
from cli.problem import CliProblem

if TYPE_CHECKING:
    from desk.sharing_emails import Received

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Accept requests for record sharing by e-mail, and list all requests."""


@app.command()
def email(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The e-mail as it came, with all headers.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take a request by e-mail: it is checked, kept and accepted, refused, or left to a person."""
    raw = read_bytes(file)

    async def work() -> Received:
        from desk.sharing_emails import receive
        from partners.signed_mail import dns_lookup

        async with open_desk(home) as desk:
            return await receive(desk, raw, dns_lookup(desk.settings.dns_address))

    _echo(run(work()), as_json)


@app.command()
def decide(
    id: Annotated[int, typer.Argument(metavar="REQUEST", help="The number of the request.")],
    accept: Annotated[bool, typer.Option("--accept/--refuse", help="What the clinic said when it was called.")],
    why: Annotated[str, typer.Option(help="The reason; of a refusal, who asked reads it in the mail.")],
    clinic: Annotated[str | None, typer.Option(help="The clinic that asks, if several may have.")] = None,
    by: ByOrLogin = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Accept or refuse a request by e-mail that could not be checked."""

    async def work() -> Received:
        from desk import sharing_emails

        async with open_desk(home) as desk:
            return await sharing_emails.decide(desk, id, accept, why, by, clinic)

    _echo(run(work()), as_json)


@app.command("list")
def show_list(
    practice: Annotated[str | None, typer.Argument(metavar="[PRACTICE-ID]", help="Only this clinic's.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the requests on record, newest first, with what became of each."""

    async def work() -> Any:
        from integrations.record_sharing.kept import list_requests

        async with open_desk(home) as desk:
            return await list_requests(desk.database, practice)

    found = run(work())
    if as_json:
        names = ("id", "clinic", "clinics", "by", "outcome", "reason", "onboarding", "decided_by")
        rows = [{name: getattr(each, name) for name in names} | {"at": each.at.isoformat()} for each in found]
        echo_json({"requests": rows})
        return
    table = make_table("Request", "Clinic", "With", "Outcome", "Reason", right=(0,), whole=(0, 1, 3))
    for each in found:
        texts = (each.clinic or each.by, ", ".join(each.clinics), each.outcome, each.reason or "")
        table.add_row(str(each.id), *map(escape, texts))
    echo_rich(table)


def _echo(found: Received, as_json: bool) -> None:
    if as_json:
        echo_json(vars(found))
    elif found.outcome == "refused":
        answered = "; a mail says so to who asked" if found.answered else ""
        raise CliProblem(f"Request {found.id} is refused, and kept{answered}: {found.reason}")
    elif found.outcome == "undecided":
        echo(f"Request {found.id} waits for a person: {found.reason}")
    else:
        echo(f"Request {found.id} is accepted: {found.onboarding} is open.")
