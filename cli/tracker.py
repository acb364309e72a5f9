"""An onboarding drawn like the tracking of a parcel: what is done, where it is, what is ahead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from cli import output
from cli.output import escaped, grid, moment, words
from desk.explain import duration

if TYPE_CHECKING:
    from desk.last_known import LastKnown
    from desk.shown import Shown, ShownFact
    from playbooks.view import Step

MARKS = {"done": "[green]✔[/]", "current": "[bold yellow]●[/]", "ahead": "[dim]○[/]"}
STATES = {"sent": "green", "queued": "yellow", "sending": "yellow", "cancelled": "dim"}


def show(seen: Shown, texts: dict[str, str]) -> None:
    """Everything there is to see; `texts` are mails to be shown in full, by key."""
    zone = ZoneInfo(seen.time_zone)
    output.show(*_head(seen, zone), *_facts(seen, zone), *_mails([mail.model_dump() for mail in seen.mails], zone))
    for mail in seen.mails:
        if mail.key in texts:
            body = "\n".join(f"  [dim]│[/] {escaped(line)}" for line in texts[mail.key].splitlines())
            output.show("", f"[bold]{escaped(mail.subject)}[/] ({escaped(mail.kind)}, to {escaped(mail.to)})", body)


def show_last_known(seen: LastKnown, zone: ZoneInfo) -> None:
    """What the journal tells."""
    head = [f"[bold]{escaped(seen.practice['name'])}[/]  {seen.id}", escaped(seen.headline)]
    head += [f"Next by itself: {escaped(seen.next.what)}, {moment(seen.next.at, zone)}"] if seen.next else []
    table = grid("Fact", "Happened", "By", "Details", title="Facts reported")
    for fact in seen.facts:
        table.add_row(fact["name"], moment(fact["at"], zone), escaped(fact["by"]), _details(fact["data"]))
    output.show(*head, *([table] if seen.facts else []), *_mails(list(seen.mails), zone))


def _head(seen: Shown, zone: ZoneInfo) -> Iterator[RenderableType]:
    steps = Table.grid(padding=(0, 2, 0, 0))
    for step in seen.progress:
        steps.add_row(MARKS[step.state], _title(step, seen), _when(step, seen, zone))
    lines: list[RenderableType] = [f"[bold]{_headline(seen, zone)}[/]", "", steps, ""]
    if seen.missing_titles and seen.status in ("open", "on_hold"):
        lines.append(f"Waiting for: {escaped('; '.join(seen.missing_titles))}")
    if seen.next:
        lines.append(f"Next by itself: {escaped(seen.next.what)}, {moment(seen.next.at, zone)}")
    contact = seen.primary_contact
    lines.append(f"Contact: {escaped(f'{contact.name} <{contact.email}>')}{escaped(_phone(contact.phone))}")
    lines.append(f"Assigned to: {escaped(seen.assignee or 'nobody')}")
    title = f"{escaped(seen.practice.name)} · {seen.id}"
    yield Panel(Group(*lines), title=title, title_align="left", padding=(0, 1))


def _headline(seen: Shown, zone: ZoneInfo) -> str:
    """Where it stands, whose turn it is and by when, in the team's time."""
    if seen.status == "withdrawn":
        return "Withdrawn" + (f" by {escaped(seen.withdrawn.by)}" if seen.withdrawn else "")
    if seen.status == "complete":
        return f"[green]Complete[/]: {escaped(seen.stage_title)} since {moment(seen.entered_at, zone)}"
    said = f"{escaped(seen.stage_title)}, waiting on {escaped(seen.waiting_on_title)}"
    if seen.hold_until:
        return f"{said} · [cyan]on hold[/] until {moment(seen.hold_until, zone)}"
    if seen.due_at is None:
        return said
    if seen.sla == "breached":
        return f"{said} · [red]overdue[/] since {moment(seen.due_at, zone)} ({duration(seen.now - seen.due_at)})"
    return f"{said} · due {moment(seen.due_at, zone)}"


def _title(step: Step, seen: Shown) -> str:
    title = escaped(step.title)
    if step.state == "ahead":
        return f"[dim]{title}[/]"
    return f"[bold]{title}[/]" if step.state == "current" else title


def _when(step: Step, seen: Shown, zone: ZoneInfo) -> str:
    if step.state == "ahead" or step.entered_at is None:
        return ""
    if step.state == "current":
        return f"since {moment(step.entered_at, zone)}"
    if step.left_at is None:
        return moment(step.entered_at, zone)
    late = {False: " [red]late[/]", True: " [green]in time[/]", None: ""}[step.kept]
    return f"{moment(step.left_at, zone)}{late}"


def _facts(seen: Shown, zone: ZoneInfo) -> Iterator[RenderableType]:
    if not seen.facts:
        return
    table = grid("Fact", "Happened", "By", "Details", title="Facts")
    for fact in seen.facts:
        happened = moment(fact.at, zone) if fact.at else f"[dim]implied by {escaped(fact.implied_by)}[/]"
        table.add_row(escaped(fact.name), happened, escaped(fact.by or "-"), _remark(fact) + _details(fact.data))
    yield table


def _remark(fact: ShownFact) -> str:
    if fact.taken_back:
        return f"[red]taken back by {escaped(fact.taken_back.by)}: {escaped(fact.taken_back.why)}[/] "
    return "[yellow]replaced later[/] " if fact.superseded else ""


def _details(data: dict[str, Any]) -> str:
    return escaped(", ".join(f"{name} {value}" for name, value in data.items())) or "-"


def _mails(mails: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not mails:
        return
    table = grid("Mail", "To", "State", "Written", title="Mails")
    for mail in mails:
        style = STATES.get(mail["state"], "bold red")
        reason = mail["error"] or mail["note"]
        state = f"[{style}]{mail['state']}[/]" + (f": {escaped(reason)}" if reason else "")
        to = escaped(mail["to"] or words(mail["role"]))
        table.add_row(escaped(mail["kind"]), to, state, moment(mail["sent_at"] or mail["ordered_at"], zone))
    yield table


def _phone(phone: str | None) -> str:
    return f", {phone}" if phone else ""
