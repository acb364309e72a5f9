"""The documents tell the truth: their commands, settings, links, tables and examples are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.commands import COMMANDS, application
from configuration.settings import Settings
from desk.practice_files import read_practice
from desk.practice_table import read_table
from playbooks.registry import PLAYBOOKS
from tests import documents
from tests.documents import ROOT, blocks, shell_lines, spans

DOCUMENTS = documents.documents()
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"")
PLACEHOLDER = re.compile(r"[A-Z][A-Z-]*|\.\.\.|…")
ROOMS = "activities|bench|cli|desk|docs|machine|migrations|partners|pharmacy|playbooks|requirements|templates|tests"
A_PATH = re.compile(rf"(?:({ROOMS}|workflows|web)/[\w./-]*|[\w-]+\.(?:py|toml|md|in|txt)|\.ci/run)")

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def text_of(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def command(*names: str) -> Any:
    """The command that these words lead to; a KeyError names the word that leads nowhere."""
    found: Any = typer.main.get_command(application(list(names)))
    for name in names:
        found = found.commands[name]
    return found


def called(words: list[str]) -> tuple[Any, list[str]]:
    """The command that a line calls, and the words behind its name."""
    while words and words[0] == "--home":
        words = words[2:]
    depth = 2 if len(words) > 1 and words[1] in getattr(command(words[0]), "commands", ()) else 1
    return command(*words[:depth]), words[depth:]


def onboard_calls(line: str) -> Iterator[list[str]]:
    """The calls of `onboard` in a line of shell."""
    for part in re.split(r"\||&&|;", line.split(" #")[0]):
        part = re.sub(r" [<>] \S+", "", part)
        words = [word for word in shlex.split(part) if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words and words[0].removeprefix(".venv/bin/") == "onboard" and len(words) > 1:
            yield words[1:]


@every_document
def test_generated_parts_are_as_the_code_makes_them(path: Path) -> None:
    for name, text in documents.generated_parts(text_of(path)):
        assert text == documents.GENERATED[name](), f"{path.name}: '{name}' is out of date; run `make docs`"


def test_every_generated_part_stands_in_a_document() -> None:
    found = {name for path in DOCUMENTS for name, _ in documents.generated_parts(text_of(path))}
    assert found == documents.GENERATED.keys()


@every_document
def test_links_lead_somewhere(path: Path) -> None:
    for link in (first or second for first, second in LINK.findall(text_of(path))):
        if "://" in link or link.startswith("mailto:"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def anchors(text: str) -> set[str]:
    """The anchors that a page of this text has: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        path = ahead.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        links = (first or second for first, second in LINK.findall(text_of(path)))
        ahead += [
            (path.parent / link.split("#")[0]).resolve() for link in links if "://" not in link and link[0] != "#"
        ]
    assert reached == set(DOCUMENTS)


@every_document
def test_commands_in_shell_blocks_can_be_called_like_that(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_BY", "ana")
    for line in shell_lines(text_of(path)):
        for words in onboard_calls(line):
            found, arguments = called(words)
            found.make_context("onboard", arguments)


@every_document
def test_commands_named_in_sentences_exist_with_their_options(path: Path) -> None:
    for span in spans(text_of(path)):
        for words in onboard_calls(span):
            if PLACEHOLDER.fullmatch(words[0]) or words[0] == "--install-completion":
                continue
            found, arguments = called(words)
            known = {option for parameter in found.params for option in parameter.opts} | {"--help"}
            assert {word.split("=")[0] for word in arguments if word.startswith("--")} <= known, span


def test_every_command_is_told_of_somewhere() -> None:
    told = " ".join(text_of(path) for path in DOCUMENTS)
    subcommands = [f"{name} {each}" for name in ("mail", "calendar", "feeds") for each in command(name).commands]
    assert [name for name in (*COMMANDS, *subcommands) if f"onboard {name}" not in told] == []


@every_document
def test_make_targets_exist(path: Path) -> None:
    targets = set(" ".join(re.findall(r"^([a-z -]+):", text_of("Makefile"), re.MULTILINE)).split())
    named = [line for line in (*shell_lines(text_of(path)), *spans(text_of(path))) if line.startswith("make ")]
    for line in named:
        words = [word for word in line.split(" #")[0].split()[1:] if "=" not in word]
        assert set(words) <= targets | {"[TARGET]"}, line


@every_document
def test_files_named_in_sentences_exist(path: Path) -> None:
    for span in spans(text_of(path)):
        file = span.split("::")[0]
        if A_PATH.fullmatch(file) and file not in NOT_OURS:
            assert (ROOT / file).exists() or (path.parent / file).exists(), span


NOT_OURS = {
    *("onboard.toml", "temporal.toml", "practices.csv", "returned.txt", "ids.txt"),
    *("playbooks/storefront.py", "templates/email/preview_ready.mjml", "templates/email/KIND.mjml"),
    *("templates/pages/practice/texts/NAME.html", "templates/pages/practice/texts/storefront.html"),
}
"""Files that readers write themselves."""


def test_the_settings_table_has_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| .+ \|$", text_of("docs/deploying.md"), re.MULTILINE)
    assert dict(rows) == {name.upper(): told(field.default, field) for name, field in Settings.model_fields.items()}
    assert len(rows) == len(Settings.model_fields)


def told(value: Any, field: Any) -> str:
    """A default as the table shows it."""
    if field.is_required() or value is None or field.default_factory is not None or value == ():
        return "–"
    if isinstance(value, timedelta):
        return f"`{value // timedelta(minutes=1)}m`"
    return f"`{', '.join(value) if isinstance(value, tuple) else value}`"


def test_variables_named_in_the_documents_are_read_somewhere() -> None:
    code = " ".join(path.read_text(encoding="utf-8") for path in [*ROOT.rglob("*.py"), ROOT / "Makefile"] if own(path))
    settings = {f"ONBOARD_{name.upper()}" for name in Settings.model_fields}
    for path in DOCUMENTS:
        for name in set(re.findall(r"\bONBOARD_[A-Z_]+\b", text_of(path))) - settings - {"ONBOARD_NAME"}:
            assert name in code, f"{path.name}: {name}"


def own(path: Path) -> bool:
    return ".venv" not in path.parts and path.name != Path(__file__).name


def test_practice_files_in_the_documents_are_taken() -> None:
    taken = [block for path in DOCUMENTS for block in blocks(text_of(path)) if block.language == "json"]
    assert [read_practice(block.text).practice.id for block in taken if '"primary_contact"' in block.text]
    for block in taken:
        json.loads(block.text)
    tables = [block for path in DOCUMENTS for block in blocks(text_of(path)) if block.language == "csv"]
    assert tables
    for table in tables:
        assert all(row.request for row in read_table(table.text.encode()).rows)


@every_document
def test_what_the_calendar_says_is_what_it_says(path: Path) -> None:
    for block in blocks(text_of(path)):
        if block.language == "console" and block.text.startswith("$ onboard calendar due"):
            call, _, said = block.text.replace("\\\n", " ").partition("\n")
            assert documents.run(*shlex.split(call)[2:]).strip() == said.strip()


def test_the_demos_story_in_the_readme_is_the_one_it_tells() -> None:
    story = next(block.text for block in blocks(text_of("README.md")) if block.language == "text")
    chapters = [line for line in story.splitlines() if line and not line.startswith(" ")]
    assert len(chapters) > 1
    assert [chapter for chapter in chapters if chapter not in text_of("cli/demo/scenario.py")] == []


def test_facts_recorded_in_the_documents_are_facts() -> None:
    facts = {fact.name for playbook in PLAYBOOKS.values() for fact in playbook.facts}
    for path in DOCUMENTS:
        for line in shell_lines(text_of(path)):
            for words in onboard_calls(line):
                if words[0] in ("record", "retract"):
                    assert words[2] in facts, line
                if words[0] == "record-many":
                    assert words[1] in facts, line


def test_every_requirement_is_met_by_rules_and_tests_that_exist() -> None:
    text = text_of("docs/requirements.md")
    rows = re.findall(r"^\| (DP\d+) \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == [f"DP{number}" for number in range(1, 16)]
    for number, _, _, proofs in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proofs)
        if "later" not in proofs:
            assert named, f"{number} names no test"
        for file, test in named:
            assert re.search(rf"^(async )?def {test}\(", text_of(file), re.MULTILINE), f"{number}: {file}::{test}"


def test_the_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    index = text_of(folder / "README.md")
    assert [name for name in records if f"({name})" not in index] == []
