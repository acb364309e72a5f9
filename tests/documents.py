"""The documents, as tests read them; `python -m tests.documents` (`make docs`) writes their generated parts anew.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; GENERATED says what makes it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from cli.commands import COMMANDS
from partners.ezyvet.guesses import TO_CONFIRM
from pharmacy.records import update_rules
from tests.prescriptions import state_table

ROOT = Path(__file__).parent.parent
ONBOARD = Path(sys.executable).with_name("onboard")
_PART = re.compile(r"(<!-- generated: (?P<name>[^>]+?) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)
_BLOCK = re.compile(r"^( *)```(?P<language>\w*)\n(?P<text>.*?)^\1```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


class Block(NamedTuple):
    """A fenced piece of code."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every document, the README first."""
    return [*sorted(ROOT.glob("*.md"), reverse=True), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str) -> list[Block]:
    """The fenced pieces of code of a document."""
    return [Block(found["language"], found["text"]) for found in _BLOCK.finditer(text)]


def spans(text: str) -> list[str]:
    """What stands in single backquotes, outside of fenced code."""
    return _SPAN.findall(_BLOCK.sub("", text))


def shell_lines(text: str) -> Iterator[str]:
    """The commands of a document's shell blocks; of a `console` block those behind the `$`."""
    for block in blocks(text):
        lines = block.text.replace("\\\n", " ").splitlines()
        if block.language == "sh":
            yield from (line for line in lines if line and not line.startswith("#"))
        elif block.language == "console":
            yield from (line.removeprefix("$ ") for line in lines if line.startswith("$ "))


def run(*words: str) -> str:
    """What `onboard` writes, called with these words and without any setting of the outside."""
    environment = {"COLUMNS": "100", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    done = subprocess.run([ONBOARD, *words], capture_output=True, text=True, env=environment, cwd="/", check=True)
    return done.stdout


def _command_table() -> str:
    rows = ["| Command | What it does |", "|---|---|"]
    panel = ""
    for name, command in COMMANDS.items():
        if command.panel != panel:
            panel = command.panel
            rows.append(f"| **{panel}** | |")
        rows.append(f"| `onboard {name}` | {command.summary} |")
    return "\n".join(rows)


def _rules(playbook: str) -> dict[str, Callable[[], str]]:
    diagram = f"onboard playbook {playbook} --diagram"
    return {
        f"onboard playbook {playbook} --markdown": lambda: run("playbook", playbook, "--markdown").strip(),
        diagram: lambda: f"```mermaid\n{run('playbook', playbook, '--diagram').strip()}\n```",
    }


def _guesses() -> str:
    rows = ["| We assume | To confirm |", "|---|---|"]
    return "\n".join([*rows, *(f"| {what} | {confirm} |" for what, confirm in TO_CONFIRM)])


GENERATED: dict[str, Callable[[], str]] = {
    "commands": _command_table,
    "rules": update_rules.markdown,
    "ezyvet guesses": _guesses,
    "prescription created": state_table.when_created,
    "prescription item": state_table.of_one_item,
    "prescription pairs": state_table.of_two_items,
    **_rules("datapoint"),
    **_rules("datapoint-reconnection"),
    **_rules("ezyvet"),
}


def generated_parts(text: str) -> list[tuple[str, str]]:
    """The generated parts of a document: the name of each, and the text that stands there."""
    return [(found["name"], found["text"].strip()) for found in _PART.finditer(text)]


def renewed(text: str) -> str:
    """The document with its generated parts as the code makes them now."""
    return _PART.sub(lambda found: f"{found[1]}\n{GENERATED[found['name']]()}\n\n{found[4]}", text)


if __name__ == "__main__":
    for document in documents():
        document.write_text(renewed(document.read_text(encoding="utf-8")), encoding="utf-8")
