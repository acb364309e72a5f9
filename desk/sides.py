"""The sides whose deadlines reports count, as people call them."""

from __future__ import annotations

from playbooks.engine.model import Party, Playbook, Side
from playbooks.registry import PLAYBOOKS


def side_titles(playbook: str = "") -> dict[str, str]:
    """Returns what each side is called in one playbook, or in all: a partner by its name where there is but one."""
    partners = {party.title for party in _parties(playbook) if party.side is Side.PARTNER}
    return {
        Side.US: "us",
        Side.PARTNER: partners.pop() if len(partners) == 1 else "the partners",
        Side.PRACTICE: "the practices",
    }


def without_deadlines(playbook: str = "") -> list[str]:
    """Returns the sides that no stage sets a deadline: they are reminded, and never late."""
    timed = set()
    for book in _playbooks(playbook):
        timed |= {book.party(stage.waits_on).side for stage in book.stages if stage.target and stage.waits_on}
    return list(dict.fromkeys(party.side.value for party in _parties(playbook) if party.side not in timed))


def _parties(playbook: str) -> list[Party]:
    return [party for book in _playbooks(playbook) for party in book.parties]


def _playbooks(playbook: str) -> list[Playbook]:
    return [book for name, book in PLAYBOOKS.items() if playbook in ("", name)]
