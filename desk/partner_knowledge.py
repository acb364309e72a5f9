"""What the partner knows of a practice's contacts; it learns nothing from our pages."""

from __future__ import annotations

from integrations.model import Integration
from playbooks.engine.facts import contact, current_facts, former_address, naming_reports
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Onboarding
from playbooks.feed_watch.values import TECHNICAL_CONTACT


def knows_contact(integration: Integration, onboarding: Onboarding, technical: Contact | None) -> bool:
    """Returns whether the partner knows the technical contact (DP5): if it said so, or has reached somebody since they
    were named, or if the team named the first one, who is the one on the partner's own form."""
    playbook, reached_by = integration.playbook, integration.page.contact_reached_by
    named = naming_reports(playbook, onboarding, TECHNICAL_CONTACT)
    if technical is None or not named or named[-1].data["email"] != technical.email:
        return False
    of_partner = integration.events.actor if integration.events else None
    people = {each.data["name"] for each in onboarding.facts if playbook.fact(each.name).contact == TECHNICAL_CONTACT}
    is_first = len(people) == 1
    if any(each.by == of_partner or (is_first and not each.by.startswith(CONTACT_PREFIX)) for each in named):
        return True
    reached = current_facts(playbook, onboarding).get(reached_by) if reached_by else None
    return reached is not None and reached.at >= named[-1].at


def to_tell(integration: Integration, onboarding: Onboarding, role: str) -> str | None:
    """Returns what the partner has to be told about the holder of a role, and by whom; None if nothing is known of it.

    Nobody records that the partner was told, so each sentence ends with that (DP3, DP5, DP7).
    """
    partner, person = integration.partner, contact(integration.playbook, onboarding, role)
    if partner is None or person is None:
        return None
    if role == TECHNICAL_CONTACT and not knows_contact(integration, onboarding, person):
        if not integration.page.own_form:
            return f"Tell {partner} that {person.name} is the technical contact, if nobody has yet."
        asked = onboarding.primary_contact.name
        return (
            f"{partner} contacts only people named on its own form: ask {asked} to name {person.name} there, if they"
            " have not yet."
        )
    if former := former_address(integration.playbook, onboarding, role):
        return f"{partner} may still write to {former}: ask it to write to {person.email}, if nobody has yet."
    return None
