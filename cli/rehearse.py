"""`onboard rehearse`: prints a whole onboarding in advance. Needs no server and sends no mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.connect import load_settings
from cli.files import read_bytes
from cli.options import Home, Json, PlaybookName
from cli.output import console, echo_json, echo_rich, escape, format_time

if TYPE_CHECKING:
    from configuration.settings import Settings
    from desk.rehearsal import Scene
    from store.mail.rows import Letter

Scenes = list[tuple["Scene", "Letter | None"]]
MARKS = {"fact": "[green]●[/]", "clock": "[yellow]◷[/]", "stage": "[bold]→[/]", "mail": "[cyan]✉[/]"}


def rehearse(
    playbook: PlaybookName,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Practice file (JSON).")],
    late: Annotated[bool, typer.Option("--late", help="Nobody does anything in time.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Subjects of mails only.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print every mail and deadline of a whole onboarding."""
    from desk.practice_files import playbook_called, practice_calendar, read_practice
    from desk.rehearsal import anomalies, rehearse
    from partners.holidays import calendar_for

    rules, settings = playbook_called(playbook), load_settings(home)
    request = read_practice(read_bytes(file))
    start = request.requested_at or datetime.now(UTC).replace(microsecond=0)
    first_day = (start - timedelta(days=31)).date()
    team = calendar_for(settings.team_time_zone, settings.team_country, settings.team_state, first_day=first_day)
    calendars = team, practice_calendar(request.practice, first_day)
    scenes = [(scene, _letter(scene, settings)) for scene in rehearse(rules, request, *calendars, start, late=late)]
    besides = [(why, scene, _letter(scene, settings)) for why, scene in anomalies(rules, request, *calendars, start)]
    if as_json:
        echo_json(
            {
                "playbook": rules.name,
                "practice": request.practice.id,
                "late": late,
                "story": [_plain(scene, letter) for scene, letter in scenes],
                "besides": [{"when": why, **_plain(scene, letter)} for why, scene, letter in besides],
            }
        )
        return
    zone = ZoneInfo(settings.team_time_zone)
    manner = "nobody does anything in time" if late else "everybody acts a little before the deadline"
    head = f"[bold]{escape(rules.title)} for {escape(request.practice.name)}[/], if {manner}."
    echo_rich(head, "No mail is sent.", *_timeline(scenes, besides, zone, brief))


def _timeline(
    scenes: Scenes, besides: list[tuple[str, Scene, Letter | None]], zone: ZoneInfo, brief: bool
) -> Iterator[Any]:
    """Yields the scenes in order, each under its time, with wrapped lines indented."""
    from rich.padding import Padding

    day = ""
    for scene, letter in scenes:
        if (at := format_time(scene.at, zone)) != day:
            yield f"\n[bold]{at}[/]"
            day = at
        yield from (Padding(line, (0, 0, 0, indent)) for indent, line in _lines(scene, letter, zone, brief))
    for why, scene, letter in besides:
        yield f"\n[bold]Also, when {escape(why)}[/]"
        yield from (Padding(line, (0, 0, 0, indent)) for indent, line in _lines(scene, letter, zone, brief))


def _letter(scene: Scene, settings: Settings) -> Letter | None:
    from activities.mail_rendering import render_letter

    return render_letter(scene.mail, settings, scene.mail.key, "rehearsal") if scene.mail else None


def _lines(scene: Scene, letter: Letter | None, zone: ZoneInfo, brief: bool) -> Iterator[tuple[int, str]]:
    if letter is None:
        by = f" ({escape(scene.by)})" if scene.kind == "fact" else ""
        due = f", due {format_time(scene.due_at, zone)}" if scene.due_at else ""
        yield 2, f"{MARKS[scene.kind]} {escape(scene.text)}{by}{due}"
        return
    to = f"{letter.to_name} <{letter.to_email}>" if letter.to_name else letter.to_email or "nobody"
    yield 2, f"{MARKS['mail']} {escape(letter.kind)} to {escape(to)}"
    yield 4, f"[bold]{escape(letter.subject)}[/]"
    if letter.error:
        yield 4, f"[red]{escape(letter.error)}[/]"
    if not brief:
        width = console().width - 6
        for line in letter.text.splitlines():
            wrapped = wrap(line, width, break_long_words=False) or [""]
            yield from ((4, f"[dim]│[/] {escape(piece)}") for piece in wrapped)


def _plain(scene: Scene, letter: Letter | None) -> dict[str, Any]:
    plain: dict[str, Any] = {"at": scene.at, "kind": scene.kind, "text": scene.text}
    if scene.kind == "fact":
        plain["by"] = scene.by
    if scene.kind == "stage":
        plain["due_at"] = scene.due_at
    if letter:
        plain["mail"] = {
            "kind": letter.kind,
            "role": letter.role,
            "to": letter.to_email,
            "subject": letter.subject,
            "text": letter.text,
            "error": letter.error,
        }
    return plain
