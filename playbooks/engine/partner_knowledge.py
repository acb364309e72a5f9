"""What the partner knows of a practice's contacts; it learns nothing from our pages."""

from __future__ import annotations

from collections.abc import Iterator

from playbooks.engine.facts import contact, current_facts, current_reports, former_address, naming_reports
from playbooks.engine.listed import ToTell
from playbooks.engine.model import Playbook, Role, role_phrase
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Onboarding


def knows_contact(playbook: Playbook, onboarding: Onboarding, role: str, person: Contact | None) -> bool:
    """Returns whether the partner knows a contact whom a fact names (DP5): if it said so, or has reached somebody since
    they were named, if the team named the first one, who is the one on the partner's own form, or told the partner."""
    named = naming_reports(playbook, onboarding, role)
    if person is None or not named or named[-1].data["email"] != person.email:
        return False
    if told_address(playbook, onboarding, role) == person.email:
        return True
    people = {each.data["name"] for each in onboarding.facts if playbook.fact(each.name).contact == role}
    is_first = len(people) == 1
    if any(each.by == playbook.partner or (is_first and not each.by.startswith(CONTACT_PREFIX)) for each in named):
        return True
    reached_by = playbook.knowledge.reached_by
    reached = current_facts(playbook, onboarding).get(reached_by) if reached_by else None
    return reached is not None and reached.at >= named[-1].at


def told_address(playbook: Playbook, onboarding: Onboarding, role: str) -> str | None:
    """Returns the address of the holder of a role that the team has told the partner last; None if it has told none."""
    report = current_reports(onboarding).get((playbook.knowledge.told or "", role_phrase(role)))
    return report.data["email"] if report else None


def to_tell(playbook: Playbook, onboarding: Onboarding, role: str) -> ToTell | None:
    """Returns what the partner has to be told about the holder of a role; None for nothing (DP3, DP5, DP7)."""
    partner, person = playbook.partner, contact(playbook, onboarding, role)
    told = told_address(playbook, onboarding, role)
    if partner is None or person is None or person.email == told:
        return None
    whom, whom_email = partner, ""
    if role != Role.PRIMARY_CONTACT and not knows_contact(playbook, onboarding, role, person):
        if playbook.knowledge.own_form:
            matter = f"{partner} contacts only people named on its own form."
            whom, whom_email = onboarding.primary_contact.name, onboarding.primary_contact.email
            wish = f"sign up as {role_phrase(role)}" if person.email == whom_email else f"name {person.name}"
            todo = f"Ask {whom} to {wish} on {partner}'s own form."
        else:
            matter = f"{partner} does not know {person.name}."
            todo = f"Tell {partner} that {person.name} is the {role_phrase(role)}."
    else:
        # A named contact who was told may have been another person.
        former = (told if role == Role.PRIMARY_CONTACT else None) or former_address(playbook, onboarding, role)
        if former is None:
            return None
        matter, todo = f"{partner} may still write to {former}.", f"Ask {partner} to write to {person.email}."
    return ToTell(
        contact=role_phrase(role), email=person.email, matter=matter, todo=todo, whom=whom, whom_email=whom_email
    )


def has_to_be_named(playbook: Playbook, onboarding: Onboarding, role: str) -> bool:
    """Returns whether the partner contacts the holder of a role only once the practice has named them on its form."""
    found = to_tell(playbook, onboarding, role)
    return found is not None and bool(found.whom_email)


def all_to_tell(playbook: Playbook, onboarding: Onboarding) -> Iterator[ToTell]:
    """Yields what the partner has to be told about all contacts."""
    yield from filter(None, (to_tell(playbook, onboarding, role) for role in playbook.practice_roles))
