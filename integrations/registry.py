"""The integrations of which there is more to know than their rules. A playbook that is not here needs nothing more."""

from __future__ import annotations

from integrations.datapoint.integration import CONNECTION, RECONNECTING
from integrations.model import ClinicData, EventSource, Integration
from playbooks.feed_watch.model import Feed
from playbooks.registry import PLAYBOOKS

INTEGRATIONS: dict[str, Integration] = {each.playbook.name: each for each in (CONNECTION, RECONNECTING)}

SOURCES: dict[str, EventSource] = {each.events.name: each.events for each in INTEGRATIONS.values() if each.events}
"""Who reports by itself, by the name that stands in its address and in the inbox."""


def integration_of(playbook: str) -> Integration:
    """The integration with this playbook. Raises `KeyError` for a playbook that does not exist."""
    return INTEGRATIONS.get(playbook) or Integration(playbook=PLAYBOOKS[playbook])


def actor_called(name: str) -> str:
    """What somebody is called who stands by this name in the records: a partner by its own."""
    return SOURCES[name].actor if name in SOURCES else name


def _brings_data() -> tuple[Integration, ClinicData, Feed]:
    for each in INTEGRATIONS.values():
        if each.data and each.feed:
            return each, each.data, each.feed
    raise LookupError("No integration brings the clinics' data.")


BRINGS_DATA, CLINIC_DATA, FEED = _brings_data()
"""The integration by which the clinics' data come, how they do, and their feeds, which are watched from then on."""
RECONNECTION = FEED.reconnection.playbook
"""The playbook that brings a lost connection back."""
