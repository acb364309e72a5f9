"""The sides whose deadlines reports count, as people call them."""

from __future__ import annotations

from playbooks.engine.model import Party, Side
from playbooks.registry import PLAYBOOKS


def side_titles(playbook: str = "") -> dict[str, str]:
    """Returns what each side is called in one playbook, or in all: a partner by its name where there is but one."""
    partners = {party.title for party in _parties(playbook) if party.side is Side.PARTNER}
    return {
        Side.US: "us",
        Side.PARTNER: partners.pop() if len(partners) == 1 else "the partners",
        Side.PRACTICE: "the practices",
    }


def sides_of(playbook: str = "") -> list[str]:
    """Returns the sides that take part in one playbook, or in any."""
    return list(dict.fromkeys(party.side.value for party in _parties(playbook)))


def _parties(playbook: str) -> list[Party]:
    return [party for name, book in PLAYBOOKS.items() if playbook in ("", name) for party in book.parties]
