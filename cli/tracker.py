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
from desk.labels import time_in, who
from desk.mails_caused import gone, written_because
from playbooks.engine.states import CLOSED, OPEN

if TYPE_CHECKING:
    from datetime import datetime

    from desk.journal_fallback import LastKnown
    from desk.onboarding_detail import Shown, ShownFact
    from playbooks.engine.onboarding import Entry
    from playbooks.engine.view import Step

MARKS = {"done": "[green]✔[/]", "current": "[bold yellow]●[/]", "ahead": "[dim]○[/]"}
STATES = {"sent": "green", "queued": "yellow", "sending": "yellow", "cancelled": "dim"}


def show(seen: Shown, texts: dict[str, str], lines: list[Entry]) -> None:
    """Everything there is to see; `texts` are mails to be shown in full, by key, `lines` the journal if wanted."""
    zone = ZoneInfo(seen.time_zone)
    facts = [(fact.model_dump(), _remark(fact, seen)) for fact in seen.facts]
    mails = [mail.model_dump() for mail in seen.mails]
    output.show(_panel(seen, zone), *_facts(facts, zone), *_mails(mails, zone), *_journal(lines, zone))
    for mail in seen.mails:
        if mail.key in texts:
            body = "\n".join(f"  [dim]│[/] {escaped(line)}" for line in texts[mail.key].splitlines())
            what = f"({escaped(words(mail.kind))}, to {escaped(mail.to)})"
            output.show("", f"[bold]{escaped(mail.subject)}[/] {what}", body)


def show_last_known(seen: LastKnown, zone: ZoneInfo, lines: list[Entry]) -> None:
    """What the journal tells."""
    head = [f"[bold]{escaped(seen.practice['name'])}[/] · {seen.id}", escaped(seen.headline)]
    head += [f"Next by itself: {escaped(seen.next.what)}, {moment(seen.next.at, zone)}"] if seen.next else []
    facts = [(fact, "[red]taken back[/]" if fact["retracted"] else "") for fact in seen.facts]
    output.show(*head, "", *_facts(facts, zone), *_mails(list(seen.mails), zone), *_journal(lines, zone))


def _panel(seen: Shown, zone: ZoneInfo) -> RenderableType:
    steps = Table.grid(padding=(0, 2, 0, 0))
    for step in seen.progress:
        steps.add_row(MARKS[step.state], _title(step, seen), _when(step, seen, zone))
    lines: list[RenderableType] = [f"[bold]{_headline(seen, zone)}[/]", "", steps, ""]
    if seen.missing_titles and seen.status in OPEN:
        lines.append(f"Waiting for: {escaped('; '.join(seen.missing_titles))}")
    if seen.next:
        lines.append(f"Next by itself: {escaped(seen.next.what)}, {moment(seen.next.at, zone)}")
    contact = seen.primary_contact
    lines.append(f"Contact: {escaped(f'{contact.name} <{contact.email}>')}{escaped(_phone(contact.phone))}")
    lines.append(f"Assigned to: {escaped(seen.assignee or 'nobody')}")
    if seen.caveat:
        lines.append(f"[yellow]{escaped(seen.caveat)}[/]")
    title = f"{escaped(seen.practice.name)} · {seen.id}"
    return Panel(Group(*lines), title=title, title_align="left", padding=(0, 1))


def _headline(seen: Shown, zone: ZoneInfo) -> str:
    """Where it stands, whose turn it is and by when, in the team's time."""
    if seen.status == "withdrawn":
        return "Withdrawn" + (f" by {escaped(seen.withdrawn.by)}" if seen.withdrawn else "")
    if seen.status == "complete":
        return f"[green]Complete[/]: {escaped(seen.stage_title)} since {moment(seen.entered_at, zone)}"
    if seen.status in CLOSED:
        return f"{seen.status.capitalize()}: {escaped(seen.ending)}"
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


def _facts(facts: list[tuple[dict[str, Any], str]], zone: ZoneInfo) -> Iterator[RenderableType]:
    """The facts, each with what is to be remarked about it."""
    if not facts:
        return
    table = grid("Fact", "Happened", "By", "Details", title=f"Facts ({zone.key})")
    titles = {fact["name"]: fact["title"] for fact, _ in facts}
    for fact, remark in facts:
        happened = _short(fact["at"], zone) if fact["at"] else f"follows from “{escaped(titles[fact['implied_by']])}”"
        details = escaped(", ".join(f"{words(name)} {_value(value, zone)}" for name, value in fact["data"].items()))
        told = ", ".join(part for part in (remark, details) if part)
        table.add_row(escaped(fact["title"]), happened, escaped(who(fact["by"] or "-")), told or "-")
    yield table


def _remark(fact: ShownFact, seen: Shown) -> str:
    if fact.taken_back:
        mails = gone(written_because(seen, fact))
        said = f"taken back by {fact.taken_back.by}: {fact.taken_back.why}" + (f". {mails}" if mails else "")
        return f"[red]{escaped(said)}[/]"
    return "[yellow]replaced later[/]" if fact.superseded else ""


def _mails(mails: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not mails:
        return
    table = grid("Mail", "To", "State", "Written", title=f"Mails ({zone.key})", whole=(0, 2, 3))
    remarks = []
    for mail in mails:
        style = STATES.get(mail["state"], "bold red")
        to = escaped(mail["to"] or words(mail["role"]))
        kind = escaped(words(mail["kind"]))
        table.add_row(kind, to, f"[{style}]{mail['state']}[/]", _short(mail["ordered_at"], zone))
        if reason := mail["error"] or mail["note"]:
            remarks.append(f"[{style}]{kind} to {to}[/]: {escaped(reason)}")
    yield table
    yield from remarks
    yield ""


def _journal(lines: list[Entry], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not lines:
        return
    table = grid("When", "What", "By", title=f"Journal ({zone.key})")
    for line in lines:
        why = f" – {escaped(line.why)}" if line.why else ""
        table.add_row(_short(line.at, zone), escaped(line.text) + why, escaped(who(line.by)))
    yield table


def _short(at: datetime, zone: ZoneInfo) -> str:
    """A time in a table whose heading names the zone."""
    return moment(at, zone, named=False)


def _value(value: object, zone: ZoneInfo) -> object:
    """A time, which details hold as text, is told as other times are."""
    at = time_in(value)
    return _short(at, zone) if at else value


def _phone(phone: str | None) -> str:
    return f", {phone}" if phone else ""
