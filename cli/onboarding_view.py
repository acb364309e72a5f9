"""Prints an onboarding: its progress, facts, mails and journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from cli import output
from cli.output import escape, format_time, label, make_table
from desk.explain import duration
from desk.labels import time_in, who
from desk.mails_caused import mails_caused_by, sent_sentence
from playbooks.engine.states import CLOSED, OPEN

if TYPE_CHECKING:
    from datetime import datetime

    from desk.journal_fallback import JournalCopy
    from desk.onboarding_detail import FactDetail, MailDetail, OnboardingDetail
    from playbooks.engine.onboarding import Entry
    from playbooks.engine.view import StageProgress

STAGE_MARKS = {"done": "[green]✔[/]", "current": "[bold yellow]●[/]", "ahead": "[dim]○[/]"}
MAIL_STYLES = {"sent": "green", "held": "yellow", "queued": "yellow", "sending": "yellow", "cancelled": "dim"}


def print_onboarding(onboarding: OnboardingDetail, texts: dict[str, str], lines: list[Entry]) -> None:
    """Prints an onboarding, the mails in `texts` (text by key) in full, and the journal's `lines`."""
    zone = ZoneInfo(onboarding.time_zone)
    facts = [(fact.model_dump(), _remark(fact, onboarding)) for fact in onboarding.facts]
    output.echo_rich(
        _panel(onboarding, zone), *_facts(facts, zone), *_mails(onboarding.mails, zone), *_journal(lines, zone)
    )
    for mail in onboarding.mails:
        if mail.key in texts:
            body = "\n".join(f"  [dim]│[/] {escape(line)}" for line in texts[mail.key].splitlines())
            what = f"({escape(label(mail.kind))}, to {escape(mail.to)})"
            output.echo_rich("", f"[bold]{escape(mail.subject)}[/] {what}", body)


def print_journal_copy(onboarding: JournalCopy, zone: ZoneInfo, lines: list[Entry]) -> None:
    """Prints the journal's copy of an onboarding, for when Temporal does not answer."""
    head = [f"[bold]{escape(onboarding.practice['name'])}[/] · {onboarding.id}", escape(onboarding.headline)]
    head += (
        [f"Next automatic step: {escape(onboarding.next.what)}, {format_time(onboarding.next.at, zone)}"]
        if onboarding.next
        else []
    )
    facts = [(fact, "[red]taken back[/]" if fact["retracted"] else "") for fact in onboarding.facts]
    output.echo_rich(*head, "", *_facts(facts, zone), *_mails(onboarding.mails, zone), *_journal(lines, zone))


def _panel(onboarding: OnboardingDetail, zone: ZoneInfo) -> RenderableType:
    stages = Table.grid(padding=(0, 2, 0, 0))
    for stage in onboarding.progress:
        stages.add_row(STAGE_MARKS[stage.state], _title(stage), _when(stage, zone))
    lines: list[RenderableType] = [f"[bold]{_headline(onboarding, zone)}[/]", "", stages, ""]
    if onboarding.missing_titles and onboarding.status in OPEN:
        lines.append(f"Waiting for: {escape('; '.join(onboarding.missing_titles))}")
    if onboarding.next:
        lines.append(f"Next automatic step: {escape(onboarding.next.what)}, {format_time(onboarding.next.at, zone)}")
    contact = onboarding.primary_contact
    lines.append(f"Contact: {escape(f'{contact.name} <{contact.email}>')}{escape(_phone(contact.phone))}")
    lines.append(f"Assigned to: {escape(onboarding.assignee or 'nobody')}")
    if onboarding.caveat:
        lines.append(f"[yellow]{escape(onboarding.caveat)}[/]")
    title = f"{escape(onboarding.practice.name)} · {onboarding.id}"
    return Panel(Group(*lines), title=title, title_align="left", padding=(0, 1))


def _headline(onboarding: OnboardingDetail, zone: ZoneInfo) -> str:
    if onboarding.status == "withdrawn":
        return "Withdrawn" + (f" by {escape(onboarding.withdrawn.by)}" if onboarding.withdrawn else "")
    if onboarding.status == "complete":
        return f"[green]Complete[/]: {escape(onboarding.stage_title)} since {format_time(onboarding.entered_at, zone)}"
    if onboarding.status in CLOSED:
        return f"{onboarding.status.capitalize()}: {escape(onboarding.ending)}"
    text = f"{escape(onboarding.stage_title)}, waiting on {escape(onboarding.waiting_on_title)}"
    if onboarding.hold_until:
        return f"{text} · [cyan]on hold[/] until {format_time(onboarding.hold_until, zone)}"
    if onboarding.due_at is None:
        return text
    if onboarding.sla == "breached":
        late = duration(onboarding.now - onboarding.due_at)
        return f"{text} · [red]overdue[/] since {format_time(onboarding.due_at, zone)} ({late})"
    return f"{text} · due {format_time(onboarding.due_at, zone)}"


def _title(stage: StageProgress) -> str:
    title = escape(stage.title)
    if stage.state == "ahead":
        return f"[dim]{title}[/]"
    return f"[bold]{title}[/]" if stage.state == "current" else title


def _when(stage: StageProgress, zone: ZoneInfo) -> str:
    if stage.state == "ahead" or stage.entered_at is None:
        return ""
    if stage.state == "current":
        return f"since {format_time(stage.entered_at, zone)}"
    if stage.left_at is None:
        return format_time(stage.entered_at, zone)
    late = {False: " [red]late[/]", True: " [green]in time[/]", None: ""}[stage.kept]
    return f"{format_time(stage.left_at, zone)}{late}"


def _facts(facts: list[tuple[dict[str, Any], str]], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not facts:
        return
    table = make_table("Fact", "Happened", "By", "Details", title=f"Facts ({zone.key})")
    titles = {fact["name"]: fact["title"] for fact, _ in facts}
    for fact, remark in facts:
        happened = (
            _format_time(fact["at"], zone) if fact["at"] else f"follows from “{escape(titles[fact['implied_by']])}”"
        )
        details = escape(", ".join(f"{label(name)} {_value(value, zone)}" for name, value in fact["data"].items()))
        remarks = ", ".join(text for text in (remark, details) if text)
        table.add_row(escape(fact["title"]), happened, escape(who(fact["by"] or "-")), remarks or "-")
    yield table


def _remark(fact: FactDetail, onboarding: OnboardingDetail) -> str:
    if fact.taken_back:
        mails = sent_sentence(mails_caused_by(onboarding, fact))
        text = f"taken back by {fact.taken_back.by}: {fact.taken_back.why}" + (f". {mails}" if mails else "")
        return f"[red]{escape(text)}[/]"
    return "[yellow]replaced later[/]" if fact.superseded else ""


def _mails(mails: Sequence[MailDetail], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not mails:
        return
    table = make_table("Mail", "To", "State", "Written", title=f"Mails ({zone.key})", whole=(0, 2, 3))
    remarks = []
    for mail in mails:
        style = MAIL_STYLES.get(mail.state, "bold red")
        to = escape(mail.to or label(mail.role))
        kind = escape(label(mail.kind))
        table.add_row(kind, to, f"[{style}]{mail.state}[/]", _format_time(mail.ordered_at, zone))
        if reason := mail.error or mail.note:
            remarks.append(f"[{style}]{kind} to {to}[/]: {escape(reason)}")
    yield table
    yield from remarks
    yield ""


def _journal(lines: list[Entry], zone: ZoneInfo) -> Iterator[RenderableType]:
    if not lines:
        return
    table = make_table("When", "What", "By", title=f"Journal ({zone.key})")
    for line in lines:
        why = f" – {escape(line.why)}" if line.why else ""
        table.add_row(_format_time(line.at, zone), escape(line.text) + why, escape(who(line.by)))
    yield table


def _format_time(at: datetime, zone: ZoneInfo) -> str:
    """Formats a time for a table whose heading names the zone."""
    return format_time(at, zone, named=False)


def _value(value: object, zone: ZoneInfo) -> object:
    """Formats a payload's value; there, times are text."""
    at = time_in(value)
    return _format_time(at, zone) if at else value


def _phone(phone: str | None) -> str:
    return f", {phone}" if phone else ""
