"""What keeps a command from being done, and how it is said: one sentence on standard error, and an exit status."""

from __future__ import annotations

import os
import sys
import traceback

import typer

FAILED = 1

# Whatever these raise is written for people. A module that is not loaded has raised nothing.
WRITTEN_FOR_PEOPLE = (
    ("cli.problem", "CliProblem"),
    ("machine.problem", "MachineProblem"),
    ("desk.problem", "DeskProblem"),
    ("playbooks.engine.steps", "Refused"),
    ("configuration.settings", "SettingsProblem"),
    ("store.database", "DatabaseProblem"),
    ("pharmacy.feeds.errors", "InvalidFeed"),
    ("pharmacy.records.errors", "RecordsError"),
)


class CliProblem(Exception):
    """Something that the user of the command can put right; `str(problem)` is the whole message."""


class Usage(typer.BadParameter):
    """The command was called in a way it does not know; exit status 2."""

    def format_message(self) -> str:
        return self.message


def report(error: Exception) -> int:
    """Says on standard error what went wrong, and returns the exit status for it."""
    if isinstance(error, BrokenPipeError):
        return 0
    if isinstance(error, typer.Abort):
        return FAILED
    if isinstance(error, typer.TyperException):
        # Without a message it is the help, which was asked for by naming nothing.
        if error.format_message():
            _say(_usage(error))
        return error.exit_code
    _say(sentence(error))
    return FAILED


def sentence(error: Exception) -> str:
    """`error` in one sentence; one that nobody foresaw says how an engineer gets to see more."""
    if isinstance(error, _known_kinds()):
        return str(error)
    if os.environ.get("ONBOARD_TRACEBACK"):
        return "".join(traceback.format_exception(error)).rstrip()
    what = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(" :.")
    return f"Something unforeseen went wrong ({what}); set ONBOARD_TRACEBACK=1 and repeat it to see where."


def _known_kinds() -> tuple[type[Exception], ...]:
    return tuple(getattr(sys.modules[module], name) for module, name in WRITTEN_FOR_PEOPLE if module in sys.modules)


def _usage(error: typer.TyperException) -> str:
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    command = context.command_path.removeprefix("onboard")
    return f"{message.rstrip('.?')} (see 'onboard{command} --help')."


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
