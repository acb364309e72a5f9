"""The options that commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import completion
from cli.problem import Usage


def _require_who(value: str) -> str:
    if not value.strip():
        raise Usage("Say who does this with --by NAME, or set ONBOARD_BY")
    return value


def _default_to_login(value: str) -> str:
    if value.strip():
        return value
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return _require_who(value)


def _require_reason(value: str) -> str:
    if not value.strip():
        raise Usage("Say why with --why TEXT: everybody who reads the journal sees it")
    return value


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"onboard {version('practice-onboarding')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and exit.")
]
GlobalHome = Annotated[str | None, typer.Option("--home", metavar="DIR", help="The running system's directory.")]
Home = Annotated[
    str | None,
    typer.Option("--home", metavar="DIR", help="The running system's directory (else ONBOARD_HOME, else .onboard)."),
]
Json = Annotated[bool, typer.Option("--json", help="Pure JSON on standard output.")]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="WHO",
        envvar="ONBOARD_BY",
        show_default=False,
        callback=_require_who,
        help="Who says or does this.",
    ),
]
ByOrLogin = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="WHO",
        envvar="ONBOARD_BY",
        show_default=False,
        callback=_default_to_login,
        help="Who does this; else whoever is logged in.",
    ),
]
Why = Annotated[
    str, typer.Option("--why", metavar="TEXT", show_default=False, callback=_require_reason, help="The reason.")
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="A word of your own: the same command under it acts once."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="For example 2026-11-27T15:00, in the team's time zone."),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="When it happened, for example 2026-11-27T15:00, in the team's time zone. Default: now.",
    ),
]
Identity = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The onboarding's ID, PLAYBOOK/PRACTICE-ID.", autocompletion=completion.identities
    ),
]
PlaybookName = Annotated[
    str, typer.Argument(metavar="PLAYBOOK", help="Name of a playbook.", autocompletion=completion.playbooks)
]
