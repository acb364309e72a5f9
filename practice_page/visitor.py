"""The visitor of the practice's page: a contact who holds a valid link and still has the role."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from desk.feed_status import watched
from desk.feed_watch import reconnection_id
from desk.practice_files import playbook_called
from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from integrations.model import Integration
from integrations.registry import RECONNECTION, integration_of
from playbooks.engine.facts import contact, holders
from playbooks.engine.mail_commands import COLLEAGUE
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Contact, Onboarding, contact_handle
from playbooks.engine.replies import has_declined
from playbooks.engine.stages import position_of, status
from playbooks.engine.states import CLOSED, Status
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Watch
from playbooks.registry import PLAYBOOKS, feed_of
from store.accounts import practice_links
from store.accounts.practice_links import Link
from workflows.contracts import State

PATIENCE = 6.0
"""Seconds in which an onboarding must answer."""
RULES = PLAYBOOKS[RECONNECTION]


@dataclass(frozen=True)
class Visitor:
    """A contact with a valid link. `now` is the time on the onboarding's own clock.

    `watch` is the feed watch of a connected practice, which has the contacts from then on; None if it does not answer.
    `reconnection` is the open one while the connection is lost. `guest` is the address of the colleague who reads the
    page of this contact, because they forwarded it; a guest does nothing.
    """

    secret: str
    link: Link
    playbook: Playbook
    onboarding: Onboarding
    contact: Contact
    now: datetime
    watch: Watch | None = None
    reconnection: State | None = None
    guest: str | None = None

    @property
    def acting(self) -> Visitor:
        """The visitor as a contact of the open reconnection, if there is one: what they do concerns that."""
        state = self.reconnection
        person = contact(RULES, state.onboarding, self.role) if state else None
        if state is None or person is None or self.contact.name != person.name:
            return self
        return Visitor(self.secret, self.link, RULES, state.onboarding, person, state.now, guest=self.guest)

    @property
    def technical(self) -> Contact | None:
        if self.watch:
            return self.watch.subject.technical_contact
        return contact(self.playbook, self.onboarding, TECHNICAL_CONTACT)

    @cached_property
    def status(self) -> Status:
        return status(self.onboarding, position_of(self.playbook, self.onboarding), self.now)

    @property
    def integration(self) -> Integration:
        return integration_of(self.playbook.name)

    @property
    def role(self) -> str:
        return self.link.role

    @property
    def here(self) -> str:
        return f"{practice_links.PATH}{self.secret}"

    @property
    def short_name(self) -> str:
        return self.contact.name if len(self.contact.name) <= 80 else f"{self.contact.name[:80]}…"

    @property
    def by(self) -> str:
        """The name by which the journal records what this visitor does; it reveals no address."""
        return contact_handle(self.contact.name, self.link.role)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.onboarding.practice.time_zone)


async def find_visitor(desk: Desk, secret: str) -> Visitor | None:
    """Returns the visitor with this link, None if it is invalid. Raises `NoAnswer` if the onboarding does not."""
    link = await practice_links.find(desk.database, secret)
    return await _find(desk, secret, link) if link else None


async def find_reader(desk: Desk, secret: str) -> Visitor | None:
    """Returns the visitor with this link, also a guest: as the contact who forwarded the page to them."""
    link = await practice_links.find(desk.database, secret)
    if link is None or link.role != COLLEAGUE:
        return await _find(desk, secret, link) if link else None
    state = await _state(desk, link)
    by = forwarder(state.onboarding, link) if state else None
    visitor = await _find(desk, secret, replace(link, role=by.role, email=by.email)) if by else None
    return replace(visitor, guest=link.email) if visitor else None


@dataclass(frozen=True)
class Forwarder:
    name: str
    email: str
    role: str


def forwarder(onboarding: Onboarding, link: Link) -> Forwarder | None:
    """Returns who forwarded the page to the colleague with this link; None once they are not the right person."""
    quote = next((mail.quote for mail in onboarding.mails if mail.key == link.mail), None)
    if not quote or has_declined(onboarding, quote["role"], quote["email"]):
        return None
    return Forwarder(quote["name"], quote["email"], quote["role"])


async def _state(desk: Desk, link: Link) -> State | None:
    """Returns the state of a link's onboarding, None if there is none. Raises `NoAnswer`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await desk.state(link.onboarding)
    except NotFound:
        return None
    except TimeoutError:
        raise NoAnswer("The onboarding does not answer.") from None


async def _find(desk: Desk, secret: str, link: Link) -> Visitor | None:
    state = await _state(desk, link)
    if state is None:
        return None
    playbook, onboarding = playbook_called(state.onboarding.playbook), state.onboarding
    if onboarding.run != link.run or onboarding.withdrawn:
        return None
    people = holders(playbook, onboarding, link.role).values()
    person = next((each for each in people if each.email == link.email), None)
    if person is None:
        return None
    if status(onboarding, position_of(playbook, onboarding), state.now) != "complete" or not feed_of(playbook.name):
        return Visitor(secret, link, playbook, onboarding, person, state.now)
    practice = onboarding.practice.id
    watch, reconnection = await asyncio.gather(_watch(desk, practice), _reconnection(desk, practice))
    holder: Contact | None = getattr(watch.subject, link.role) if watch else person
    # The same person's address may have been corrected since; no mail has brought them another link.
    if holder is None or person.name != holder.name:
        return None
    return Visitor(secret, link, playbook, onboarding, holder, state.now, watch, reconnection)


Left = Literal["replaced", "declined"]
"""Why a contact does not get in any more: somebody else has the role, or they said that they are not the right one."""


async def find_former(desk: Desk, secret: str) -> tuple[Link | None, Left | None]:
    """Returns the link with this secret that is over, and why whoever had it is not the contact any more."""
    link = await practice_links.find(desk.database, secret, over=True)
    if link is None:
        return None, None
    try:
        async with asyncio.timeout(PATIENCE):
            state = await desk.state(link.onboarding)
    except (NotFound, NoAnswer, TimeoutError):
        return link, None
    playbook, onboarding = playbook_called(state.onboarding.playbook), state.onboarding
    if onboarding.run != link.run or onboarding.withdrawn:
        return link, None
    if has_declined(onboarding, link.role, link.email):
        return link, "declined"
    if status(onboarding, position_of(playbook, onboarding), state.now) == "complete" and feed_of(playbook.name):
        watch = await _watch(desk, onboarding.practice.id)
        holder: Contact | None = getattr(watch.subject, link.role, None) if watch else None
        present = [holder] if holder else []
    else:
        present = list(holders(playbook, onboarding, link.role).values())
    names = {mail.name for mail in onboarding.mails if mail.key == link.mail}
    gone = bool(present and names) and not any(each.email == link.email or each.name in names for each in present)
    return link, "replaced" if gone else None


async def _watch(desk: Desk, practice: str) -> Watch | None:
    """Returns the feed watch of a connected practice; None if it does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await watched(desk, practice)
    except (NotFound, NoAnswer, TimeoutError):
        return None


async def _reconnection(desk: Desk, practice: str) -> State | None:
    """Returns the state of the open reconnection; None also if it does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            state = await desk.state(reconnection_id(practice))
    except (NotFound, NoAnswer, TimeoutError):
        return None
    return None if status(state.onboarding, position_of(RULES, state.onboarding), state.now) in CLOSED else state
