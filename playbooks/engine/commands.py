"""The commands: what people decide about an onboarding. Each takes who and why, and is an entry of the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from playbooks.engine.consequences import draw_consequences, take_back
from playbooks.engine.contact_changes import all_holders, follow_changes
from playbooks.engine.idempotency import previous_answer, with_answer
from playbooks.engine.mail_commands import drop_held, forward, resend, send_held
from playbooks.engine.mail_rules import drop_mail, order_mail
from playbooks.engine.model import Playbook, Role
from playbooks.engine.onboarding import Command, Extension, Hold, Onboarding, Signature
from playbooks.engine.practice_commands import correct_contact, correct_practice, quiet, tell
from playbooks.engine.retraction import retractable_report
from playbooks.engine.stages import on_hold
from playbooks.engine.transition import Refused, Result, Transition, future_end, missing

# What each command takes besides `by`, `why` and `key`.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "hold": ("until",),
    "extend": ("until",),
    "reassign": ("assignee", "instead_of"),
    "correct_contact": ("contact",),
    "correct_practice": ("practice",),
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
AFTER_THE_END = ("send_held", "drop_held", "correct_practice", "correct_contact")
"""Commands for closed onboardings too: one with a held mail stays until that is sent or dropped, and what a practice is
called, where it is, and whom we reach there is shown for as long as it is ours."""
MENTIONED = "mentioned"
"""The mail to a colleague whom a note names; no playbook names it."""
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
        raise missing("Say why", "why", more=": everybody who reads the journal sees the reason.")
    for parameter in ALL_PARAMETERS:
        if getattr(order, parameter) is not None and parameter not in PARAMETERS.get(name, ()):
            raise Refused(f"{name} takes no '{parameter}'; leave it out.")
    if name not in AFTER_THE_END:
        transition.refuse_closed(f"{name} is not possible")
    text = COMMANDS[name](transition, order)
    transition.refuse_unused_choices()
    transition.change(answers=with_answer(onboarding.answers, order.key, name, body, text))
    return transition.result("recorded", text)


def _hold(transition: Transition, order: Command) -> str:
    until = future_end(transition, order, "hold")
    _end_hold(transition)
    transition.change(holds=(*transition.onboarding.holds, Hold(start=transition.now, until=until)))
    return transition.add_decision("hold", order, f"On hold until {transition.format_time(until)}")


def _resume(transition: Transition, order: Command) -> str:
    if on_hold(transition.onboarding, transition.now) is None:
        raise transition.refused("is not on hold, so there is nothing to resume.")
    _end_hold(transition)
    return transition.add_decision("resume", order, "Resumed; deadlines and reminders continue")


def _end_hold(transition: Transition) -> None:
    if held := on_hold(transition.onboarding, transition.now):
        ended = held.model_copy(update={"resumed_at": transition.now})
        transition.change(holds=tuple(ended if hold is held else hold for hold in transition.onboarding.holds))


def _extend(transition: Transition, order: Command) -> str:
    """Moves the deadline of the present stage: later, or earlier again, but never before the playbook's own."""
    moved_back = order.until is not None and _drop_extensions(transition, order.until)
    stage, due_at = transition.position.stage, transition.position.visit.due_at
    if moved_back and order.until and due_at and _minute(order.until) == _minute(due_at):
        return transition.add_decision(
            "extend", order, f"{stage.title}: deadline moved back to {transition.format_time(due_at)}"
        )
    until = future_end(transition, order, "extension")
    if due_at is None:
        why, nothing = "has no deadline at the stage", "so there is nothing to extend."
        raise Refused(
            f"{transition.onboarding.id} {why} '{stage.name}', {nothing}",
            plain=f"{transition.onboarding.practice.name} {why} “{stage.title}”, {nothing}",
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
    return transition.add_decision("extend", order, f"{stage.title}: deadline moved to {transition.format_time(until)}")


def _drop_extensions(transition: Transition, until: datetime) -> bool:
    """Drops extensions of the present stage, the last first, as long as its deadline is later than `until`.

    Deadlines are typed and shown to the minute. Returns whether it has dropped any.
    """
    stage, before = transition.position.stage.name, transition.onboarding.extensions
    while (due_at := transition.position.visit.due_at) and _minute(due_at) > _minute(until):
        kept = transition.onboarding.extensions
        last = next((each for each in reversed(kept) if each.stage == stage), None)
        if last is None:
            break
        transition.change(extensions=tuple(each for each in kept if each is not last))
    return transition.onboarding.extensions != before


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _reassign(transition: Transition, order: Command) -> str:
    now, before = transition.onboarding.assignee, transition.onboarding.assignee or "nobody"
    if order.assignee is None and order.instead_of is None:
        raise missing("Say who takes over", "assignee")
    if order.instead_of is not None and order.instead_of != now:
        raise transition.refused(f"is now assigned to {before}, not to {order.instead_of}.")
    if order.assignee == now:
        raise transition.refused(f"is assigned to {order.assignee} already.")
    transition.change(assignee=order.assignee)
    after = order.assignee or "nobody"
    text = (
        f"Taken back from {before}; assigned to {after}"
        if order.instead_of
        else f"Handed over from {before} to {after}"
    )
    return transition.add_decision("reassign", order, text)


def _retract(transition: Transition, order: Command) -> str:
    if order.fact is None:
        raise missing("Say which fact to take back", "fact")
    before, people = transition.position, all_holders(transition)
    fact = retractable_report(transition.playbook, transition.onboarding, before, order.fact, order.of)
    signed = Signature(by=order.by, why=order.why, at=transition.now)
    text = transition.add_decision("retract", order, take_back(transition, fact, signed))
    follow_changes(transition, people, order.by)
    draw_consequences(transition, before)
    return text


def _withdraw(transition: Transition, order: Command) -> str:
    transition.change(withdrawn=Signature(by=order.by, why=order.why, at=transition.now))
    for mail in transition.onboarding.mails:
        if mail.state == "held":
            drop_mail(transition, mail, "engine", "not sent: the onboarding was withdrawn")
    return transition.add_decision("withdraw", order, "Withdrawn")


def _note(transition: Transition, order: Command) -> str:
    """Keeps a note, and tells the colleagues whom it names, but not who wrote it."""
    text = transition.add_decision("note", order, "Note")
    for handle in order.mentions or ():
        if handle != order.by:
            order_mail(
                transition, MENTIONED, Role.TEAM_MEMBER, handle=handle, quote={"by": order.by, "text": order.why or ""}
            )
    return text


COMMANDS: dict[str, Callable[[Transition, Command], str]] = {
    "hold": _hold,
    "resume": _resume,
    "extend": _extend,
    "reassign": _reassign,
    "correct_contact": correct_contact,
    "correct_practice": correct_practice,
    "resend": resend,
    "send_held": send_held,
    "drop_held": drop_held,
    "retract": _retract,
    "withdraw": _withdraw,
    "note": _note,
    "quiet": quiet,
    "forward": forward,
    "tell": tell,
}
