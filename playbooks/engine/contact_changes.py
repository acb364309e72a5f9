"""What follows when a role at the practice changes hands, when its holder declines, or has another address (DP7)."""

from __future__ import annotations

from collections.abc import Mapping

from playbooks.engine.facts import holders, valid_reports
from playbooks.engine.mail_rules import last_mail_to, order_mail
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Signature
from playbooks.engine.replies import has_declined, moved
from playbooks.engine.transition import Transition

ADDRESS_CHANGED, CONTACT_REPLACED = "address_changed", "contact_replaced"
FORMER = frozenset({ADDRESS_CHANGED, CONTACT_REPLACED})
"""The mails to a contact's former address, or to a former contact; no playbook names them."""
CONTACT_DECLINED = "contact_declined"
"""The mail to the primary contact when another contact declines."""

Holders = Mapping[tuple[str, str | None], Contact]


def all_holders(transition: Transition) -> Holders:
    """Returns the holders of all roles at the practice, by role and key."""
    playbook, onboarding = transition.playbook, transition.onboarding
    found: dict[tuple[str, str | None], Contact] = {(Role.PRIMARY_CONTACT.value, None): onboarding.primary_contact}
    for role in playbook.practice_roles:
        if role != Role.PRIMARY_CONTACT:
            found |= {(role, of): person for of, person in holders(playbook, onboarding, role).items()}
    return found


def follow_changes(transition: Transition, before: Holders, by: str) -> None:
    """Tells those who hold a role no longer, and keeps what a person has said at their new address."""
    after = all_holders(transition)
    for (role, of), was in before.items():
        now = after.get((role, of))
        if now is not None and now.email == was.email:
            continue
        if now is not None and now.name == was.name:
            _keep_at(transition, role, was, now)
            # Anybody with the link could have done it, so the former address gets a mail.
            if by.startswith(CONTACT_PREFIX):
                quote = {"name": was.name, "role": role_phrase(role), "new": _masked(now.email)}
                order_mail(transition, ADDRESS_CHANGED, role, of=of, quote=quote, person=was)
        elif _was_reached(transition, role, was) and not has_declined(transition.onboarding, role, was.email):
            quote = {"name": was.name, "role": role_phrase(role)}
            order_mail(transition, CONTACT_REPLACED, role, of=of, quote=quote, person=was)


def give_up_role(transition: Transition, role: str, of: str | None, signed: Signature) -> None:
    """Takes back the reports that name holders of this role, also earlier ones, who would hold it again."""
    named = {kind.name for kind in transition.playbook.facts if kind.contact == role}
    reports = valid_reports(transition.onboarding)
    numbers = {fact.number for (name, key), facts in reports.items() if name in named and key == of for fact in facts}
    transition.change(
        facts=tuple(
            each.model_copy(update={"retracted": signed}) if each.number in numbers else each
            for each in transition.onboarding.facts
        )
    )


def _was_reached(transition: Transition, role: str, person: Contact) -> bool:
    last = last_mail_to(transition.onboarding, role, person.email)
    return last is not None and last.state not in ("held", "failed", "bounced", "cancelled")


def _keep_at(transition: Transition, role: str, before: Contact, after: Contact) -> None:
    """Keeps a person's replies, pause of reminders, and the limit of one mail a day, at the new address."""
    onboarding = transition.onboarding
    transition.change(replies=moved(onboarding, role, before.email, after.email))
    for name in ("reminders_off_until", "reminded_at"):
        by_email = getattr(onboarding, name)
        if before.email in by_email:
            others = {email: at for email, at in by_email.items() if email != before.email}
            transition.change(**{name: {**others, after.email: by_email[before.email]}})


def _masked(email: str) -> str:
    """Returns a hint at an address that only its owner recognizes: `a…@example.com`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
