"""Shell completion, which never fails and never waits long.

Every command imports this module; it imports what it needs only when a word is completed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import typer

from cli.problem import Usage

if TYPE_CHECKING:
    from playbooks.engine.model import Playbook

Params = ParamSpec("Params")
CONNECT_SECONDS = 1
MAX_OFFERS = 50


def _silently(offer: Callable[Params, Iterable[str]]) -> Callable[Params, list[str]]:
    """Offers nothing if `offer` fails: an error would be printed over the line that is being typed."""

    @wraps(offer)
    def safe(*args: Params.args, **kwargs: Params.kwargs) -> list[str]:
        try:
            return list(offer(*args, **kwargs))
        except Exception:
            return []

    return safe


@_silently
def playbooks(incomplete: str) -> Iterable[str]:
    from playbooks.registry import PLAYBOOKS

    return (name for name in PLAYBOOKS if name.startswith(incomplete))


def one_of(*names: str) -> Callable[[str], list[str]]:
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def check(option: str, given: Iterable[str], known: tuple[str, ...]) -> None:
    """Raises `Usage` for a word that is none of these."""
    for value in given:
        if value not in known:
            raise Usage(f"{option} '{value}' is unknown; give one of {', '.join(known)}")


@_silently
def facts(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Offers the facts of the playbook of the onboarding on the command line, else of all playbooks."""
    names = dict.fromkeys(fact.name for playbook in _playbooks(ctx) for fact in playbook.facts)
    return (name for name in names if name.startswith(incomplete))


@_silently
def mails(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Offers the kinds of mail of the playbook of the onboarding on the command line, else of all playbooks."""
    return (kind for playbook in _playbooks(ctx) for kind in playbook.mail_kinds if kind.startswith(incomplete))


@_silently
def stages(incomplete: str) -> Iterable[str]:
    from playbooks.registry import PLAYBOOKS

    names = dict.fromkeys(stage.name for playbook in PLAYBOOKS.values() for stage in playbook.stages)
    return (name for name in names if name.startswith(incomplete))


@_silently
def parties(incomplete: str) -> Iterable[str]:
    from playbooks.registry import PLAYBOOKS

    names = dict.fromkeys(party.name for playbook in PLAYBOOKS.values() for party in playbook.parties)
    return (name for name in names if name.startswith(incomplete))


@_silently
def identities(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Offers the open onboardings of the journal."""
    import psycopg

    query = "SELECT id FROM onboardings WHERE closed_at IS NULL AND starts_with(id, %s) ORDER BY id LIMIT %s"
    with psycopg.connect(_database(ctx), connect_timeout=CONNECT_SECONDS) as connection:
        found = connection.execute(query, (incomplete, MAX_OFFERS)).fetchall()
    return [str(row[0]) for row in found]


def _playbooks(ctx: typer.Context) -> list[Playbook]:
    from playbooks.registry import PLAYBOOKS

    name = str(ctx.params.get("identity") or "").partition("/")[0]
    return [PLAYBOOKS[name]] if name in PLAYBOOKS else list(PLAYBOOKS.values())


def _database(ctx: typer.Context) -> str:
    # Without Settings, which validates every setting and takes too long for completion.
    home: Any = ctx.params.get("home")
    address = None if home else os.environ.get("ONBOARD_DATABASE_URL")
    if not address:
        from machine.home import Home

        address = str(Home.find(home).running()["database"])
    return address.replace("postgresql+psycopg://", "postgresql://", 1)
