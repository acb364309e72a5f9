"""The commands about single mails: one is sent again, a held one is sent or dropped, the page is forwarded."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import ValidationError

from playbooks.engine.contact_changes import FORMER
from playbooks.engine.facts import contact
from playbooks.engine.mail_rules import FORWARDED, again_to, drop_mail, order_mail, release_mail
from playbooks.engine.model import role_phrase
from playbooks.engine.onboarding import Command, Contact, Onboarding, SentMail
from playbooks.engine.replies import has_declined, without_declines
from playbooks.engine.timers import timers
from playbooks.engine.transition import Refused, Transition, missing
from playbooks.engine.validation import invalid

RIGHT_AGAIN = "counts as the right person again"
"""Ends the entry of a mail that was sent again to who had declined."""
COLLEAGUE = "colleague"
"""The word in the place of a role for the reader of a forwarded page."""
MAX_FORWARDED = 10
"""How often the page of one onboarding is forwarded."""
FORWARDED_AGAIN = timedelta(days=1)
"""After what time it can be forwarded to the same address again."""


def resend(transition: Transition, order: Command) -> str:
    if order.kind is None:
        raise missing("Say which mail to send again", "kind")
    sent = [
        mail
        for mail in transition.onboarding.mails
        if mail.kind == order.kind and order.role in (None, mail.to) and order.of in (None, mail.of)
    ]
    if not sent:
        kinds = ", ".join(dict.fromkeys(mail.kind for mail in transition.onboarding.mails)) or "none yet"
        words = order.kind.replace("_", " ")
        whom = f" to the {role_phrase(order.role)}" if order.role else ""
        raise Refused(
            f"No mail '{order.kind}' has been written here{whom}, so it cannot be sent again; there are: {kinds}.",
            plain=f"No mail “{words}” has been written here{whom}, so it cannot be sent again.",
        )
    last = sent[-1]
    if last.state == "held":
        raise Refused(
            f"The mail '{order.kind}' is held; send it (send_held) or drop it (drop_held).",
            plain=f"The mail “{order.kind.replace('_', ' ')}” is held; send it or drop it.",
        )
    former = _former_reader(last)
    holder = contact(transition.playbook, transition.onboarding, last.to, last.of)
    reader = former or holder
    again = again_to(transition.onboarding, last.kind, reader.email) if reader else " again"
    text = f"{again}: {last.kind.replace('_', ' ')}"
    if holder and not former and has_declined(transition.onboarding, last.to, holder.email):
        # Somebody found that it is the right person after all.
        transition.change(replies=without_declines(transition.onboarding, last.to, holder.email))
        text += f"; {holder.name} {RIGHT_AGAIN}"
    # The journal is read later, the receipt before the mail is out.
    transition.add_decision("resend", order, f"Sent{text}")
    order_mail(
        transition,
        last.kind,
        last.to,
        of=last.of,
        about=last.about,
        quote=last.quote,
        person=former,
        handle=last.name,
    )
    return f"Sending{text}."


def send_held(transition: Transition, order: Command) -> str:
    """Sends a held mail. It stands for the reminders and notices to its reader that fell due meanwhile."""
    mail = _held(transition, order)
    choice = transition.choice(mail.kind)
    if choice and choice.hold:
        raise Refused("A mail cannot be sent and held at once; leave out 'hold'.")
    former = _former_reader(mail)
    person = former or contact(transition.playbook, transition.onboarding, mail.to, mail.of)
    if person is None:
        raise Refused(f"Nobody is named as {role_phrase(mail.to)}, so there is nobody to send it to; drop it instead.")
    text = f"after it was held: {mail.kind.replace('_', ' ')}"
    transition.add_decision("send_held", order, f"Sent {text}")
    paragraph = choice.paragraph if choice else mail.paragraph
    release_mail(transition, mail, person, paragraph, former=former is not None)
    onboarding, now = transition.onboarding, transition.now
    ahead = timers(transition.playbook, onboarding, transition.position, now)
    covered = [each.key for each in ahead if each.at <= now and each.to == mail.to and each.of in (None, mail.of)]
    transition.change(
        fired_timers=(*onboarding.fired_timers, *covered),
        reminded_at={**onboarding.reminded_at, person.email: now},
    )
    return f"Sending {text}."


def drop_held(transition: Transition, order: Command) -> str:
    mail = _held(transition, order)
    drop_mail(transition, mail, "person", f"dropped by {order.by}: {order.why}")
    what = f"{mail.kind.replace('_', ' ')}, to the {role_phrase(mail.to)}"
    return transition.add_decision("drop_held", order, f"Held mail dropped: {what}")


def _held(transition: Transition, order: Command) -> SentMail:
    """Returns the held mail that is meant. Raises `Refused`."""
    held = [mail for mail in transition.onboarding.mails if mail.state == "held"]
    if not held:
        raise Refused(
            f"No mail of {transition.onboarding.id} is held.",
            plain=f"No mail of {transition.onboarding.practice.name} is held.",
        )
    asked = ((order.kind, "kind"), (order.role, "to"), (order.of, "of"))
    wanted = [mail for mail in held if all(given in (None, getattr(mail, name)) for given, name in asked)]
    if len(wanted) != 1:
        named = ", ".join(" ".join(filter(None, (mail.kind, mail.to, mail.of))) for mail in held)
        raise missing("Say which held mail is meant", "kind", "role", "of", more=f"; held are: {named}.")
    return wanted[0]


def _former_reader(mail: SentMail) -> Contact | None:
    """Returns who got a mail that is not for the holder of a role: a former one, or a colleague of one."""
    if mail.kind in (*FORMER, FORWARDED) and mail.name and mail.email:
        return Contact(name=mail.name, email=mail.email)
    return None


def forward(transition: Transition, order: Command) -> str:
    """Mails a colleague, whom a role's holder names by address, a link that only shows the practice's page."""
    onboarding, roles = transition.onboarding, transition.playbook.practice_roles
    email = (order.contact or {}).get("email")
    if order.role not in roles or email is None:
        raise Refused(f"Say to whom ('contact', with 'email'), and who forwards it ('role'): {' or '.join(roles)}.")
    holder = contact(transition.playbook, onboarding, order.role, order.of)
    if holder is None:
        raise Refused(f"Nobody is named as {role_phrase(order.role)}, so nobody can forward the page.")
    try:
        colleague = Contact(name=email, email=email)
    except ValidationError as error:
        raise invalid("forward", error, Contact) from None
    if reason := not_forwarded(onboarding, colleague.email, transition.now):
        raise Refused(reason)
    text = transition.add_decision("forward", order, f"Forwarded to {colleague.email}")
    quote = {
        "name": holder.name,
        "email": holder.email,
        "role": order.role,
        "text": (order.answers or {}).get("text", ""),
    }
    order_mail(transition, FORWARDED, COLLEAGUE, quote=quote, person=colleague)
    return text


def not_forwarded(onboarding: Onboarding, email: str, now: datetime) -> str | None:
    """Returns why the page is not forwarded to this address, so that nobody is flooded with mails; else None."""
    sent = [mail for mail in onboarding.mails if mail.kind == FORWARDED]
    if len(sent) >= MAX_FORWARDED:
        return f"The page was forwarded {MAX_FORWARDED} times already, which is the most; ask us to write to others."
    if any(mail.email == email and now - mail.at < FORWARDED_AGAIN for mail in sent):
        return f"The page was forwarded to {email} within a day already."
    return None
