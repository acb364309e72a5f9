"""Applies the mail rules of a playbook when facts change, and orders mails."""

from __future__ import annotations

from typing import Literal

from playbooks.calendar import arithmetic
from playbooks.engine.deadlines import estimate
from playbooks.engine.facts import CurrentFact, contact, holders
from playbooks.engine.mail_context import context
from playbooks.engine.model import CLOCK, PHARMACY_ROLES, MailRule, Role, role_phrase
from playbooks.engine.onboarding import Contact, MailDrop, MailOrder, Onboarding, SentMail
from playbooks.engine.replies import has_declined
from playbooks.engine.stages import Position
from playbooks.engine.transition import Transition

FORWARDED = "forwarded"
"""The mail to a colleague whom a contact names, who has no role; no playbook names it."""


def order_due_mails(transition: Transition, before: Position) -> None:
    """Orders the mails that became due since `before`."""
    after = transition.position
    for rule in transition.playbook.mail_rules:
        if rule.lacking:
            _alert_if_lacking(transition, rule, after)
            continue
        for of in _keys(transition, rule):
            if _applies(rule, before, after, of):
                _send_once(transition, rule, of)


def _keys(transition: Transition, rule: MailRule) -> tuple[str | None, ...]:
    """Returns the keys to send a mail for: those of its fact, else those of the holders of its role."""
    current = transition.position.facts.get(rule.on)
    if current is not None and current.by_key:
        return tuple(current.by_key)
    return tuple(holders(transition.playbook, transition.onboarding, rule.to)) or (None,)


def order_mail(
    transition: Transition,
    kind: str,
    to: str,
    *,
    of: str | None = None,
    about: str = "",
    stage: str | None = None,
    quote: dict[str, str] | None = None,
    person: Contact | None = None,
    paragraph: str | None = None,
    handle: str | None = None,
) -> None:
    """Orders a mail to the holder of a role, or to `person`, who held it. If nobody does, the journal says so instead.

    `of` is the key of the fact, or of the holder, that it is about. `quote` is text that the mail passes on verbatim.
    The context's `moved_from` is the address at which the same person was written to before. One to the practice is as
    the step's choices say: held back, or with a paragraph. `handle` is that of a colleague who is neither.
    """
    former = person is not None
    if person is None and to not in PHARMACY_ROLES:
        person = contact(transition.playbook, transition.onboarding, to, of)
    if to not in PHARMACY_ROLES and person is None:
        text = f"Not written: {kind}, because nobody is named as {role_phrase(to)}"
        transition.add_entry("mail", kind, text, CLOCK)
        return
    choice = transition.choice(kind) if to not in PHARMACY_ROLES else None
    held = choice is not None and choice.hold
    for earlier in held_mails(transition.onboarding, to, of):
        if earlier.kind == kind and not former:
            drop_mail(transition, earlier, "engine", "not sent: a newer mail took its place")
    onboarding = transition.onboarding
    # The key names the role, so that it holds no address; the ordinal tells two holders apart.
    ordinal = 1 + sum(1 for sent in onboarding.mails if sent.kind == kind and sent.to == to)
    mail = SentMail(
        key=f"{onboarding.id}/{onboarding.run}/{kind}/{to}/{ordinal}",
        kind=kind,
        to=to,
        email=person.email if person else None,
        name=person.name if person else handle,
        of=of,
        about=about,
        stage=stage,
        at=transition.now,
        state="held" if held else "queued",
        quote=quote or {},
        paragraph=choice.paragraph if choice else paragraph,
        cause=transition.cause if held else None,
    )
    order = _order(transition, mail, person, former=former)
    transition.change(mails=(*onboarding.mails, mail))
    if held:
        text = f"Held back: {kind.replace('_', ' ')}, to the {role_phrase(to)}"
        transition.add_entry("mail", kind, text, transition.by, data={"key": mail.key, "state": "held"})
    elif mail.email and transition.playbook.is_reminder(kind):
        # One reminder a day, also when a person had it sent.
        transition.change(reminded_at={**onboarding.reminded_at, mail.email: transition.now})
    transition.effects.append(order)


def _order(transition: Transition, mail: SentMail, person: Contact | None, *, former: bool) -> MailOrder:
    """Returns the order of a mail with today's data. `former`: the person has no role, or no longer.

    With a link to the practice's page for who holds the role and has not declined it, and in a forwarded page.
    """
    onboarding, to, internal = transition.onboarding, mail.to, mail.to in PHARMACY_ROLES
    return MailOrder(
        key=mail.key,
        kind=mail.kind,
        to=to,
        name=None if internal else mail.name,
        email=mail.email,
        handle={Role.ASSIGNEE: onboarding.assignee, Role.TEAM_MEMBER: mail.name}.get(Role(to)) if internal else None,
        stage=mail.stage,
        link=mail.kind == FORWARDED or (not former and not has_declined(onboarding, to, mail.email)),
        at=transition.now,
        context=context(transition.playbook, onboarding, transition.position, transition.now, to, mail.of)
        | {"moved_from": _previous_address(onboarding, to, person) if person and not former else None}
        | ({"quote": mail.quote} if mail.quote else {})
        | ({"paragraph": mail.paragraph} if mail.paragraph else {}),
        held=mail.state == "held",
    )


def release_mail(
    transition: Transition,
    mail: SentMail,
    person: Contact,
    paragraph: str | None,
    *,
    former: bool,
) -> None:
    """Sends a held mail, with today's data, to who holds the role now; `former` as above."""
    changed = {"state": "queued", "email": person.email, "name": person.name, "paragraph": paragraph, "cause": None}
    sent = mail.model_copy(update=changed)
    order = _order(transition, sent, person, former=former)
    _replace(transition, sent)
    transition.effects.append(order.model_copy(update={"released": True}))


def drop_mail(transition: Transition, mail: SentMail, by: Literal["person", "engine"], why: str) -> None:
    """Drops a held mail, which then is never sent."""
    _replace(transition, mail.model_copy(update={"state": "cancelled", "dropped": by}))
    transition.effects.append(MailDrop(key=mail.key, why=why))


def held_mails(onboarding: Onboarding, role: str, of: str | None = None) -> list[SentMail]:
    """Returns the mails to a role that are held; with `of`, those to its holder with this key."""
    mails = (mail for mail in onboarding.mails if mail.state == "held" and mail.to == role)
    return [mail for mail in mails if of is None or mail.of in (None, of)]


def _replace(transition: Transition, mail: SentMail) -> None:
    mails = transition.onboarding.mails
    transition.change(mails=tuple(mail if each.key == mail.key else each for each in mails))


def send_failed_again(transition: Transition, only: str | None = None) -> None:
    """Orders the mails again that failed at an earlier address of the primary contact, unless they are obsolete.

    With `only`, just the mail with that key.
    """
    role, email = Role.PRIMARY_CONTACT, transition.onboarding.primary_contact.email
    mails = (mail for mail in transition.onboarding.mails if mail.to == role)
    latest = {mail.kind: mail for mail in mails if mail.kind in transition.playbook.mail_kinds}
    for mail in latest.values():
        failed = mail.state in ("failed", "bounced") and mail.email != email
        if failed and only in (None, mail.key) and mail.stage in (None, transition.position.stage.name):
            _again(transition, mail)


def send_last_again(transition: Transition, role: str, email: str) -> None:
    """Orders the last mail of a playbook to this address again, to who holds the role now, unless it is obsolete."""
    mails = (mail for mail in transition.onboarding.mails if (mail.to, mail.email) == (role, email))
    fitting = [mail for mail in mails if mail.stage in (None, transition.position.stage.name)]
    for mail in [mail for mail in fitting if mail.kind in transition.playbook.mail_kinds][-1:]:
        if mail.state != "held":
            _again(transition, mail)


def sent_again(transition: Transition, before: Onboarding) -> str:
    """Returns the sentence that says which mails this step sends to the practice, and to whom; empty if none.

    These are mails that were written before, and those to a former contact or address.

    `before` is the onboarding before the step.
    """
    written = {(mail.kind, mail.to) for mail in _written(before) if mail.kind in transition.playbook.mail_kinds}
    orders = (each for each in transition.effects if isinstance(each, MailOrder) and not each.held)
    sent: dict[str, list[str]] = {}
    for each in orders:
        if each.email and ((each.kind, each.to) in written or each.kind not in transition.playbook.mail_kinds):
            what = f"“{each.kind.replace('_', ' ')}” to {each.email}"
            sent.setdefault(again_to(before, each.kind, each.email), []).append(what)
    return "".join(f" Sending{again}: {', '.join(those)}." for again, those in sent.items())


def again_to(before: Onboarding, kind: str, email: str) -> str:
    """Returns ` again` for a mail that is sent to an address which had it before; empty for another address."""
    return " again" if (kind, email) in {(mail.kind, mail.email) for mail in _written(before)} else ""


def _written(onboarding: Onboarding) -> list[SentMail]:
    return [mail for mail in onboarding.mails if mail.state not in ("held", "cancelled")]


def _again(transition: Transition, mail: SentMail) -> None:
    order_mail(transition, mail.kind, mail.to, of=mail.of, about=mail.about, stage=mail.stage, paragraph=mail.paragraph)


def last_mail_to(onboarding: Onboarding, role: str, email: str) -> SentMail | None:
    mails = [mail for mail in onboarding.mails if (mail.to, mail.email) == (role, email)]
    return mails[-1] if mails else None


def _previous_address(onboarding: Onboarding, to: str, person: Contact) -> str | None:
    """Returns the address of the last mail to the same person, if it was another."""
    mails = (mail for mail in onboarding.mails if mail.state != "held" and not mail.dropped)
    before = [mail.email for mail in mails if mail.to == to and mail.name == person.name]
    return before[-1] if before and before[-1] != person.email else None


def _applies(rule: MailRule, before: Position, after: Position, of: str | None) -> bool:
    now = report_of(after, rule.on, of)
    if now is None or any(after.has(name) for name in rule.unless):
        return False
    if now.fact is None and not rule.even_implied:
        return False
    if rule.complete:
        return after.has(rule.on) and not before.has(rule.on)
    if rule.once_per != "onboarding":
        # The recipient or the estimate decides (`_send_once`), which any fact may change.
        return True
    was = report_of(before, rule.on, of)
    return was is None or was.fact != now.fact


def report_of(position: Position, name: str, of: str | None) -> CurrentFact | None:
    """Returns a current fact, or its report with the key `of`."""
    current = position.facts.get(name)
    return current.by_key.get(of) if current and of and current.by_key else current


def _send_once(transition: Transition, rule: MailRule, of: str | None) -> None:
    """Orders a mail unless it was sent already, to the same person and about the same estimate.

    Who has declined gets only what the practice is owed.
    """
    person = contact(transition.playbook, transition.onboarding, rule.to, of)
    if person and has_declined(transition.onboarding, rule.to, person.email) and not rule.owed:
        return
    to_role = [mail for mail in transition.onboarding.mails if (mail.to, mail.of) == (rule.to, of)]
    if rule.after and rule.after not in {mail.kind for mail in to_role if mail.state != "held" and not mail.dropped}:
        return
    about = _about(transition, rule, of)
    # One that was dropped with its fact is due again with the next.
    sent = [mail for mail in to_role if mail.kind == rule.kind and mail.dropped != "engine"]
    if not sent or (rule.once_per != "onboarding" and sent[-1].about != about):
        order_mail(transition, rule.kind, rule.to, of=of, about=about)


def _about(transition: Transition, rule: MailRule, of: str | None) -> str:
    if rule.once_per == "recipient":
        person = contact(transition.playbook, transition.onboarding, rule.to, of)
        return person.email if person else ""
    if rule.once_per == "estimate":
        expected = estimate(transition.playbook, transition.onboarding, transition.position.facts)
        if expected:
            # Without holds: they move the date, but say nothing new about the practice's size.
            calendar = transition.onboarding.team_calendar
            return f"{arithmetic.due(calendar, expected.start, expected.allowance):%Y-%m-%d}"
    return ""


def _alert_if_lacking(transition: Transition, rule: MailRule, position: Position) -> None:
    """Sends an alert once while the fact `on` is known and the fact `lacking`, which it needs, is not."""
    key = f"alert {rule.kind} {rule.lacking}"
    fired = transition.onboarding.fired_timers
    assert rule.lacking is not None
    if not position.has(rule.on) or position.has(rule.lacking):
        if key in fired:
            transition.change(fired_timers=tuple(each for each in fired if each != key))
    elif key not in fired and not any(position.has(name) for name in rule.unless):
        transition.change(fired_timers=(*fired, key))
        there, missing = transition.playbook.fact(rule.on), transition.playbook.fact(rule.lacking)
        transition.add_entry("alert", rule.kind, f"{there.title}, but not on record: {missing.phrase}", CLOCK)
        order_mail(transition, rule.kind, rule.to)
