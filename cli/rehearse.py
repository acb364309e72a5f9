"""`onboard rehearse`: a whole onboarding read like a story, without a server and with nobody written to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.connect import settings_of
from cli.files import read_bytes
from cli.options import Home, Json, PlaybookName
from cli.output import console, escaped, moment, say_json, show

if TYPE_CHECKING:
    from configuration.settings import Settings
    from desk.rehearsal import Scene
    from store.mail.rows import Letter

Story = list[tuple["Scene", "Letter | None"]]
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

    rules, settings = playbook_called(playbook), settings_of(home)
    request = read_practice(read_bytes(file))
    start = request.requested_at or datetime.now(UTC).replace(microsecond=0)
    first_day = (start - timedelta(days=31)).date()
    team = calendar_for(settings.team_time_zone, settings.team_country, settings.team_state, first_day=first_day)
    places = team, practice_calendar(request, first_day)
    story = [(scene, _letter(scene, settings)) for scene in rehearse(rules, request, *places, start, late=late)]
    besides = [(why, scene, _letter(scene, settings)) for why, scene in anomalies(rules, request, *places, start)]
    if as_json:
        say_json(
            {
                "playbook": rules.name,
                "practice": request.practice.id,
                "late": late,
                "story": [_plain(scene, letter) for scene, letter in story],
                "besides": [{"when": why, **_plain(scene, letter)} for why, scene, letter in besides],
            }
        )
        return
    zone = ZoneInfo(settings.team_time_zone)
    manner = "nobody does anything in time" if late else "everybody acts a little before the deadline"
    head = f"[bold]{escaped(rules.title)} for {escaped(request.practice.name)}[/], if {manner}."
    show(head, "Nobody is written to.", *_told(story, besides, zone, brief))


def _told(story: Story, besides: list[tuple[str, Scene, Letter | None]], zone: ZoneInfo, brief: bool) -> Iterator[Any]:
    """The story, each moment under its date, long lines kept behind their marks."""
    from rich.padding import Padding

    day = ""
    for scene, letter in story:
        if (at := moment(scene.at, zone)) != day:
            yield f"\n[bold]{at}[/]"
            day = at
        yield from (Padding(line, (0, 0, 0, indent)) for indent, line in _lines(scene, letter, zone, brief))
    for why, scene, letter in besides:
        yield f"\n[bold]Besides, when {escaped(why)}[/]"
        yield from (Padding(line, (0, 0, 0, indent)) for indent, line in _lines(scene, letter, zone, brief))


def _letter(scene: Scene, settings: Settings) -> Letter | None:
    from activities.mail_rendering import render_letter

    return render_letter(scene.mail, settings, scene.mail.key, "rehearsal") if scene.mail else None


def _lines(scene: Scene, letter: Letter | None, zone: ZoneInfo, brief: bool) -> Iterator[tuple[int, str]]:
    """The lines of a scene, each with how far it is indented."""
    if letter is None:
        by = f" ({escaped(scene.by)})" if scene.kind == "fact" else ""
        due = f", due {moment(scene.due_at, zone)}" if scene.due_at else ""
        yield 2, f"{MARKS[scene.kind]} {escaped(scene.text)}{by}{due}"
        return
    to = f"{letter.to_name} <{letter.to_email}>" if letter.to_name else letter.to_email or "nobody"
    yield 2, f"{MARKS['mail']} {escaped(letter.kind)} to {escaped(to)}"
    yield 4, f"[bold]{escaped(letter.subject)}[/]"
    if letter.error:
        yield 4, f"[red]{escaped(letter.error)}[/]"
    if not brief:
        room = console().width - 6
        for line in letter.text.splitlines():
            yield from ((4, f"[dim]│[/] {escaped(part)}") for part in wrap(line, room, break_long_words=False) or [""])


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
