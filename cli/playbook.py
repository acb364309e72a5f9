"""`onboard playbook`: prints a playbook's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import completion
from cli.options import Json
from cli.output import echo, echo_json, echo_rich, escape, make_table
from cli.problem import Usage

if TYPE_CHECKING:
    from desk.playbook_summary import FactSummary, PlaybookSummary, StageSummary

Row = tuple[str, ...]
STAGES = ("Stage", "Waits on", "Deadline", "Ends when")
FACTS = ("Fact", "Reported by", "Fields (* needed)", "Means")
MAILS = ("Mail", "To", "When")


def playbook(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]", help="The playbook; without one, which there are.", autocompletion=completion.playbooks
        ),
    ] = "",
    diagram: Annotated[bool, typer.Option("--diagram", help="As a Mermaid flowchart.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for documentation.")] = False,
    as_json: Json = False,
) -> None:
    """Print a playbook's stages, facts, mails and deadlines."""
    if diagram + markdown + as_json > 1:
        raise Usage("Give one of --diagram, --markdown and --json")
    if not name:
        _show_names(as_json)
        return
    from desk.practice_files import playbook_called

    selected = playbook_called(name)
    if diagram:
        from desk.diagram import diagram as mermaid

        echo(mermaid(selected))
        return
    from desk.playbook_summary import rules

    summary = rules(selected)
    if as_json:
        echo_json(summary)
    elif markdown:
        echo("\n".join(_markdown(summary)))
    else:
        _echo_tables(summary)


def _show_names(as_json: bool) -> None:
    from playbooks.registry import PLAYBOOKS

    if as_json:
        echo_json([{"name": each.name, "title": each.title, "summary": each.summary} for each in PLAYBOOKS.values()])
        return
    table = make_table("Playbook", "Title", "What it is for", whole=(0, 1))
    for each in PLAYBOOKS.values():
        table.add_row(escape(each.name), escape(each.title), escape(each.summary))
    echo_rich(table)


def _echo_tables(summary: PlaybookSummary) -> None:
    heading = f"[bold]{escape(summary.title)}[/] ({summary.name})\n{escape(summary.summary)}\n"
    tables = []
    for title, heads, rows in _tables(summary):
        table = make_table(*heads, title=title, whole=(0, 3) if heads is STAGES else (0,))
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        tables.append(table)
    echo_rich(heading, *tables)


def _markdown(summary: PlaybookSummary) -> list[str]:
    lines = [summary.summary]
    for title, heads, rows in _tables(summary):
        lines += ["", f"**{title}**", "", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
        lines += [f"| {' | '.join(cell.replace('|', '∣').replace(chr(10), '<br>') for cell in row)} |" for row in rows]
    return lines


def _tables(summary: PlaybookSummary) -> list[tuple[str, Row, list[Row]]]:
    stages: list[Row] = [
        (stage.name, stage.waits_on or "-", stage.deadline or "-", _ends(stage) or "the end")
        for stage in summary.stages
    ]
    facts: list[Row] = [(fact.name, fact.reported_by, _fields(fact), _meaning(fact)) for fact in summary.facts]
    mails: list[Row] = [(mail.kind, mail.to, mail.when) for mail in summary.mails]
    return [("Stages", STAGES, stages), ("Facts", FACTS, facts), ("Mails", MAILS, mails)]


def _ends(stage: StageSummary) -> str:
    return "\n".join((*stage.ends_when, *(f"by the clock: {each}" for each in stage.by_the_clock)))


def _fields(fact: FactSummary) -> str:
    return ", ".join(f"{field.name}{'*' if field.required else ''}" for field in fact.fields) or "-"


def _meaning(fact: FactSummary) -> str:
    marks = [f"implies {', '.join(fact.implies)}"] if fact.implies else []
    marks += ["legal: never implied"] if fact.legal else []
    marks += ["revisable"] if fact.revisable else []
    marks += [f"one for each of {fact.each_of}" if fact.each_of else f"one per {fact.per}"] if fact.per else []
    marks += [f"ends it: {fact.ends}"] if fact.ends else []
    return "; ".join(marks) or "-"
