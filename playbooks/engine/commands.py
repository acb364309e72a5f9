"""What people may decide about an onboarding besides reporting facts. Each takes who and why, and is in the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ValidationError

from playbooks.engine.facts import contact, current_facts
from playbooks.engine.idempotency import remember, seen
from playbooks.engine.mail_rules import follow, say
from playbooks.engine.model import PRACTICE_ROLES, Playbook, Role
from playbooks.engine.onboarding import BY_A_CONTACT, Command, Contact, Extension, Hold, Onboarding, Said, Signature
from playbooks.engine.stages import on_hold
from playbooks.engine.timers import quiet_until
from playbooks.engine.transition import Draft, Refused, Turn
from playbooks.engine.validation import complaint

# What each command takes besides who and why.
TAKES: dict[str, tuple[str, ...]] = {
    "hold": ("until",),
    "extend": ("until",),
    "reassign": ("assignee",),
    "correct_contact": ("contact",),
    "resend": ("kind",),
    "retract": ("fact",),
    "quiet": ("role", "until"),
    "tell": ("kind", "answers"),
}
# A field that commands got later: one without it is the same command as ever, and so is its repeat under a key.
LATER = ("role", "answers")
TOLD, MOVED = "practice_said", "address_changed"
"""The mails of `tell`, and to the address that a contact has left: the only ones that no playbook names."""
LONGEST = timedelta(days=3653)
"""How far ahead a hold or a deadline may end: far less than what calendars and timers can count."""
PARAMETERS = tuple(dict.fromkeys(name for taken in TAKES.values() for name in taken))


def command(playbook: Playbook, onboarding: Onboarding, name: str, order: Command, now: datetime) -> Turn:
    """Carries out a command. Raises `Refused` with what is missing or why it cannot be."""
    if name not in COMMANDS:
        raise Refused(f"'{name}' is no command; there are {', '.join(COMMANDS)}.")
    draft = Draft(playbook, onboarding, now)
    body = order.model_dump(mode="json", exclude={"key", *(each for each in LATER if getattr(order, each) is None)})
    if known := seen(onboarding, order.key, name, body):
        return draft.turn("already_known", known)
    if not order.why:
        raise Refused(f"Say why ('why'): everybody who reads the journal after a {name} wants to know.")
    for parameter in PARAMETERS:
        if getattr(order, parameter) is not None and parameter not in TAKES.get(name, ()):
            raise Refused(f"{name} takes no '{parameter}'; leave it out.")
    draft.refuse_closed(f"{name} is not possible")
    text = COMMANDS[name](draft, order)
    remember(draft, order.key, name, body, text)
    return draft.turn("recorded", text)


def _enter(draft: Draft, name: str, order: Command, text: str) -> str:
    data = order.model_dump(mode="json", exclude={"by", "why", "key"}, exclude_none=True)
    draft.enter("command", name, text, order.by, why=order.why, data=data)
    return f"{text}."


def _ahead(draft: Draft, order: Command, what: str) -> datetime:
    if order.until is None:
        raise Refused(f"Say until when the {what} lasts ('until').")
    if order.until <= draft.now:
        raise Refused(f"{draft.shown(order.until)} has passed; the {what} must end in the future.")
    if order.until > draft.now + LONGEST:
        raise Refused(f"{draft.shown(order.until)} is more than ten years away; give an earlier end of the {what}.")
    return order.until


def _hold(draft: Draft, order: Command) -> str:
    until = _ahead(draft, order, "hold")
    _end_hold(draft)
    draft.change(holds=(*draft.onboarding.holds, Hold(start=draft.now, until=until)))
    return _enter(draft, "hold", order, f"On hold until {draft.shown(until)}")


def _resume(draft: Draft, order: Command) -> str:
    if on_hold(draft.onboarding, draft.now) is None:
        raise Refused(f"{draft.onboarding.id} is not on hold, so there is nothing to resume.")
    _end_hold(draft)
    return _enter(draft, "resume", order, "Resumed; the clocks run again")


def _end_hold(draft: Draft) -> None:
    if held := on_hold(draft.onboarding, draft.now):
        ended = held.model_copy(update={"resumed_at": draft.now})
        draft.change(holds=tuple(ended if hold is held else hold for hold in draft.onboarding.holds))


def _extend(draft: Draft, order: Command) -> str:
    until = _ahead(draft, order, "extension")
    stage, due_at = draft.standing.stage, draft.standing.visit.due_at
    if due_at is None:
        raise Refused(
            f"{draft.onboarding.id} has no deadline at the stage '{stage.name}', so there is nothing to extend."
        )
    if until <= due_at:
        raise Refused(f"{stage.title} is due {draft.shown(due_at)} already; an extension must end later.")
    held = on_hold(draft.onboarding, draft.now)
    if held and until <= held.end:
        raise Refused(f"The hold lasts until {draft.shown(held.end)}; extend to a later time, or resume first.")
    left = until - (held.end if held else draft.now)
    extension = Extension(stage=stage.name, given_at=draft.now, until=until, hours=left / timedelta(hours=1))
    draft.change(extensions=(*draft.onboarding.extensions, extension))
    return _enter(draft, "extend", order, f"{stage.title}: deadline moved to {draft.shown(until)}")


def _reassign(draft: Draft, order: Command) -> str:
    if order.assignee is None:
        raise Refused("Say who takes over ('assignee').")
    if order.assignee == draft.onboarding.assignee:
        raise Refused(f"{draft.onboarding.id} is assigned to {order.assignee} already.")
    before = draft.onboarding.assignee or "nobody"
    draft.change(assignee=order.assignee)
    return _enter(draft, "reassign", order, f"Reassigned from {before} to {order.assignee}")


def _correct_contact(draft: Draft, order: Command) -> str:
    standing, before = draft.standing, draft.onboarding.primary_contact
    try:
        after = Contact.model_validate({**before.model_dump(), **(order.contact or {})})
    except ValidationError as error:
        raise Refused(f"correct_contact: {complaint(error)}.") from None
    if after == before:
        raise Refused("The primary contact is on record like that already; give what has changed (name, email, phone).")
    draft.change(primary_contact=after)
    text = _enter(draft, "correct_contact", order, _corrected(before, after))
    if after.name == before.name and after.email != before.email:
        _take_along(draft, before, after)
        if order.by.startswith(BY_A_CONTACT):
            # Whoever has a link could do so; the address that mails have reached hears of it.
            say(draft, MOVED, Role.PRIMARY_CONTACT, told={"new": _hinted(after.email)}, person=before)
    follow(draft, standing)
    _send_again(draft, Role.PRIMARY_CONTACT, after.email)
    return text


def _take_along(draft: Draft, before: Contact, after: Contact) -> None:
    """What was agreed with a person holds at the new address too: the pause of reminders, and one mail a day."""
    quiet, reminded = draft.onboarding.quiet, draft.onboarding.reminded
    for kept, name in ((quiet, "quiet"), (reminded, "reminded")):
        if before.email in kept:
            others = {email: at for email, at in kept.items() if email != before.email}
            draft.change(**{name: {**others, after.email: kept[before.email]}})


def _hinted(email: str) -> str:
    """An address that its owner knows again, and nobody else learns."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _corrected(before: Contact, after: Contact) -> str:
    """Another name may be another person; a new address or number of the same one is not."""
    if after.name != before.name:
        return f"Primary contact is now {after.name}"
    fields = {"email": "e-mail address", "phone": "phone number"}
    changed = [what for name, what in fields.items() if getattr(after, name) != getattr(before, name)]
    return f"The {' and '.join(changed)} of {after.name}, the primary contact, changed"


def _send_again(draft: Draft, role: Role, email: str) -> None:
    """What never reached the old address goes to the new one."""
    latest: dict[str, Said] = {said.kind: said for said in draft.onboarding.said if said.to is role}
    for said in latest.values():
        failed = said.state in ("failed", "bounced") and said.email != email
        if failed and said.stage in (None, draft.standing.stage.name):
            say(draft, said.kind, role, about=said.about, stage=said.stage)


def _resend(draft: Draft, order: Command) -> str:
    if order.kind is None:
        raise Refused("Say which mail to send again ('kind').")
    sent = [said for said in draft.onboarding.said if said.kind == order.kind]
    if not sent:
        kinds = ", ".join(dict.fromkeys(said.kind for said in draft.onboarding.said)) or "none yet"
        raise Refused(f"No mail '{order.kind}' has been written here, so it cannot be sent again; there are: {kinds}.")
    text = _enter(draft, "resend", order, f"Sent again: {sent[-1].kind.replace('_', ' ')}")
    last = sent[-1]
    person = Contact(name=last.name, email=last.email) if last.kind == MOVED and last.name and last.email else None
    say(draft, last.kind, last.to, about=last.about, told=last.told, person=person)
    return text


def _retract(draft: Draft, order: Command) -> str:
    if order.fact is None:
        raise Refused("Say which fact to take back ('fact').")
    current = current_facts(draft.onboarding)
    fact = current.get(order.fact)
    if fact is None:
        raise Refused(_not_on_record(draft, order.fact, ", ".join(current) or "nothing yet"))
    before = draft.standing
    gone = fact.model_copy(update={"retracted": Signature(by=order.by, why=order.why, at=draft.now)})
    draft.change(facts=tuple(gone if each.number == fact.number else each for each in draft.onboarding.facts))
    text = _enter(draft, "retract", order, f"Taken back: {draft.playbook.fact(fact.name).phrase}")
    follow(draft, before)
    return text


def _not_on_record(draft: Draft, name: str, there: str) -> str:
    if known := draft.standing.known.get(name):
        return f"'{name}' was not reported, it follows from '{known.implied_by}'; take that back instead."
    return f"'{name}' is not on record, so it cannot be taken back; on record: {there}."


def _withdraw(draft: Draft, order: Command) -> str:
    draft.change(withdrawn=Signature(by=order.by, why=order.why, at=draft.now))
    return _enter(draft, "withdraw", order, "Withdrawn")


def _note(draft: Draft, order: Command) -> str:
    return _enter(draft, "note", order, "Note")


def _quiet(draft: Draft, order: Command) -> str:
    """Stops, or lets go on, the reminders to one person at the practice; the team's own clocks run on (DP14)."""
    if order.role not in PRACTICE_ROLES:
        raise Refused("Say who is not to be reminded ('role'): primary_contact or technical_contact.")
    title = order.role.value.replace("_", " ")
    person = contact(draft.playbook, draft.onboarding, order.role)
    if person is None:
        raise Refused(f"Nobody is named as {title}, so there is nobody to remind.")
    others = {email: until for email, until in draft.onboarding.quiet.items() if email != person.email}
    if order.until is None:
        if quiet_until(draft.onboarding, person, draft.now) is None:
            raise Refused(f"The {title} is reminded as usual, so there is no pause to end; give 'until' to begin one.")
        draft.change(quiet=others)
        return _enter(draft, "quiet", order, f"Reminders to the {title} go on")
    until = _ahead(draft, order, "pause of reminders")
    draft.change(quiet={**others, person.email: until})
    return _enter(draft, "quiet", order, f"No reminders to the {title} until {draft.shown(until)}")


def _tell(draft: Draft, order: Command) -> str:
    """What somebody at the practice has to say goes to whoever looks after it, and into the journal."""
    if order.kind is None:
        raise Refused("Say in a few words what it is about ('kind').")
    text = _enter(draft, "tell", order, order.kind)
    say(draft, TOLD, Role.ASSIGNEE, told={"by": order.by, "about": order.kind, "text": order.why or ""})
    return text


COMMANDS: dict[str, Callable[[Draft, Command], str]] = {
    "hold": _hold,
    "resume": _resume,
    "extend": _extend,
    "reassign": _reassign,
    "correct_contact": _correct_contact,
    "resend": _resend,
    "retract": _retract,
    "withdraw": _withdraw,
    "note": _note,
    "quiet": _quiet,
    "tell": _tell,
}
