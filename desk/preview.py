"""Previews the consequences of a fact or a command, by the rules themselves."""

from __future__ import annotations

from dataclasses import dataclass

from desk.practice_files import playbook_called
from desk.secrets import referenced
from desk.service import Desk
from playbooks.engine import steps
from playbooks.engine.commands import command
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Command, MailOrder, Report
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Result
from playbooks.engine.validation import validate_fact


@dataclass(frozen=True)
class Consequences:
    """`mails` would be sent at once. `closes`: the onboarding ends, which cannot be undone."""

    closes: bool
    stage_title: str
    mails: tuple[MailOrder, ...]


async def of_fact(desk: Desk, identity: str, fact: str, report: Report) -> Consequences:
    """Raises `Refused` if the fact would be, and `NotFound`."""
    playbook = playbook_called(identity.partition("/")[0])
    state = await desk.state(identity)
    kind, _ = validate_fact(playbook, fact, report.data)
    given = await referenced(desk.database, desk.settings, identity, kind, report)
    return _consequences(playbook, steps.record(playbook, state.onboarding, fact, given, state.now))


async def of_command(desk: Desk, identity: str, name: str, order: Command) -> Consequences:
    """Raises `Refused` if the command would be, and `NotFound`."""
    playbook = playbook_called(identity.partition("/")[0])
    state = await desk.state(identity)
    return _consequences(playbook, command(playbook, state.onboarding, name, order, state.now))


def is_final(playbook: Playbook, fact: str) -> bool:
    """Whether a fact ends the onboarding by itself, or the last stage, after which nothing more is waited for."""
    last = [stage for stage in playbook.stages if stage.until][-1:]
    return playbook.fact(fact).ends is not None or any(fact in stage.until for stage in last)


def _consequences(playbook: Playbook, result: Result) -> Consequences:
    receipt = result.receipt
    assert receipt is not None
    mails = tuple(effect for effect in result.effects if isinstance(effect, MailOrder))
    closes = receipt.outcome == "recorded" and receipt.status in CLOSED
    return Consequences(closes, playbook.stage(receipt.stage).title, mails)
