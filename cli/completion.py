"""What the shell offers when a word is completed. It never fails and never waits: no answer is better than a late one.

Imported with every command, so everything it needs is loaded only when a word is completed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import typer

Given = ParamSpec("Given")
CONNECT_SECONDS = 1
MOST = 50


def _silently(offer: Callable[Given, Iterable[str]]) -> Callable[Given, list[str]]:
    """Offers nothing where `offer` fails: an error would be written over the line that is being typed."""

    @wraps(offer)
    def safe(*args: Given.args, **kwargs: Given.kwargs) -> list[str]:
        try:
            return list(offer(*args, **kwargs))
        except Exception:
            return []

    return safe


@_silently
def playbooks(incomplete: str) -> Iterable[str]:
    from playbooks.registry import PLAYBOOKS

    return (name for name in PLAYBOOKS if name.startswith(incomplete))


@_silently
def facts(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The facts of the playbook that the onboarding before it follows, or of all playbooks."""
    from playbooks.registry import PLAYBOOKS

    named = str(ctx.params.get("identity") or "").partition("/")[0]
    rules = [PLAYBOOKS[named]] if named in PLAYBOOKS else PLAYBOOKS.values()
    names = dict.fromkeys(fact.name for playbook in rules for fact in playbook.facts)
    return (name for name in names if name.startswith(incomplete))


@_silently
def mails(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The kinds of mail that the playbook can send."""
    from playbooks.registry import PLAYBOOKS

    named = str(ctx.params.get("identity") or "").partition("/")[0]
    rules = [PLAYBOOKS[named]] if named in PLAYBOOKS else PLAYBOOKS.values()
    return (kind for playbook in rules for kind in playbook.mail_kinds if kind.startswith(incomplete))


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
    """Open onboardings whose ID begins like this, from the journal."""
    import psycopg

    query = "SELECT id FROM onboardings WHERE closed_at IS NULL AND starts_with(id, %s) ORDER BY id LIMIT %s"
    with psycopg.connect(_database(ctx), connect_timeout=CONNECT_SECONDS) as connection:
        found = connection.execute(query, (incomplete, MOST)).fetchall()
    return [str(row[0]) for row in found]


def _database(ctx: typer.Context) -> str:
    # The settings proper check everything that can be set, which takes longer than one waits for a word.
    home: Any = ctx.params.get("home")
    address = None if home else os.environ.get("ONBOARD_DATABASE_URL")
    if not address:
        from machine.home import Home

        address = str(Home.find(home).running()["database"])
    return address.replace("postgresql+psycopg://", "postgresql://", 1)
