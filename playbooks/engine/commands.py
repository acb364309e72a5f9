"""The commands: what people decide about an onboarding. Each takes who and why, and is an entry of the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ValidationError

from playbooks.engine.consequences import draw_consequences, take_back
from playbooks.engine.contact_changes import CONTACT_DECLINED, FORMER, all_holders, follow_changes, give_up_role
from playbooks.engine.facts import contact, holders
from playbooks.engine.idempotency import previous_answer, with_answer
from playbooks.engine.mail_rules import drop_mail, order_mail, release_mail, send_failed_again, send_last_again
from playbooks.engine.model import Playbook, Role, role_phrase
from playbooks.engine.onboarding import Command, Contact, Extension, Hold, Onboarding, SentMail, Signature
from playbooks.engine.replies import has_declined, with_reply, without_declines
from playbooks.engine.retraction import retractable_report
from playbooks.engine.stages import on_hold
from playbooks.engine.timers import reminders_off_until, timers
from playbooks.engine.transition import Refused, Result, Transition
from playbooks.engine.validation import error_sentence

# What each command takes besides `by`, `why` and `key`.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "hold": ("until",),
    "extend": ("until",),
    "reassign": ("assignee", "instead_of"),
    "correct_contact": ("contact",),
    "resend": ("kind", "role", "of"),
    "send_held": ("kind", "role", "of"),
    "drop_held": ("kind", "role", "of"),
    "retract": ("fact", "of"),
    "quiet": ("role", "of", "until"),
    "forward": ("role", "contact", "answers"),
    "tell": ("kind", "role", "contact", "reply", "answers"),
}
WITHOUT_REASON = ("resume", "send_held")
"""Commands that need no reason: they end what somebody had chosen."""
AFTER_THE_END = ("send_held", "drop_held")
"""Commands for closed onboardings too: one with a held mail stays until that is sent or dropped."""
MENTIONED = "mentioned"
"""The mail to a colleague whom a note names; no playbook names it."""
PRACTICE_SAID = "practice_said"
"""The mail of the command `tell`; no playbook names it."""
ANOTHER_ADDRESS = "has another e-mail address"
"""How a contact's request ends, after their name, to have a partner write to their corrected address."""
RIGHT_AGAIN = "counts as the right person again"
"""Ends the entry of a mail that was sent again to who had declined."""

FORWARDED, COLLEAGUE = "forwarded", "colleague"
"""The mail to a colleague whom a contact names, who has no role, and the word in the place of one."""
MAX_FORWARDED = 10
"""How often the page of one onboarding is forwarded."""
FORWARDED_AGAIN = timedelta(days=1)
"""After what time it can be forwarded to the same address again."""

AFTER_ALL = "is the right person after all"
"""Ends the message of who takes back that they are not the right person; nobody need answer it."""
MAX_AHEAD = timedelta(days=3653)
"""How far ahead a hold or a deadline may end; calendars and timers can count much further."""
ALL_PARAMETERS = tuple(dict.fromkeys(name for names in PARAMETERS.values() for name in names))


def command(playbook: Playbook, onboarding: Onboarding, name: str, order: Command, now: datetime) -> Result:
    """Carries out a command. Raises `Refused` with what is missing or why it is not possible."""
    if name not in COMMANDS:
        raise Refused(f"'{name}' is not a command; choose one of {', '.join(COMMANDS)}.")
    transition = Transition(playbook, onboarding, now, order.mail or {}, order.by)
    # Without the empty fields: the digest of a command stays the same when commands get a further field.
    body = order.model_dump(mode="json", exclude={"key"}, exclude_none=True)
    if answer := previous_answer(onboarding.answers, order.key, name, body):
        return transition.result("already_known", answer)
    if not order.why and name not in WITHOUT_REASON:
        raise Refused("Say why ('why'): everybody who reads the journal sees the reason.")
    for parameter in ALL_PARAMETERS:
        if getattr(order, parameter) is not None and parameter not in PARAMETERS.get(name, ()):
            raise Refused(f"{name} takes no '{parameter}'; leave it out.")
    if name not in AFTER_THE_END or not any(mail.state == "held" for mail in onboarding.mails):
        transition.refuse_closed(f"{name} is not possible")
    text = COMMANDS[name](transition, order)
    transition.refuse_unused_choices()
    transition.change(answers=with_answer(onboarding.answers, order.key, name, body, text))
    return transition.result("recorded", text)


def _add_entry(transition: Transition, name: str, order: Command, text: str) -> str:
    data = order.model_dump(mode="json", exclude={"by", "why", "key"}, exclude_none=True)
    transition.add_entry("command", name, text, order.by, why=order.why, data=data)
    return f"{text}."


def _future_end(transition: Transition, order: Command, what: str) -> datetime:
    if order.until is None:
        raise Refused(f"Say until when the {what} lasts ('until').")
    if order.until <= transition.now:
        raise Refused(f"{transition.format_time(order.until)} has passed; the {what} must end in the future.")
    if order.until > transition.now + MAX_AHEAD:
        raise Refused(
            f"{transition.format_time(order.until)} is more than ten years away; give an earlier end of the {what}."
        )
    return order.until


def _hold(transition: Transition, order: Command) -> str:
    until = _future_end(transition, order, "hold")
    _end_hold(transition)
    transition.change(holds=(*transition.onboarding.holds, Hold(start=transition.now, until=until)))
    return _add_entry(transition, "hold", order, f"On hold until {transition.format_time(until)}")


def _resume(transition: Transition, order: Command) -> str:
    if on_hold(transition.onboarding, transition.now) is None:
        raise Refused(f"{transition.onboarding.id} is not on hold, so there is nothing to resume.")
    _end_hold(transition)
    return _add_entry(transition, "resume", order, "Resumed; the clocks run again")


def _end_hold(transition: Transition) -> None:
    if held := on_hold(transition.onboarding, transition.now):
        ended = held.model_copy(update={"resumed_at": transition.now})
        transition.change(holds=tuple(ended if hold is held else hold for hold in transition.onboarding.holds))


def _extend(transition: Transition, order: Command) -> str:
    until = _future_end(transition, order, "extension")
    stage, due_at = transition.position.stage, transition.position.visit.due_at
    if due_at is None:
        raise Refused(
            f"{transition.onboarding.id} has no deadline at the stage '{stage.name}', so there is nothing to extend."
        )
    if until <= due_at:
        raise Refused(f"{stage.title} is due {transition.format_time(due_at)} already; an extension must end later.")
    held = on_hold(transition.onboarding, transition.now)
    if held and until <= held.end:
        raise Refused(
            f"The hold lasts until {transition.format_time(held.end)}; extend to a later time, or resume first."
        )
    left = until - (held.end if held else transition.now)
    extension = Extension(stage=stage.name, given_at=transition.now, until=until, hours=left / timedelta(hours=1))
    transition.change(extensions=(*transition.onboarding.extensions, extension))
    return _add_entry(transition, "extend", order, f"{stage.title}: deadline moved to {transition.format_time(until)}")


def _reassign(transition: Transition, order: Command) -> str:
    now, before = transition.onboarding.assignee, transition.onboarding.assignee or "nobody"
    if order.assignee is None and order.instead_of is None:
        raise Refused("Say who takes over ('assignee').")
    if order.instead_of is not None and order.instead_of != now:
        raise Refused(f"{transition.onboarding.id} is now assigned to {before}, not to {order.instead_of}.")
    if order.assignee == now:
        raise Refused(f"{transition.onboarding.id} is assigned to {order.assignee} already.")
    transition.change(assignee=order.assignee)
    return _add_entry(transition, "reassign", order, f"Handed over from {before} to {order.assignee or 'nobody'}")


def _correct_contact(transition: Transition, order: Command) -> str:
    position, before = transition.position, transition.onboarding.primary_contact
    try:
        after = Contact.model_validate({**before.model_dump(), **(order.contact or {})})
    except ValidationError as error:
        raise Refused(f"correct_contact: {error_sentence(error)}.") from None
    if after == before:
        raise Refused("The primary contact already has these details; give what has changed (name, email, phone).")
    people = all_holders(transition)
    transition.change(primary_contact=after)
    text = _add_entry(transition, "correct_contact", order, _correction_text(before, after))
    follow_changes(transition, people, order.by)
    draw_consequences(transition, position)
    send_failed_again(transition)
    if has_declined(transition.onboarding, Role.PRIMARY_CONTACT, before.email) and after.email != before.email:
        send_last_again(transition, Role.PRIMARY_CONTACT, before.email)
    return text


def _correction_text(before: Contact, after: Contact) -> str:
    """Describes a correction: another name may be another person; another address of the same one is not."""
    if after.name != before.name:
        return f"Primary contact is now {after.name}"
    fields = {"email": "e-mail address", "phone": "phone number"}
    changed = [what for name, what in fields.items() if getattr(after, name) != getattr(before, name)]
    return f"The {' and '.join(changed)} of {after.name}, the primary contact, changed"


def _resend(transition: Transition, order: Command) -> str:
    if order.kind is None:
        raise Refused("Say which mail to send again ('kind').")
    sent = [
        mail
        for mail in transition.onboarding.mails
        if mail.kind == order.kind and order.role in (None, mail.to) and order.of in (None, mail.of)
    ]
    if not sent:
        kinds = ", ".join(dict.fromkeys(mail.kind for mail in transition.onboarding.mails)) or "none yet"
        whom = f" to the {role_phrase(order.role)}" if order.role else ""
        raise Refused(
            f"No mail '{order.kind}' has been written here{whom}, so it cannot be sent again; there are: {kinds}."
        )
    last = sent[-1]
    if last.state == "held":
        raise Refused(f"The mail '{order.kind}' is held; send it (send_held) or drop it (drop_held).")
    text = f"Sent again: {last.kind.replace('_', ' ')}"
    former = last.kind in (*FORMER, FORWARDED) and last.name and last.email
    person = Contact(name=last.name, email=last.email) if former else None
    holder = contact(transition.playbook, transition.onboarding, last.to, last.of)
    if holder and not former and has_declined(transition.onboarding, last.to, holder.email):
        # Somebody found that it is the right person after all.
        transition.change(replies=without_declines(transition.onboarding, last.to, holder.email))
        text += f"; {holder.name} {RIGHT_AGAIN}"
    text = _add_entry(transition, "resend", order, text)
    order_mail(
        transition,
        last.kind,
        last.to,
        of=last.of,
        about=last.about,
        quote=last.quote,
        person=person,
        link=True if last.kind == FORWARDED else None,
        handle=last.name,
    )
    return text


def _send_held(transition: Transition, order: Command) -> str:
    """Sends a held mail. It stands for the reminders and notices to its reader that fell due meanwhile."""
    mail = _held(transition, order)
    choice = transition.choice(mail.kind)
    if choice and choice.hold:
        raise Refused("A mail cannot be sent and held at once; leave out 'hold'.")
    former = mail.kind in (*FORMER, FORWARDED)
    person = contact(transition.playbook, transition.onboarding, mail.to, mail.of)
    if former and mail.name and mail.email:
        person = Contact(name=mail.name, email=mail.email)
    if person is None:
        raise Refused(f"Nobody is named as {role_phrase(mail.to)}, so there is nobody to send it to; drop it instead.")
    text = _add_entry(transition, "send_held", order, f"Sent after it was held: {mail.kind.replace('_', ' ')}")
    paragraph, link = choice.paragraph if choice else mail.paragraph, True if mail.kind == FORWARDED else None
    release_mail(transition, mail, person, paragraph, former=former, link=link)
    onboarding, now = transition.onboarding, transition.now
    ahead = timers(transition.playbook, onboarding, transition.position, now)
    covered = [each.key for each in ahead if each.at <= now and each.to == mail.to and each.of in (None, mail.of)]
    transition.change(
        fired_timers=(*onboarding.fired_timers, *covered),
        reminded_at={**onboarding.reminded_at, person.email: now},
    )
    return text


def _drop_held(transition: Transition, order: Command) -> str:
    mail = _held(transition, order)
    drop_mail(transition, mail, "person", f"dropped by {order.by}: {order.why}")
    what = f"{mail.kind.replace('_', ' ')}, to the {role_phrase(mail.to)}"
    return _add_entry(transition, "drop_held", order, f"Held mail dropped: {what}")


def _held(transition: Transition, order: Command) -> SentMail:
    """Returns the held mail that is meant. Raises `Refused`."""
    held = [mail for mail in transition.onboarding.mails if mail.state == "held"]
    if not held:
        raise Refused(f"No mail of {transition.onboarding.id} is held.")
    asked = ((order.kind, "kind"), (order.role, "to"), (order.of, "of"))
    wanted = [mail for mail in held if all(given in (None, getattr(mail, name)) for given, name in asked)]
    if len(wanted) != 1:
        named = ", ".join(" ".join(filter(None, (mail.kind, mail.to, mail.of))) for mail in held)
        raise Refused(f"Say which held mail is meant ('kind', 'role', 'of'); held are: {named}.")
    return wanted[0]


def _retract(transition: Transition, order: Command) -> str:
    if order.fact is None:
        raise Refused("Say which fact to take back ('fact').")
    before, people = transition.position, all_holders(transition)
    fact = retractable_report(transition.playbook, transition.onboarding, before, order.fact, order.of)
    signed = Signature(by=order.by, why=order.why, at=transition.now)
    text = _add_entry(transition, "retract", order, take_back(transition, fact, signed))
    follow_changes(transition, people, order.by)
    draw_consequences(transition, before)
    return text


def _withdraw(transition: Transition, order: Command) -> str:
    transition.change(withdrawn=Signature(by=order.by, why=order.why, at=transition.now))
    for mail in transition.onboarding.mails:
        if mail.state == "held":
            drop_mail(transition, mail, "engine", "not sent: the onboarding was withdrawn")
    return _add_entry(transition, "withdraw", order, "Withdrawn")


def _note(transition: Transition, order: Command) -> str:
    """Keeps a note, and tells the colleagues whom it names, but not who wrote it."""
    text = _add_entry(transition, "note", order, "Note")
    for handle in order.mentions or ():
        if handle != order.by:
            order_mail(
                transition, MENTIONED, Role.TEAM_MEMBER, handle=handle, quote={"by": order.by, "text": order.why or ""}
            )
    return text


def _quiet(transition: Transition, order: Command) -> str:
    """Pauses or resumes the reminders to one person at the practice; deadlines are not affected (DP14)."""
    roles = transition.playbook.practice_roles
    if order.role not in roles:
        raise Refused(f"Say whose reminders to pause ('role'): {' or '.join(roles)}.")
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
        return _add_entry(transition, "quiet", order, f"Reminders to the {title} go on")
    until = _future_end(transition, order, "pause of reminders")
    transition.change(reminders_off_until={**others, person.email: until})
    return _add_entry(transition, "quiet", order, f"No reminders to the {title} until {transition.format_time(until)}")


def _tell(transition: Transition, order: Command) -> str:
    """Sends a message of the practice to the assignee, and keeps it as the reply of a role's holder, if it is one."""
    if order.kind is None:
        raise Refused("Say in a few words what it is about ('kind').")
    of, person = _replying(transition, order)
    text = _add_entry(transition, "tell", order, order.kind)
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


def _forward(transition: Transition, order: Command) -> str:
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
        raise Refused(f"forward: {error_sentence(error)}.") from None
    if reason := not_forwarded(onboarding, colleague.email, transition.now):
        raise Refused(reason)
    text = _add_entry(transition, "forward", order, f"Forwarded to {colleague.email}")
    quote = {
        "name": holder.name,
        "email": holder.email,
        "role": order.role,
        "text": (order.answers or {}).get("text", ""),
    }
    order_mail(transition, FORWARDED, COLLEAGUE, quote=quote, person=colleague, link=True)
    return text


def not_forwarded(onboarding: Onboarding, email: str, now: datetime) -> str | None:
    """Returns why the page is not forwarded to this address, so that nobody is flooded with mails; else None."""
    sent = [mail for mail in onboarding.mails if mail.kind == FORWARDED]
    if len(sent) >= MAX_FORWARDED:
        return f"The page was forwarded {MAX_FORWARDED} times already, which is the most; ask us to write to others."
    if any(mail.email == email and now - mail.at < FORWARDED_AGAIN for mail in sent):
        return f"The page was forwarded to {email} within a day already."
    return None


COMMANDS: dict[str, Callable[[Transition, Command], str]] = {
    "hold": _hold,
    "resume": _resume,
    "extend": _extend,
    "reassign": _reassign,
    "correct_contact": _correct_contact,
    "resend": _resend,
    "send_held": _send_held,
    "drop_held": _drop_held,
    "retract": _retract,
    "withdraw": _withdraw,
    "note": _note,
    "quiet": _quiet,
    "forward": _forward,
    "tell": _tell,
}
