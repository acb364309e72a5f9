"""The commands of `onboard`. Only the module of the command that is called is imported, so that it starts fast."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

import typer

from cli.options import GlobalHome, Version
from cli.problem import report

RUN, SEE, DO, MAIL, RULES = "System", "See where things stand", "Record and correct", "Mail", "Rules and rehearsals"


class Command(NamedTuple):
    """A command: its function (`module:name`), its panel in the help, and the first line of its docstring."""

    target: str
    panel: str
    summary: str


COMMANDS = {
    "up": Command("cli.system:run_up", RUN, "Start everything on this machine; Ctrl-C ends it."),
    "demo": Command("cli.system:run_demo", RUN, "Take one practice from request to data: a month in a minute."),
    "migrate": Command("cli.deploy:migrate", RUN, "Create or update the tables of a database of your own."),
    "admin": Command("cli.deploy:admin", RUN, "Print a link that creates the first admin of the console."),
    "doctor": Command("cli.system:run_doctor", RUN, "Check the system, and say what is wrong."),
    "settings": Command("cli.settings:settings", RUN, "Show the settings in force, without secrets."),
    "fast-forward": Command(
        "cli.time_travel:fast_forward", RUN, "Move one onboarding's clock (with time travel only)."
    ),
    "list": Command("cli.listing:show_list", SEE, "List onboardings, the overdue ones first."),
    "show": Command("cli.show:show", SEE, "Show one onboarding: progress, facts, mails, what comes next."),
    "explain": Command("cli.show:explain", SEE, "Explain why an onboarding waits, on whom, and what happens next."),
    "feeds": Command("cli.feeds:app", SEE, "List connected practices' feeds; pause, resume or end one."),
    "feed": Command("cli.feeds:feed", SEE, "Show one practice's feed: signs of life, and what happened."),
    "prescriptions": Command(
        "cli.prescriptions:app", SEE, "See prescriptions, their state in ezyVet, and what each waits for."
    ),
    "report": Command("cli.report:report", SEE, "Report the time in each stage, deadlines kept, and who is stuck."),
    "start": Command("cli.start:start", DO, "Start the onboarding of a practice, or of many from CSV."),
    "queue": Command("cli.queue:queue", DO, "Ask DataPoint for a place in its queue, and record it."),
    "record": Command("cli.record:record", DO, "Record a fact: something that has happened."),
    "record-many": Command("cli.record:record_many", DO, "Record the same fact for many onboardings."),
    "import": Command("cli.import_feed:import_feed", DO, "Import a practice's clients and patients from its feed."),
    "ezyvet": Command(
        "cli.ezyvet:app", DO, "Connect practices' ezyVet sites, say which user each vet is, and compare prescriptions."
    ),
    "sharing": Command("cli.sharing:app", DO, "Accept requests for record sharing by e-mail, and list all requests."),
    "retract": Command("cli.steer:retract", DO, "Take back a fact that was recorded by mistake."),
    "hold": Command("cli.steer:hold", DO, "Put an onboarding on hold: deadlines and reminders pause until a time."),
    "resume": Command("cli.steer:resume", DO, "Resume an onboarding that is on hold."),
    "extend": Command("cli.steer:extend", DO, "Move the deadline of the present stage."),
    "reassign": Command("cli.steer:reassign", DO, "Hand an onboarding, or all of a colleague's, to somebody else."),
    "correct-contact": Command("cli.steer:correct_contact", DO, "Correct the primary contact's name, e-mail or phone."),
    "correct-practice": Command(
        "cli.steer:correct_practice", DO, "Correct the practice's name, time zone, country or state."
    ),
    "withdraw": Command("cli.steer:withdraw", DO, "End an onboarding that the practice no longer wants."),
    "inbox": Command("cli.inbox:app", DO, "See incoming events; retry or dismiss those that were not recorded."),
    "note": Command("cli.steer:note", DO, "Write a note into an onboarding's journal."),
    "call": Command("cli.call:call", DO, "Log a call with a practice, or list the calls."),
    "resend": Command("cli.steer:resend", MAIL, "Send a mail of an onboarding once more."),
    "send-held": Command("cli.steer:send_held", MAIL, "Send a mail that is held back."),
    "drop-held": Command("cli.steer:drop_held", MAIL, "Drop a mail that is held back; it is never sent."),
    "bounce": Command("cli.mail:bounce", MAIL, "Read a returned mail, from a file or standard input."),
    "mail": Command("cli.mail:app", MAIL, "Pause, resume and see outgoing mail."),
    "playbook": Command("cli.playbook:playbook", RULES, "Print a playbook's stages, facts, mails and deadlines."),
    "rehearse": Command("cli.rehearse:rehearse", RULES, "Print every mail and deadline of a whole onboarding."),
    "match": Command("cli.match:match", RULES, "Try out merging on two CSV files: who is the same client."),
    "calendar": Command("cli.calendar:app", RULES, "Compute when something is due, and say why."),
}


def application(arguments: list[str]) -> typer.Typer:
    """Returns the command line. Only the commands that occur in `arguments` are imported."""
    app = typer.Typer(
        help="Onboard veterinary practices onto the pharmacy's integrations.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_global_options)
    for name, command in COMMANDS.items():
        target = _load(command.target) if name in arguments else _not_loaded
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=name, rich_help_panel=command.panel, help=command.summary)
        else:
            text = None if name in arguments else command.summary
            app.command(name, rich_help_panel=command.panel, help=text)(target)
    return app


def _global_options(home: GlobalHome = None, version: Version = False) -> None:
    if home:
        os.environ["ONBOARD_HOME"] = home


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _not_loaded() -> None:
    """Stands for a command that is not called."""


def run() -> int:
    """Runs the command; returns 0, or 1 after a sentence on standard error, or 2 after a usage error."""
    for stream in (sys.stdout, sys.stderr):
        # Where the terminal lacks a character, print another one instead of failing.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    completing = " ".join(os.environ.get(name, "") for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS"))
    try:
        status = application([*sys.argv[1:], *completing.split()])(standalone_mode=False, prog_name="onboard")
        return status if isinstance(status, int) else 0
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else 0
    except Exception as error:
        return report(error)
