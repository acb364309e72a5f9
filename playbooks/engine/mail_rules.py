"""What is said to whom: mails that go out because a fact became known, each once, and how a mail is ordered."""

from __future__ import annotations

from datetime import datetime

from playbooks.calendar import arithmetic
from playbooks.engine.deadlines import estimate
from playbooks.engine.facts import contact
from playbooks.engine.mail_context import words
from playbooks.engine.model import PRACTICE_ROLES, Message, Playbook, Role
from playbooks.engine.onboarding import Contact, Handover, MailOrder, Onboarding, Said
from playbooks.engine.stages import Standing
from playbooks.engine.transition import CLOCK, Draft


def follow(draft: Draft, before: Standing) -> None:
    """Sends what became due because the known facts changed from `before` to what they are now."""
    after = draft.standing
    for message in draft.playbook.messages:
        if message.lacking:
            _watch(draft, message, after)
        elif _applies(message, before, after):
            _send_once(draft, message)
    if after.complete and not before.complete:
        draft.enter("clock", "complete", f"{after.stage.title}: the onboarding is complete", CLOCK)
        if over := handover(draft.playbook, draft.onboarding, draft.now):
            draft.effects.append(over)


def handover(playbook: Playbook, onboarding: Onboarding, at: datetime) -> Handover | None:
    """What goes on with the practice after its onboarding; None if nothing does."""
    if playbook.then is None:
        return None
    return Handover(
        workflow=playbook.then.workflow,
        id=f"{playbook.then.prefix}/{onboarding.practice.id}",
        practice=onboarding.practice,
        primary_contact=onboarding.primary_contact,
        technical_contact=contact(playbook, onboarding, Role.TECHNICAL_CONTACT),
        assignee=onboarding.assignee,
        team_calendar=onboarding.team_calendar,
        practice_calendar=onboarding.practice_calendar,
        at=at,
        by=onboarding.id,
    )


def say(
    draft: Draft,
    kind: str,
    to: Role,
    *,
    about: str = "",
    stage: str | None = None,
    told: dict[str, str] | None = None,
    person: Contact | None = None,
) -> None:
    """Orders a mail to whoever holds the role now, or to `person`; without anybody in it, the journal says so.

    `told` is what the mail passes on in somebody's own words; its template finds it under that name. `moved` tells it
    that the same person was written to at another address before.
    """
    onboarding = draft.onboarding
    if person is None and to in PRACTICE_ROLES:
        person = contact(draft.playbook, onboarding, to)
    if to in PRACTICE_ROLES and person is None:
        text = f"Not written: {kind}, because nobody is named as {to.value.replace('_', ' ')}"
        draft.enter("mail", kind, text, CLOCK)
        return
    # The role stands for the person, so that no key holds an address; the ordinal tells two holders apart.
    ordinal = 1 + sum(1 for said in onboarding.said if said.kind == kind and said.to == to)
    mail = MailOrder(
        key=f"{onboarding.id}/{onboarding.run}/{kind}/{to.value}/{ordinal}",
        kind=kind,
        to=to,
        name=person.name if person else None,
        email=person.email if person else None,
        handle=onboarding.assignee if to is Role.ASSIGNEE else None,
        stage=stage,
        at=draft.now,
        words=words(draft.playbook, onboarding, draft.standing, draft.now, to)
        | {"moved": person is not None and _has_moved(onboarding, to, person)}
        | ({"told": told} if told else {}),
    )
    said = Said(
        key=mail.key,
        kind=kind,
        to=to,
        email=mail.email,
        name=mail.name,
        about=about,
        stage=stage,
        at=draft.now,
        told=told or {},
    )
    draft.change(said=(*onboarding.said, said))
    if mail.email and draft.playbook.is_reminder(kind):
        # A day has room for one, whoever had it sent.
        draft.change(reminded={**onboarding.reminded, mail.email: draft.now})
    draft.effects.append(mail)


def _has_moved(onboarding: Onboarding, to: Role, person: Contact) -> bool:
    before = [said for said in onboarding.said if said.to is to and said.name == person.name]
    return bool(before) and before[-1].email != person.email


def _applies(message: Message, before: Standing, after: Standing) -> bool:
    known = after.known.get(message.on)
    if known is None or any(name in after.known for name in message.unless):
        return False
    if known.fact is None and not message.even_implied:
        return False
    if message.once_per != "onboarding":
        # What it is about decides, and that may change with any fact.
        return True
    was = before.known.get(message.on)
    return was is None or was.fact != known.fact


def _send_once(draft: Draft, message: Message) -> None:
    """Sends a message unless it has been said already, to the same person and about the same estimate."""
    before = {each.kind for each in draft.onboarding.said if each.to == message.to}
    if message.after and message.after not in before:
        return
    about = _about(draft, message)
    said = [each for each in draft.onboarding.said if each.kind == message.kind and each.to == message.to]
    if not said or (message.once_per != "onboarding" and said[-1].about != about):
        say(draft, message.kind, message.to, about=about)


def _about(draft: Draft, message: Message) -> str:
    if message.once_per == "recipient":
        person = contact(draft.playbook, draft.onboarding, message.to)
        return person.email if person else ""
    if message.once_per == "estimate":
        promised = estimate(draft.playbook, draft.onboarding, draft.standing.known)
        if promised:
            # Holds left out: that one moves the date is no news about the practice's size.
            place = draft.onboarding.team_calendar
            return f"{arithmetic.due(place, promised.start, promised.allowance):%Y-%m-%d}"
    return ""


def _watch(draft: Draft, message: Message, standing: Standing) -> None:
    """Alerts once while one fact is known and another, which it cannot do without, is not."""
    key = f"alert {message.kind} {message.lacking}"
    done = draft.onboarding.done
    if message.on not in standing.known or message.lacking in standing.known:
        if key in done:
            draft.change(done=tuple(each for each in done if each != key))
    elif key not in done and message.lacking and not any(name in standing.known for name in message.unless):
        draft.change(done=(*done, key))
        there, missing = draft.playbook.fact(message.on), draft.playbook.fact(message.lacking)
        draft.enter("alert", message.kind, f"{there.title}, but not on record: {missing.phrase}", CLOCK)
        say(draft, message.kind, message.to)
