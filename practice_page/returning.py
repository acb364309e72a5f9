"""A contact who said that they are not the right person takes that back (DP7)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from desk.practice_files import playbook_called
from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from playbooks.engine.facts import contact
from playbooks.engine.model import FactType, Playbook, Role, role_phrase
from playbooks.engine.onboarding import Contact, Onboarding, Report
from playbooks.engine.practice_commands import AFTER_ALL
from playbooks.engine.replies import reply_of
from playbooks.engine.stages import position_of, status
from playbooks.engine.states import CLOSED
from practice_page.actions.base import Outcome, send_command, send_last_again
from practice_page.visitor import PATIENCE, Visitor
from store.accounts import practice_links
from store.accounts.practice_links import Link
from templates.languages import marked, say

MAX_AGE = timedelta(days=7)
"""For how long it can be taken back."""


async def find_declined(desk: Desk, secret: str) -> Visitor | None:
    """Returns the contact with this link if they said that they are not the right person, and can take it back: while
    nobody else was named, the onboarding is open, and for `MAX_AGE`."""
    link = await practice_links.find(desk.database, secret, over=True)
    if link is None or link.revoked_at is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            state = await desk.state(link.onboarding)
    except (NotFound, NoAnswer, TimeoutError):
        return None
    playbook, onboarding = playbook_called(state.onboarding.playbook), state.onboarding
    reply = reply_of(onboarding, link.role, link.email, "declined")
    if onboarding.run != link.run or reply is None or state.now - reply.at > MAX_AGE:
        return None
    if status(onboarding, position_of(playbook, onboarding), state.now) in CLOSED:
        return None
    person = _declined(playbook, onboarding, link)
    return Visitor(secret, link, playbook, onboarding, person, state.now) if person else None


def _declined(playbook: Playbook, onboarding: Onboarding, link: Link) -> Contact | None:
    """Returns who declined, with the details on record; None if somebody else has the role now."""
    if link.role == Role.PRIMARY_CONTACT:
        primary = onboarding.primary_contact
        return primary if primary.email == link.email else None
    fact = _naming_fact(playbook, link.role)
    if fact is None or contact(playbook, onboarding, link.role):
        return None
    named = [each for each in onboarding.facts if each.name == fact.name and each.data.get("email") == link.email]
    return Contact.model_validate(named[-1].data) if named else None


def _naming_fact(playbook: Playbook, role: str) -> FactType | None:
    return next((fact for fact in playbook.facts if fact.contact == role and fact.per is None), None)


async def take_back(desk: Desk, visitor: Visitor, key: str) -> Outcome:
    """Makes the contact the right person again, tells the team, and sends the last mail with a new link."""
    role, name = role_phrase(visitor.role), visitor.short_name
    about = f"{name} {AFTER_ALL}"
    why = f"{name} said so by mistake, and is the {role} again. Their last mail was sent again, with a new link."
    if visitor.role == Role.PRIMARY_CONTACT:
        await send_last_again(desk, visitor, key)
    else:
        fact = _naming_fact(visitor.playbook, visitor.role)
        assert fact is not None, "find_declined checks it"
        data = visitor.contact.model_dump(exclude_none=True)
        report = Report(data=data, by=visitor.by, key=f"{fact.name} {key}")
        await desk.record(visitor.onboarding.id, fact.name, report)
    await send_command(desk, visitor, "tell", key, kind=about, why=why)
    if visitor.role == Role.PRIMARY_CONTACT:
        done = say("Thank you: you are the primary contact again, and our team knows.")
    else:
        done = say("Thank you: you are the technical contact again, and our team knows.")
    sent = marked("We have sent our last mail to %(email)s again; the link in it opens your page.")
    return Outcome(f"{done} {say(sent, email=visitor.contact.email)}")
