"""The integrations with more than a playbook; one that is only a playbook needs no entry."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.datapoint.integration import CONNECTION, RECONNECTING
from integrations.ezyvet import sites as ezyvet_sites
from integrations.ezyvet.clinical_records import clinical_records
from integrations.ezyvet.integration import CONNECTING
from integrations.model import ClinicData, EventSource, Integration
from integrations.record_sharing.integration import SHARING
from partners.ezyvet.guesses import CAN_DISABLE
from playbooks.feed_watch.model import Feed
from playbooks.registry import PLAYBOOKS
from store.secrets import secrets

INTEGRATIONS: dict[str, Integration] = {
    each.playbook.name: each for each in (CONNECTION, RECONNECTING, CONNECTING, SHARING)
}

SOURCES: dict[str, EventSource] = {each.events.name: each.events for each in INTEGRATIONS.values() if each.events}
"""Sources of events by their name, which is in their address and in the inbox."""


def integration_of(playbook: str) -> Integration:
    """Returns the integration with this playbook. Raises `KeyError` for an unknown one."""
    return INTEGRATIONS.get(playbook) or Integration(playbook=PLAYBOOKS[playbook])


def actor_title(name: str) -> str:
    return SOURCES[name].actor if name in SOURCES else name


def can_disable_prescriptions() -> bool:
    """Returns whether a practice's system can be told to disable a prescription; if not, it gets its final status."""
    return CAN_DISABLE


async def takes_prescriptions(engine: AsyncEngine, practice: str) -> bool:
    """Returns whether a practice has connected its system; if not, no prescription is written there."""
    return (await ezyvet_sites.read_site(engine, practice)).state != "no_credentials"


async def keys_in_use(engine: AsyncEngine) -> set[str]:
    """Returns the names of the keys that sealed what is kept, by facts and by integrations themselves."""
    return await secrets.keys_in_use(engine) | await ezyvet_sites.keys_in_use(engine)


def _brings_data() -> tuple[Integration, ClinicData, Feed]:
    for each in INTEGRATIONS.values():
        if each.data and each.feed:
            return each, each.data, each.feed
    raise LookupError("No integration brings the clinics' data.")


BRINGS_DATA, CLINIC_DATA, FEED = _brings_data()
"""The integration that imports the clinics' data, with its data and its feed."""
RECONNECTION = FEED.reconnection.playbook
"""The playbook that restores a lost connection."""
CLINICAL_RECORDS = clinical_records
"""Reads a patient's clinical records, the latest first; raises `PartnerProblem`."""
