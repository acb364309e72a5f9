"""Calls of `onboard` in general: help, usage errors, completion, exit statuses."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.commands import COMMANDS
from cli.problem import PROBLEMS, report
from tests.cli.shell import EXECUTABLE, Shell
from tests.machine.trial_system import eventually
from tests.patience import PATIENCE


def test_the_version(alone: Shell) -> None:
    assert alone.executing.ok("--version").out == f"onboard {version('practice-onboarding')}\n"


def test_help_names_every_command(alone: Shell) -> None:
    told = alone.executing.ok("--help", COLUMNS="140").out
    for name, command in COMMANDS.items():
        assert f" {name} " in told
        assert command.summary in told


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_line_is_the_commands_docstring(name: str) -> None:
    module, _, attribute = COMMANDS[name].target.partition(":")
    target = getattr(import_module(module), attribute)
    if isinstance(target, typer.Typer):
        assert target.registered_callback is not None
        target = target.registered_callback.callback
    assert (inspect.getdoc(target) or "").splitlines()[0] == COMMANDS[name].summary


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("lst", "No such command 'lst'. Did you mean 'list' (see 'onboard --help')."),
        ("list --bogus", "No such option: --bogus (see 'onboard list --help')."),
        ("list --limit many", "--limit"),
        ("list --sla late", "--sla 'late' is unknown; give one of breached, due_soon"),
        ("list --status done", "--status 'done' is unknown; give one of open"),
        ("show", "Missing argument 'ID' (see 'onboard show --help')."),
        ("hold datapoint/x --why because", "Missing option '--until' (see 'onboard hold --help')."),
        ("hold datapoint/x --until 2030-01-01", "Say why with --why TEXT"),
        ("reassign datapoint/x --why because", "Say who takes over, with --to HANDLE"),
        ("reassign --to bo --why because", "Name one onboarding by its ID, or a colleague with --all-of"),
        ("reassign datapoint/x --all-of ana --to bo --why because", "Name one onboarding by its ID"),
        ("correct-contact datapoint/x --why because", "Say what to correct"),
        ("correct-practice datapoint/x --why because", "Say what to correct"),
        ("note datapoint/x", "Give the note's text once"),
        ("record-many queued", "Name the onboardings, or a file of them with --from"),
        ("record datapoint/x eula_accepted version", "'version' is not FIELD=VALUE"),
        ("playbook datapoint --diagram --json", "Give one of --diagram, --markdown and --json"),
        ("calendar due --start 2026-11-27 --time-zone UTC", "Give either --hours or --business-days"),
        ("resume datapoint/x", "Say why with --why TEXT"),
        ("up --port 99999", "--port"),
    ],
)
def test_an_unknown_call_is_a_usage_error(alone: Shell, words: str, sentence: str) -> None:
    assert sentence in alone.refused(*words.split(), status=2)


@pytest.mark.parametrize(
    "words", ["record datapoint/x queued", "record-many queued datapoint/x", "withdraw datapoint/x --why because"]
)
def test_by_is_required(alone: Shell, words: str) -> None:
    assert "Say who does this with --by NAME, or set ONBOARD_BY" in alone.refused(
        *words.split(), status=2, ONBOARD_BY=""
    )


@pytest.mark.parametrize("words", ["", "mail", "calendar"])
def test_a_group_alone_shows_its_help(alone: Shell, words: str) -> None:
    result = alone(*words.split())
    assert (result.status, result.err) == (2, "")
    assert "Usage: onboard" in result.out


@pytest.mark.parametrize(
    "words",
    [
        "list",
        "report",
        "show datapoint/x",
        "explain datapoint/x",
        "record datapoint/x queued",
        "record-many queued datapoint/x",
        "hold datapoint/x --until 2030-01-01 --why because",
        "reassign --all-of ana --to bo --why because",
        "mail status",
        "fast-forward datapoint/x 1h",
    ],
)
def test_without_a_system_it_says_how_to_start_one(alone: Shell, words: str) -> None:
    said = alone.refused(*words.split(), ONBOARD_PEOPLE="bo=bo@pharmacy.test")
    assert said.startswith(f"Nothing runs in {alone.folder / 'no-home'}: start it with `onboard up`")


def test_the_home_is_named_before_or_behind_the_command(alone: Shell) -> None:
    for words in (("--home", "elsewhere", "list"), ("list", "--home", "elsewhere")):
        assert f"Nothing runs in {alone.folder / 'elsewhere'}" in alone.refused(*words)


def test_servers_in_variables_are_used_and_reported_if_they_do_not_answer(alone: Shell) -> None:
    nobody: dict[str, Any] = {
        "ONBOARD_DATABASE_URL": "postgresql://u:secret@127.0.0.1:9/x",
        "TEMPORAL_ADDRESS": "127.0.0.1:9",
    }
    said = alone.refused("list", **nobody)
    assert said.startswith("The database at 127.0.0.1:9 cannot be used")
    assert "secret" not in said
    assert "Temporal does not answer at 127.0.0.1:9" in alone.refused("record", "datapoint/x", "queued", **nobody)


def test_a_wrong_setting_is_named(alone: Shell) -> None:
    assert "ONBOARD_TEAM_TIME_ZONE" in alone.refused("list", ONBOARD_TEAM_TIME_ZONE="Mars/Base")
    assert "did you mean ONBOARD_MAIL_REDIRECT_ALL?" in alone.refused("list", ONBOARD_MAIL_REDIRECTALL="a@b.test")


def test_an_unexpected_error_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONBOARD_TRACEBACK", raising=False)
    assert report(LookupError("no such thing\nand more")) == 1
    said = capsys.readouterr().err
    assert said == (
        "Something unexpected went wrong (LookupError: no such thing); set ONBOARD_TRACEBACK=1 and repeat it to see"
        " where.\n"
    )


def test_an_engineer_gets_the_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_TRACEBACK", "1")
    try:
        raise LookupError("no such thing")
    except LookupError as error:
        assert report(error) == 1
    assert "test_calling.py" in capsys.readouterr().err


def test_a_closed_pipe_changes_nothing(alone: Shell) -> None:
    with alone.start("playbook", "datapoint", "--json") as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_output_that_cannot_be_written_is_reported(alone: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [EXECUTABLE, "playbook", "datapoint"], stdout=full, stderr=subprocess.PIPE, env=alone.variables, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("The output cannot be written (No space left on device)")


@pytest.mark.parametrize("after", [0.1, 0.2, 0.3, 1.5])
def test_ctrl_c_is_silent(alone: Shell, after: float) -> None:
    """After so many seconds of work, or once it waits for its input."""
    with alone.start("rehearse", "datapoint", "-") as running:
        eventually(lambda: used(running.pid) >= after or waits(running.pid))
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, err) == (130, b"", b"")


def used(process: int) -> float:
    """The processor time of a process, in seconds."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def waits(process: int) -> bool:
    """Whether a process has begun its work and sleeps."""
    return used(process) > 0.1 and Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def test_help_loads_neither_temporal_nor_the_database(alone: Shell) -> None:
    """Importing one of them takes ten times as long as the whole help."""
    loaded = alone("--help", PYTHONPROFILEIMPORTTIME="1").err
    assert "cli.commands" in loaded
    assert "temporalio" not in loaded
    assert "sqlalchemy" not in loaded


def complete(shell: Shell, words: str) -> list[str]:
    """Returns what the shell offers for the last word of a line."""
    line = words.split(" ")
    env = {"_ONBOARD_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(line) - 1)}
    return shell.ok(**env).out.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("onboard pl", ["playbook"]),
        ("onboard mail p", ["pause", "pending"]),
        ("onboard playbook ", ["datapoint", "datapoint-reconnection", "ezyvet", "record-sharing"]),
        ("onboard record datapoint/x eu", ["eula_accepted"]),
        ("onboard record-many que", ["queued"]),
        ("onboard resend datapoint/x tech", ["technical_briefing"]),
        ("onboard list --stage inv", ["invitation"]),
        ("onboard list --waiting-on te", ["team", "technical_contact"]),
        ("onboard list --sla br", ["breached"]),
        ("onboard list --status w", ["withdrawn"]),
        ("onboard show ", []),
    ],
)
def test_words_are_completed(alone: Shell, words: str, offered: list[str]) -> None:
    assert complete(alone, words) == offered


def test_ids_are_completed_from_the_journal(onboard: Shell, practice: Callable[..., str]) -> None:
    identity = practice()
    deadline = time.monotonic() + PATIENCE
    while identity not in complete(onboard, f"onboard show {identity[:-1]}"):
        assert time.monotonic() < deadline


def test_every_error_for_people_is_named_by_the_module_that_defines_it() -> None:
    for module, name in PROBLEMS:
        assert getattr(import_module(module), name).__module__ == module
