"""What the generic rooms have to know of an integration besides its rules; each part may be left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from playbooks.engine.model import Playbook, Side

Checklist = tuple[tuple[str, str, str], ...]
"""What the technical contact should have ready: an item's name, what it is, and more about it."""


@dataclass(frozen=True)
class PracticePage:
    """What the practice's page reads off the facts and stages of a playbook. Its words are in
    `templates/pages/practice/words/PLAYBOOK.html`.

    `checklist` is what the technical contact ticks off until the stage `prepares` is done.
    """

    prepares: str | None = None
    checklist: Checklist = ()


@dataclass(frozen=True)
class Integration:
    """One integration: its playbook, and what more there is to it."""

    playbook: Playbook
    page: PracticePage = field(default_factory=PracticePage)

    @property
    def partner(self) -> str | None:
        """What the party outside is called; None if only the pharmacy and the practice take part."""
        return next((party.title for party in self.playbook.parties if party.side is Side.PARTNER), None)
