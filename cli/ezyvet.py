"""`onboard ezyvet`: connects practices' ezyVet sites, and says which user each vet is (RX)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.connect import open_desk, run
from cli.ezyvet_comparison import comparison_json, echo_comparison
from cli.files import read_bytes
from cli.options import ByOrLogin, Home, Json, Why
from cli.output import echo, echo_json, echo_rich, escape, make_table
from cli.problem import CliProblem
from playbooks.plural import count_of

if TYPE_CHECKING:
    from desk.service import Desk

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True)
PracticeId = Annotated[str, typer.Argument(metavar="PRACTICE-ID", help="Whose ezyVet it is.")]
NOBODY = "nobody"


class Decision(StrEnum):
    ours = "ours"
    theirs = "theirs"


@app.callback()
def _group() -> None:
    """Connect practices' ezyVet sites, say which user each vet is, and compare prescriptions."""


@app.command()
def connect(
    practice: PracticeId,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The credentials file that the practice handed over.")],
    by: ByOrLogin = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Try a practice's credentials with ezyVet, and store them encrypted if they work."""
    from integrations.ezyvet.credentials_file import InvalidFile, read_credentials_file

    try:
        credentials = read_credentials_file(read_bytes(file))
    except InvalidFile as problem:
        raise CliProblem(str(problem)) from None

    async def work(desk: Desk) -> Any:
        from desk import ezyvet

        return await ezyvet.connect(desk, practice, credentials, by)

    tried = _run(home, work)
    if as_json:
        echo_json(asdict(tried))
        return
    users = f"{count_of(tried.users, 'user')}, {tried.vets} with vet rights"
    echo(f"ezyVet gives us access: {users}. The credentials are stored encrypted.")
    echo(f"Next: onboard ezyvet users {practice}, then onboard ezyvet prescribers {practice} VET=USER-ID …")


@app.command()
def disconnect(
    practice: PracticeId,
    why: Why,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it you only see what would happen.")] = False,
    by: ByOrLogin = "",
    home: Home = None,
) -> None:
    """Delete the credentials of a practice that leaves; what is to be sent waits."""

    async def work(desk: Desk) -> Any:
        from desk import ezyvet_leaving

        follows = await ezyvet_leaving.what_follows(desk, practice)
        if yes:
            await ezyvet_leaving.disconnect(desk, practice, by, why)
        return follows

    for sentence in _run(home, work):
        echo(sentence)
    done = f"The credentials of {practice}'s ezyVet are deleted."
    echo(done if yes else "Nothing is done yet; to delete the credentials, repeat it with --yes.")


@app.command()
def users(practice: PracticeId, home: Home = None, as_json: Json = False) -> None:
    """List the users of a practice's ezyVet, and which vet each of them is."""

    async def work(desk: Desk) -> Any:
        from desk import ezyvet
        from integrations.ezyvet.prescribers import list_prescribers

        return await ezyvet.read_users(desk, practice), await list_prescribers(desk.database, practice)

    found, chosen = _run(home, work)
    vets = {each.user: each.vet for each in chosen}
    if as_json:
        rows = [
            {"id": user.id, "name": user.name, "active": user.active, "vet": user.vet, "is": vets.get(user.id)}
            for user in found
        ]
        echo_json({"users": rows})
        return
    from integrations.ezyvet.prescribers import unfit

    table = make_table("User", "Name", "Can prescribe", "Is", right=(0,), whole=(0,))
    for user in found:
        fitness = "no" if unfit(user) else "yes"
        table.add_row(str(user.id), escape(user.name or "-"), fitness, escape(vets.get(user.id, "-")))
    echo_rich(table)


@app.command()
def budget(
    practice: Annotated[str | None, typer.Argument(metavar="[PRACTICE-ID]", help="Only this practice's.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show how much of ezyVet's limits is used at each practice, and how many calls wait."""

    async def work(desk: Desk) -> Any:
        from integrations.ezyvet.sites import list_sites
        from integrations.ezyvet.usage import read_usage

        sites = [each for each in await list_sites(desk.database) if practice in (None, each.practice) and each.id]
        return [(site, await read_usage(desk.database, site.id)) for site in sites if site.id]

    found = _run(home, work)
    if as_json:
        rows = [
            {
                "practice": site.practice,
                "state": site.state,
                "reason": site.reason,
                "limits": [asdict(each) for each in usage],
            }
            for site, usage in found
        ]
        echo_json({"practices": rows})
        return
    if not found:
        echo("There are no credentials yet: onboard ezyvet connect PRACTICE-ID FILE.")
        return
    table = make_table("Practice", "Calls to", "Used", "Free", "Waiting", "Next call", right=(2, 3, 4), whole=(0, 1))
    for site, usage in found:
        for each in usage:
            name = escape(site.practice) if each.endpoint is None else ""
            counts = f"{each.used} of {each.limit}", str(each.free), str(each.waiting)
            table.add_row(name, each.endpoint or "all", *counts, _in_seconds(each.next_place))
    echo_rich(table)


@app.command()
def prescribers(
    practice: PracticeId,
    choices: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VET=USER-ID]…", help=f"Who each vet is, as dr-lee=10; {NOBODY} for none."),
    ] = None,
    by: ByOrLogin = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say which ezyVet user each vet is, or list what was said."""
    wanted = dict(_choice(each) for each in choices or ())

    async def work(desk: Desk) -> Any:
        from desk import ezyvet
        from integrations.ezyvet.prescribers import list_prescribers

        if wanted:
            await ezyvet.choose_users(desk, practice, wanted, by)
        return await list_prescribers(desk.database, practice)

    found = _run(home, work)
    if as_json:
        echo_json({"prescribers": [{"vet": each.vet, "user": each.user, "name": each.name} for each in found]})
        return
    if not found:
        echo(f"No vet of {practice} has a user yet: onboard ezyvet prescribers {practice} VET=USER-ID …")
        return
    table = make_table("Vet", "User", "Name in ezyVet", right=(1,), whole=(0,))
    for each in found:
        table.add_row(escape(each.vet), str(each.user), escape(each.name))
    echo_rich(table)
    if wanted:
        echo(
            f"Once it is complete, ask the practice to confirm it: onboard record ezyvet/{practice} prescribers_mapped"
        )


@app.command()
def reconcile(
    practice: Annotated[
        str | None, typer.Argument(metavar="[PRACTICE-ID]", help="Only this practice; else all that are live.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Compare prescriptions with the practices' ezyVet now, as every night, and repair what is safe."""

    async def work(desk: Desk) -> Any:
        from desk.ezyvet_reconciliation import compare
        from integrations.ezyvet.sites import compared_practices

        practices = [practice] if practice else await compared_practices(desk.database)
        return [await compare(desk, each) for each in practices]

    found = _run(home, work)
    if as_json:
        echo_json({"practices": [comparison_json(each) for each in found]})
    elif not found:
        echo("No practice's ezyVet is live yet.")
    else:
        for each in found:
            echo_comparison(each)
    if any(each.run is None or each.run.problem for each in found):
        raise typer.Exit(1)


@app.command()
def settle(
    practice: PracticeId,
    prescription: Annotated[str, typer.Argument(metavar="PRESCRIPTION", help="As `reconcile` names it.")],
    decision: Annotated[
        Decision, typer.Argument(metavar="ours|theirs", help="Send ours again, or leave what ezyVet has.")
    ],
    by: ByOrLogin = "",
    home: Home = None,
) -> None:
    """Settle what differs at a prescription: send ours again, or leave it as it is in ezyVet."""

    async def work(desk: Desk) -> Any:
        from desk import ezyvet_reconciliation

        await ezyvet_reconciliation.settle(desk, practice, prescription, decision.value, by)

    _run(home, work)
    echo("Ours is sent to ezyVet." if decision is Decision.ours else "It is left as it is in ezyVet.")


@app.command("test")
def send_test(
    practice: PracticeId,
    patient: Annotated[
        str,
        typer.Option("--patient", metavar="ID", help="In whose record it is to appear: the patient's id in the feed."),
    ],
    vet: Annotated[
        str | None, typer.Option("--vet", metavar="VET", help="In whose name; else the first vet's.")
    ] = None,
    by: ByOrLogin = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send the one test prescription that a practice is to see; it is disabled once the practice has."""

    async def work(desk: Desk) -> Any:
        from desk.ezyvet_trial import send_test

        return await send_test(desk, practice, patient, by, vet)

    sent = _run(home, work)
    if as_json:
        echo_json({"prescription": sent.uid, "animal": sent.animal, "external_reference": sent.reference})
        return
    echo(f"The test prescription is in ezyVet, in the record of animal {sent.animal} ({sent.uid}).")
    echo("The practice has been asked to look for it, and says on its page that it sees it.")


@app.command()
def animal(
    practice: PracticeId,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's id in the practice's feed.")],
    animal: Annotated[int, typer.Argument(metavar="ANIMAL", min=1, help="The id of the animal in ezyVet.")],
    by: ByOrLogin = "",
    home: Home = None,
) -> None:
    """Say which animal of ezyVet a patient is, where the feed does not tell."""

    async def work(desk: Desk) -> Any:
        from desk import ezyvet

        await ezyvet.choose_animal(desk, practice, patient, animal, by)

    _run(home, work)
    echo(f"From now on patient {patient} of {practice} is animal {animal} in ezyVet.")


def _in_seconds(at: datetime | None) -> str:
    return "now" if at is None else f"in {max(0.0, (at - datetime.now(UTC)).total_seconds()):.0f} s"


def _choice(text: str) -> tuple[str, int | None]:
    vet, equals, user = text.partition("=")
    if not (vet and equals) or not (user == NOBODY or user.isdecimal()):
        raise CliProblem(f"'{text}' says no vet's user; write VET=USER-ID, as dr-lee=10, or VET={NOBODY}.")
    return vet, None if user == NOBODY else int(user)


def _run(home: str | None, work: Any) -> Any:
    """Does the work with the desk of the running system, whose ezyVet may be its simulator."""

    async def connected() -> Any:
        from integrations.ezyvet.limits import Wait
        from partners.ezyvet.errors import EzyvetError

        async with open_desk(home) as desk:
            try:
                return await work(desk)
            except (EzyvetError, Wait) as problem:
                raise CliProblem(str(problem)) from None

    return run(connected())
