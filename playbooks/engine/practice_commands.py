"""The commands about a practice and its contacts: corrected, no longer reminded for a while, and what they said."""

from __future__ import annotations

from pydantic import ValidationError

from playbooks.engine.consequences import draw_consequences
from playbooks.engine.contact_changes import CONTACT_DECLINED, all_holders, follow_changes, give_up_role
from playbooks.engine.facts import contact, holders
from playbooks.engine.mail_rules import order_mail, send_failed_again, send_last_again, sent_again
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import Command, Contact, Entry, Practice, RefreshCalendars, Signature
from playbooks.engine.replies import has_declined, with_reply
from playbooks.engine.timers import reminders_off_until
from playbooks.engine.transition import Refused, Transition, future_end, missing
from playbooks.engine.validation import invalid

PRACTICE_SAID = "practice_said"
"""The mail of the command `tell`; no playbook names it."""
ANOTHER_ADDRESS = "has another e-mail address"
"""How a contact's request ends, after their name, to have a partner write to their corrected address."""
PLACE = ("time_zone", "country", "state")
CORRECTABLE = ("name", *PLACE)
"""What can be corrected of a practice; facts report its number of clients."""
AFTER_ALL = "is the right person after all"
"""Ends the message of who takes back that they are not the right person; nobody need answer it."""


def correct_practice(transition: Transition, order: Command) -> str:
    """Corrects the practice's name or place. Its holidays are looked up anew, for the days ahead.

    The journal's entry has what changed as its data.
    """
    onboarding, before = transition.onboarding, transition.onboarding.practice
    after = corrected_practice(before, order)
    transition.change(practice=after)
    place = {name: getattr(after, name) for name in PLACE}
    if place != {name: getattr(before, name) for name in PLACE}:
        transition.change(practice_calendar=onboarding.practice_calendar.model_copy(update=place))
        transition.effects.append(RefreshCalendars(first_day=transition.now))
    changed = {name: value for name in CORRECTABLE if (value := getattr(after, name)) != getattr(before, name)}
    changes = (
        f"{name.replace('_', ' ')} from {getattr(before, name) or 'none'} to {value or 'none'}"
        for name, value in changed.items()
    )
    order = order.model_copy(update={"practice": changed})
    return transition.add_decision("correct_practice", order, f"Practice corrected: {', '.join(changes)}")


def corrects_name(line: Entry) -> bool:
    """Returns whether an entry is of a correction of the practice's name."""
    return line.name == "correct_practice" and "name" in line.data["practice"]


def corrected_practice(before: Practice, order: Command) -> Practice:
    """Returns the practice as corrected. Raises `Refused`; whether there is such a place, the desk checks."""
    given = order.practice or {}
    if others := sorted(set(given) - set(CORRECTABLE)):
        raise Refused(f"correct_practice takes {', '.join(CORRECTABLE)}, not {', '.join(others)}.")
    try:
        after = Practice.model_validate({**before.model_dump(), **given})
    except ValidationError as error:
        raise invalid("correct_practice", error, Practice) from None
    if after == before:
        same = "The practice already has these details; give what has changed"
        raise Refused(f"{same} ({', '.join(CORRECTABLE)}).", plain=f"{same}.")
    return after


def corrected_contact(before: Contact, order: Command) -> Contact:
    """Returns the contact as corrected. Raises `Refused`."""
    try:
        return Contact.model_validate({**before.model_dump(), **(order.contact or {})})
    except ValidationError as error:
        raise invalid("correct_contact", error, Contact) from None


def correct_contact(transition: Transition, order: Command) -> str:
    """Corrects the primary contact. While the onboarding is open, mails that never arrived go to the new address."""
    position, known, before = transition.position, transition.onboarding, transition.onboarding.primary_contact
    after = corrected_contact(before, order)
    if after == before:
        same = "The primary contact already has these details; give what has changed"
        raise Refused(f"{same} (name, email, phone).", plain=f"{same}.")
    people = all_holders(transition)
    transition.change(primary_contact=after)
    text = transition.add_decision("correct_contact", order, _correction_text(before, after))
    if transition.closed:
        return text
    follow_changes(transition, people, order.by)
    draw_consequences(transition, position)
    send_failed_again(transition)
    if has_declined(transition.onboarding, Role.PRIMARY_CONTACT, before.email) and after.email != before.email:
        send_last_again(transition, Role.PRIMARY_CONTACT, before.email)
    return f"{text}{sent_again(transition, known)}"


def _correction_text(before: Contact, after: Contact) -> str:
    """Describes a correction: another name may be another person; another address of the same one is not."""
    if after.name != before.name:
        return f"Primary contact is now {after.name}"
    fields = {"email": "e-mail address", "phone": "phone number"}
    changed = [what for name, what in fields.items() if getattr(after, name) != getattr(before, name)]
    return f"The {' and '.join(changed)} of {after.name}, the primary contact, changed"


def quiet(transition: Transition, order: Command) -> str:
    """Pauses or resumes the reminders to one person at the practice; deadlines are not affected (DP14)."""
    roles = transition.playbook.practice_roles
    if order.role not in roles:
        raise missing("Say whose reminders to pause", "role", more=f": {' or '.join(roles)}.")
    title = role_phrase(order.role)
    person = contact(transition.playbook, transition.onboarding, order.role, order.of)
    if person is None:
        raise Refused(f"Nobody is named as {title}, so there is nobody to remind.")
    others = {
        email: until for email, until in transition.onboarding.reminders_off_until.items() if email != person.email
    }
    if order.until is None:
        if reminders_off_until(transition.onboarding, person, transition.now) is None:
            raise Refused(f"The {title} is reminded as usual, so there is no pause to end; give 'until' to begin one.")
        transition.change(reminders_off_until=others)
        return transition.add_decision("quiet", order, f"Reminders to the {title} go on")
    until = future_end(transition, order, "pause of reminders")
    transition.change(reminders_off_until={**others, person.email: until})
    return transition.add_decision("quiet", order, f"No reminders to the {title} until {transition.format_time(until)}")


def tell(transition: Transition, order: Command) -> str:
    """Sends a message of the practice to the assignee, and keeps it as the reply of a role's holder, if it is one."""
    if order.kind is None:
        raise missing("Say in a few words what it is about", "kind")
    of, person = _replying(transition, order)
    text = transition.add_decision("tell", order, order.kind)
    quote = {"by": order.by, "about": order.kind, "text": order.why or ""}
    order_mail(transition, PRACTICE_SAID, Role.ASSIGNEE, quote=quote)
    if person and order.role and order.reply:
        args = (order.reply, order.role, of, person.email, transition.now, order.answers or {})
        transition.change(replies=with_reply(transition.onboarding, *args))
        if order.reply == "declined" and order.role != Role.PRIMARY_CONTACT:
            _decline(transition, order, order.role, of)
    return text


def _replying(transition: Transition, order: Command) -> tuple[str | None, Contact | None]:
    """Returns the contact whose reply it is, and their key; None if it is no reply. Raises `Refused` for others."""
    if order.reply is None:
        return None, None
    roles, email = transition.playbook.practice_roles, (order.contact or {}).get("email")
    if order.role not in roles or email is None:
        raise Refused(f"Say who replies ('contact', with 'email'), and as what ('role'): {' or '.join(roles)}.")
    if order.role == Role.PRIMARY_CONTACT:
        held: dict[str | None, Contact] = {None: transition.onboarding.primary_contact}
    else:
        held = holders(transition.playbook, transition.onboarding, order.role)
    for of, person in held.items():
        if person.email == email:
            return of, person
    raise Refused(f"{email} is not on record as {role_phrase(order.role)}, and cannot reply as that.")


def _decline(transition: Transition, order: Command, role: str, of: str | None) -> None:
    """Takes the role from who declines it, and asks the primary contact to name another."""
    before = transition.position
    give_up_role(transition, role, of, Signature(by=order.by, why=order.kind, at=transition.now))
    draw_consequences(transition, before)
    primary = transition.onboarding.primary_contact.email
    if not has_declined(transition.onboarding, Role.PRIMARY_CONTACT, primary):
        order_mail(transition, CONTACT_DECLINED, Role.PRIMARY_CONTACT, of=of, quote={"role": role_phrase(role)})
        # It counts as the day's reminder.
        transition.change(reminded_at={**transition.onboarding.reminded_at, primary: transition.now})
