"""`onboard prescriptions`: lists prescriptions, shows one, explains what it waits for, and records what happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.connect import open_database, open_desk, run
from cli.options import ByOrLogin, Home, Json
from cli.output import echo, echo_json, echo_rich, escape, format_time, label, make_table
from cli.problem import CliProblem

if TYPE_CHECKING:
    from desk.prescription_detail import PrescriptionDetail
    from pharmacy.prescriptions.listed import ListedPrescription

app = typer.Typer(no_args_is_help=True)
WAITING_ON = {
    "vet": "the vet",
    "owner": "the owner",
    "pharmacy": "the pharmacy",
    "practice": "the practice",
    "practice_system": "the practice's ezyVet",
    "team": "the pharmacy's team",
    "nobody": "nobody",
}
Id = Annotated[str, typer.Argument(metavar="ID", help="From `list`, for example rx-0f3c9a1b2d4e5f607182.")]


@app.callback()
def _group() -> None:
    """See prescriptions, their state in ezyVet, and what each waits for."""


@app.command("list")
def list_prescriptions(
    practice: Annotated[str | None, typer.Option("--practice", metavar="PRACTICE-ID", help="Only this one's.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state", help="open, closed, a state in ezyVet (for example needs_person), or an item's (PENDING)."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Maximum number to show.")] = 50,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List prescriptions, the latest first."""

    async def work() -> tuple[list[ListedPrescription], str]:
        from pharmacy.prescriptions import register

        async with open_database(home) as (database, settings):
            found = await register.listing(database, practice=practice, states=state or (), limit=limit)
            return found, settings.team_time_zone

    from pharmacy.prescriptions.listed import items_text

    found, zone = run(work())
    if as_json:
        echo_json([each.model_dump(mode="json") for each in found])
    elif found:
        heads = ("ID", "Practice", "Patient", "Products", "Prescriber", "Items", "In ezyVet", "Where it is")
        table = make_table(*heads, whole=(0,))
        for each in found:
            statuses = ", ".join(each.statuses) or "-"
            where = escape(each.situation or f"Opened {format_time(each.created_at, ZoneInfo(zone))}")
            patient, products = each.label_name or each.patient, items_text(each.items)
            names = (each.practice, patient, products, each.prescriber or "-", statuses)
            table.add_row(each.id, *map(escape, names), label(each.ezyvet or "not_due"), where)
        echo_rich(table)
    else:
        echo("No such prescription.")


@app.command()
def show(id: Id, home: Home = None, as_json: Json = False) -> None:
    """Show one prescription: its items, and its history."""
    found, zone = run(_load(id, home))
    if as_json:
        echo_json(found.model_dump(mode="json"))
        return
    echo(f"{found.id}: {found.patient_name}, {found.practice}, prescribed by {found.prescriber}")
    echo(found.situation)
    table = make_table("Product", "Status", "Quantity", "Remaining", "Last dispensed")
    for item in found.items:
        dispensed = format_time(item.last_dispensed_at, zone) if item.last_dispensed_at else "-"
        name = f"{item.name} ({item.product})"
        table.add_row(escape(name), item.status or "-", str(item.qty), str(item.remaining), dispensed)
    echo_rich(table)
    for step in found.history:
        about = f" ({', '.join(step.products)})" if step.products else ""
        echo(f"{format_time(step.at, zone)}  {step.text}{about}, {step.by}")


@app.command()
def explain(id: Id, home: Home = None, as_json: Json = False) -> None:
    """Explain why a prescription waits, on whom, and what is next."""
    found, zone = run(_load(id, home))
    if as_json:
        keys = {"id", "situation", "waiting_on", "next", "next_at", "ezyvet", "concerns"}
        echo_json(found.model_dump(mode="json", include=keys))
        return
    echo(found.situation)
    if found.next:
        echo(f"Next: {found.next}" + (f" ({format_time(found.next_at, zone)})" if found.next_at else ""))
    echo(f"Waiting on: {WAITING_ON[found.waiting_on]}")
    reason = f": {found.ezyvet.reason}" if found.ezyvet.reason else ""
    echo(f"ezyVet: {label(found.ezyvet.state)}{reason}")
    if found.ezyvet.state == "needs_person":
        echo(f"To choose a vet's user: onboard ezyvet prescribers {found.practice} VET=USER")
        echo(f"To choose a patient's animal: onboard ezyvet animal {found.practice} PATIENT ANIMAL")
        echo(f"Once you know: onboard prescriptions record {found.id} resolve decision=there|send|leave")
    for concern in found.concerns:
        echo(f"To look at: {concern.text}")
        echo(f"  Once it is done: onboard prescriptions record {found.id} dismiss concern={concern.key}")


@app.command()
def record(
    id: Id,
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="Its name in the API, for example prescriber_replaced.")
    ],
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Its details, as prescriber=dr-lee.")
    ] = None,
    by: ByOrLogin = "",
    home: Home = None,
) -> None:
    """Record what happened to a prescription, as the API does: a new prescriber, a cancellation, how it is settled."""
    from pydantic import ValidationError

    from desk.prescriptions import REPORTED_EVENTS, record_event
    from pharmacy.prescriptions.life.events import parse_event
    from playbooks.engine.validation import error_sentence

    if event not in REPORTED_EVENTS:
        raise CliProblem(
            f"'{event[:64]}' is not an event of a prescription; choose one of {', '.join(REPORTED_EVENTS)}."
        )
    try:
        reported = parse_event(event, dict(map(_field, fields or ())))
    except ValidationError as error:
        raise CliProblem(f"{event}: {error_sentence(error)}.") from None

    async def work() -> str:
        async with open_desk(home) as desk:
            return (await record_event(desk, id, reported, by)).text

    echo(run(work()))


def _field(text: str) -> tuple[str, Any]:
    """Returns a field's name and value; the value is JSON if it can be."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise CliProblem(f"'{text[:64]}' is not FIELD=VALUE, for example prescriber=dr-lee.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


async def _load(id: str, home: str | None) -> tuple[PrescriptionDetail, ZoneInfo]:
    from datetime import UTC, datetime

    from desk.prescription_detail import detail_of
    from desk.prescriptions import load

    async with open_desk(home) as desk:
        zone = ZoneInfo(desk.settings.team_time_zone)
        return detail_of(await load(desk, id), datetime.now(UTC)), zone
