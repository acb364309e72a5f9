"""What the partner knows of the practice's people: what went to it, and not what was said on the practice's page."""

from __future__ import annotations

from playbooks.known import known_facts, standing_reports
from playbooks.model import Playbook, Role
from playbooks.onboarding import BY_A_CONTACT, Contact, Onboarding

GIVEN_WITH = ("queued", "invitation_sent")
"""The first of these facts tells since when the partner has the primary contact's address."""


def has_address(playbook: Playbook, onboarding: Onboarding) -> bool:
    """Whether the primary contact's address is the one that the partner was given, as far as that is known.

    Told by the first mail of ours since then: it went to the address that was on record.
    """
    known = known_facts(playbook, onboarding)
    given = min((known[name].since for name in GIVEN_WITH if name in known), default=None)
    ours = [said for said in onboarding.said if said.to is Role.PRIMARY_CONTACT and given and said.at >= given]
    return not ours or ours[0].email == onboarding.primary_contact.email


def knows(playbook: Playbook, onboarding: Onboarding, technical: Contact | None) -> bool:
    """Whether the partner may know the technical contact: not one of whom only a contact told us (DP5)."""
    reports = standing_reports(onboarding)
    named = [fact.name for fact in playbook.facts if fact.contact is Role.TECHNICAL_CONTACT]
    said = [report for name in named for report in reports.get(name, [])]
    return any(
        technical is not None and each.data["email"] == technical.email and not each.by.startswith(BY_A_CONTACT)
        for each in said
    )
