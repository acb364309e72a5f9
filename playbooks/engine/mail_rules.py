"""What is said to whom: mails that go out because a fact became known, each once, and how a mail is ordered."""

from __future__ import annotations

from playbooks.calendar import arithmetic
from playbooks.engine.deadlines import estimate
from playbooks.engine.facts import CurrentFact, contact, holders
from playbooks.engine.mail_context import context
from playbooks.engine.model import CLOCK, PHARMACY_ROLES, MailRule, Role, spoken
from playbooks.engine.onboarding import Contact, MailOrder, Onboarding, SentMail
from playbooks.engine.stages import Position
from playbooks.engine.transition import Transition


def order_due_mails(transition: Transition, before: Position) -> None:
    """Orders what became due because the known facts changed from `before` to what they are now."""
    after = transition.position
    for rule in transition.playbook.mail_rules:
        if rule.lacking:
            _watch(transition, rule, after)
            continue
        for of in _keys(transition, rule):
            if _applies(rule, before, after, of):
                _send_once(transition, rule, of)


def _keys(transition: Transition, rule: MailRule) -> tuple[str | None, ...]:
    """A mail goes out for each of which its fact is reported, and else to each holder of its role."""
    known = transition.position.facts.get(rule.on)
    if known is not None and known.by_key:
        return tuple(known.by_key)
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
) -> None:
    """Orders a mail to whoever holds the role now, or to `person`; without anybody in it, the journal says so.

    `of` is of which of several facts of one name, and holders of one role, it is about.
    `quote` is what the mail passes on in somebody's own words; its template finds it under that name. `moved` tells it
    that the same person was written to at another address before.
    """
    onboarding = transition.onboarding
    if person is None and to not in PHARMACY_ROLES:
        person = contact(transition.playbook, onboarding, to, of)
    if to not in PHARMACY_ROLES and person is None:
        text = f"Not written: {kind}, because nobody is named as {spoken(to)}"
        transition.add_entry("mail", kind, text, CLOCK)
        return
    # The role stands for the person, so that no key holds an address; the ordinal tells two holders apart.
    ordinal = 1 + sum(1 for said in onboarding.mails if said.kind == kind and said.to == to)
    mail = MailOrder(
        key=f"{onboarding.id}/{onboarding.run}/{kind}/{to}/{ordinal}",
        kind=kind,
        to=to,
        name=person.name if person else None,
        email=person.email if person else None,
        handle=onboarding.assignee if to == Role.ASSIGNEE else None,
        stage=stage,
        at=transition.now,
        context=context(transition.playbook, onboarding, transition.position, transition.now, to, of)
        | {"moved": person is not None and _has_moved(onboarding, to, person)}
        | ({"quote": quote} if quote else {}),
    )
    said = SentMail(
        key=mail.key,
        kind=kind,
        to=to,
        email=mail.email,
        name=mail.name,
        of=of,
        about=about,
        stage=stage,
        at=transition.now,
        quote=quote or {},
    )
    transition.change(mails=(*onboarding.mails, said))
    if mail.email and transition.playbook.is_reminder(kind):
        # A day has room for one, whoever had it sent.
        transition.change(reminded_at={**onboarding.reminded_at, mail.email: transition.now})
    transition.effects.append(mail)


def send_failed_again(transition: Transition, only: str | None = None) -> None:
    """Orders again what never reached an earlier address of the primary contact, and is still of use.

    With `only`, no more than the mail with that key.
    """
    role, email = Role.PRIMARY_CONTACT, transition.onboarding.primary_contact.email
    ours = (said for said in transition.onboarding.mails if said.to == role)
    latest = {said.kind: said for said in ours if said.kind in transition.playbook.mail_kinds}
    for said in latest.values():
        failed = said.state in ("failed", "bounced") and said.email != email
        if failed and only in (None, said.key) and said.stage in (None, transition.position.stage.name):
            order_mail(transition, said.kind, role, of=said.of, about=said.about, stage=said.stage)


def _has_moved(onboarding: Onboarding, to: str, person: Contact) -> bool:
    before = [said for said in onboarding.mails if said.to == to and said.name == person.name]
    return bool(before) and before[-1].email != person.email


def _applies(rule: MailRule, before: Position, after: Position, of: str | None) -> bool:
    known = report_of(after, rule.on, of)
    if known is None or any(after.has(name) for name in rule.unless):
        return False
    if known.fact is None and not rule.even_implied:
        return False
    if rule.once_per != "onboarding":
        # What it is about decides, and that may change with any fact.
        return True
    was = report_of(before, rule.on, of)
    return was is None or was.fact != known.fact


def report_of(position: Position, name: str, of: str | None) -> CurrentFact | None:
    """What is known of a fact, or of one of several."""
    known = position.facts.get(name)
    return known.by_key.get(of) if known and of and known.by_key else known


def _send_once(transition: Transition, rule: MailRule, of: str | None) -> None:
    """Sends a mail unless it has been said already, to the same person and about the same estimate."""
    mine = [each for each in transition.onboarding.mails if (each.to, each.of) == (rule.to, of)]
    if rule.after and rule.after not in {each.kind for each in mine}:
        return
    about = _about(transition, rule, of)
    said = [each for each in mine if each.kind == rule.kind]
    if not said or (rule.once_per != "onboarding" and said[-1].about != about):
        order_mail(transition, rule.kind, rule.to, of=of, about=about)


def _about(transition: Transition, rule: MailRule, of: str | None) -> str:
    if rule.once_per == "recipient":
        person = contact(transition.playbook, transition.onboarding, rule.to, of)
        return person.email if person else ""
    if rule.once_per == "estimate":
        promised = estimate(transition.playbook, transition.onboarding, transition.position.facts)
        if promised:
            # Holds left out: that one moves the date is no news about the practice's size.
            place = transition.onboarding.team_calendar
            return f"{arithmetic.due(place, promised.start, promised.allowance):%Y-%m-%d}"
    return ""


def _watch(transition: Transition, rule: MailRule, position: Position) -> None:
    """Alerts once while one fact is known and another, which it cannot do without, is not."""
    key = f"alert {rule.kind} {rule.lacking}"
    done = transition.onboarding.fired_timers
    assert rule.lacking is not None
    if not position.has(rule.on) or position.has(rule.lacking):
        if key in done:
            transition.change(fired_timers=tuple(each for each in done if each != key))
    elif key not in done and not any(position.has(name) for name in rule.unless):
        transition.change(fired_timers=(*done, key))
        there, missing = transition.playbook.fact(rule.on), transition.playbook.fact(rule.lacking)
        transition.add_entry("alert", rule.kind, f"{there.title}, but not on record: {missing.phrase}", CLOCK)
        order_mail(transition, rule.kind, rule.to)
