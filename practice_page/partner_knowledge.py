"""Which of the practice's contacts the partner knows; it does not learn what the practice's page collects."""

from __future__ import annotations

from integrations.model import Integration
from playbooks.engine.facts import current_facts, valid_reports
from playbooks.engine.model import Role
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Onboarding
from playbooks.feed_watch.values import TECHNICAL_CONTACT


def has_address(integration: Integration, onboarding: Onboarding) -> bool:
    """Returns whether the partner has the primary contact's present address, as far as that is known.

    The first mail of ours since then shows which address was on record.
    """
    facts = current_facts(integration.playbook, onboarding)
    given = min((facts[name].since for name in integration.page.address_given_by if name in facts), default=None)
    mails = [mail for mail in onboarding.mails if mail.to == Role.PRIMARY_CONTACT and given and mail.at >= given]
    return not mails or mails[0].email == onboarding.primary_contact.email


def knows_contact(integration: Integration, onboarding: Onboarding, technical: Contact | None) -> bool:
    """Returns whether the partner knows the technical contact (DP5): unless only a contact has named them, on the page,
    and the partner has reached nobody since."""
    if technical is None:
        return False
    playbook, reached_by = integration.playbook, integration.page.contact_reached_by
    reports = valid_reports(onboarding)
    kinds = [fact.name for fact in playbook.facts if fact.contact == TECHNICAL_CONTACT]
    named = [each for kind in kinds for each in reports.get((kind, None), []) if each.data["email"] == technical.email]
    if any(not each.by.startswith(CONTACT_PREFIX) for each in named):
        return True
    reached = current_facts(playbook, onboarding).get(reached_by) if reached_by else None
    return bool(named) and reached is not None and reached.at >= max(each.at for each in named)
