"""Whether the partner knows the technical contact; it does not learn what the practice's page collects."""

from __future__ import annotations

from integrations.model import Integration
from playbooks.engine.facts import current_facts, naming_reports
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Onboarding
from playbooks.feed_watch.values import TECHNICAL_CONTACT


def knows_contact(integration: Integration, onboarding: Onboarding, technical: Contact | None) -> bool:
    """Returns whether the partner knows the technical contact (DP5): unless only a contact has named them, on the page,
    and the partner has reached nobody since."""
    playbook, reached_by = integration.playbook, integration.page.contact_reached_by
    named = naming_reports(playbook, onboarding, TECHNICAL_CONTACT)
    if technical is None or not named or named[-1].data["email"] != technical.email:
        return False
    if any(not each.by.startswith(CONTACT_PREFIX) for each in named):
        return True
    reached = current_facts(playbook, onboarding).get(reached_by) if reached_by else None
    return reached is not None and reached.at >= named[-1].at
