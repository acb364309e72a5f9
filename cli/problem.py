"""Reports the failure of a command: one sentence on standard error, and an exit status."""

from __future__ import annotations

import os
import sys
import traceback

import typer

FAILED = 1
TEMPORARY = 75
"""For what calls a command again by itself, as mail servers do (EX_TEMPFAIL of sysexits.h)."""

# Errors whose message is a sentence for people; by name, so that their modules need not be imported.
PROBLEMS = (
    ("cli.problem", "CliProblem"),
    ("machine.problem", "MachineProblem"),
    ("desk.problem", "DeskProblem"),
    ("playbooks.engine.transition", "Refused"),
    ("configuration.settings", "SettingsProblem"),
    ("store.database", "DatabaseProblem"),
    ("pharmacy.feeds.errors", "InvalidFeed"),
    ("pharmacy.records.errors", "RecordsError"),
)


class CliProblem(Exception):
    """An error that the user can put right; its message is one sentence that says how."""

    def __init__(self, sentence: str, status: int = FAILED) -> None:
        super().__init__(sentence)
        self.status = status


class Usage(typer.BadParameter):
    def format_message(self) -> str:
        return self.message


def report(error: Exception) -> int:
    """Prints what went wrong to standard error, and returns the exit status."""
    if isinstance(error, BrokenPipeError):
        return 0
    if isinstance(error, typer.Abort):
        return FAILED
    if isinstance(error, typer.TyperException):
        # It has no message if the help was printed because no command was named.
        if error.format_message():
            _echo_stderr(_usage(error))
        return error.exit_code
    _echo_stderr(sentence(error))
    return error.status if isinstance(error, CliProblem) else FAILED


def sentence(error: Exception) -> str:
    """Describes an error in one sentence; that of an unexpected one says how to see the traceback."""
    if isinstance(error, _problem_types()):
        return str(error)
    if os.environ.get("ONBOARD_TRACEBACK"):
        return "".join(traceback.format_exception(error)).rstrip()
    what = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(" :.")
    return f"Something unexpected went wrong ({what}); set ONBOARD_TRACEBACK=1 and repeat it to see where."


def _problem_types() -> tuple[type[Exception], ...]:
    return tuple(getattr(sys.modules[module], name) for module, name in PROBLEMS if module in sys.modules)


def _usage(error: typer.TyperException) -> str:
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    command = context.command_path.removeprefix("onboard")
    return f"{message.rstrip('.?')} (see 'onboard{command} --help')."


def _echo_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
