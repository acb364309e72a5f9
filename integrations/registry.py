"""The integrations of which there is more to know than their rules. A playbook that is not here needs nothing more."""

from __future__ import annotations

from integrations.datapoint.integration import CONNECTION, RECONNECTING
from integrations.model import Integration
from playbooks.registry import PLAYBOOKS

INTEGRATIONS: dict[str, Integration] = {each.playbook.name: each for each in (CONNECTION, RECONNECTING)}


def integration_of(playbook: str) -> Integration:
    """The integration with this playbook. Raises `KeyError` for a playbook that does not exist."""
    return INTEGRATIONS.get(playbook) or Integration(playbook=PLAYBOOKS[playbook])
