"""The visitor of the practice's page: a contact who holds a valid link and still has the role."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.feed_status import watched
from desk.practice_files import playbook_called
from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from integrations.model import Integration
from integrations.registry import integration_of
from playbooks.engine.facts import contact, holders
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Onboarding
from playbooks.engine.stages import position_of, status
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Watch
from playbooks.registry import feed_of
from store.accounts import practice_links
from store.accounts.practice_links import Link
from workflows.contracts import State

PATIENCE = 6.0
"""Seconds in which an onboarding must answer."""
SECRET = re.compile(r"[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class Visitor:
    """A contact with a valid link. `now` is the time on the onboarding's own clock.

    `watch` is the feed watch of a connected practice, which has the contacts from then on; None if it does not answer.
    """

    secret: str
    link: Link
    playbook: Playbook
    onboarding: Onboarding
    contact: Contact
    now: datetime
    watch: Watch | None = None

    @property
    def technical(self) -> Contact | None:
        if self.watch:
            return self.watch.subject.technical_contact
        return contact(self.playbook, self.onboarding, TECHNICAL_CONTACT)

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
        plain = unicodedata.normalize("NFKD", self.contact.name).encode("ascii", "ignore").decode().lower()
        first = re.match(r"[a-z0-9-]+", plain.strip())
        return f"{CONTACT_PREFIX}{first[0][:40] if first else self.link.role}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.onboarding.practice.time_zone)


async def find_visitor(desk: Desk, secret: str) -> Visitor | None:
    """Returns the visitor with this link, None if it is invalid. Raises `NoAnswer` if the onboarding does not."""
    link = await practice_links.find(desk.database, secret) if SECRET.fullmatch(secret) else None
    if link is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            state = await desk.state(link.onboarding)
    except NotFound:
        return None
    except TimeoutError:
        raise NoAnswer("The onboarding does not answer.") from None
    playbook, onboarding = playbook_called(state.onboarding.playbook), state.onboarding
    if onboarding.run != link.run or onboarding.withdrawn:
        return None
    people = holders(playbook, onboarding, link.role).values()
    person = next((each for each in people if each.email == link.email), None)
    if person is None:
        return None
    watch = await _watch(desk, playbook, state)
    visitor = Visitor(secret, link, playbook, onboarding, person, state.now, watch)
    if visitor.role == TECHNICAL_CONTACT and (visitor.technical is None or visitor.technical.email != link.email):
        return None
    return visitor


async def _watch(desk: Desk, playbook: Playbook, state: State) -> Watch | None:
    """Returns the feed watch of a connected practice; None if it does not answer."""
    onboarding = state.onboarding
    if feed_of(playbook.name) is None or status(onboarding, position_of(playbook, onboarding), state.now) != "complete":
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            return await watched(desk, onboarding.practice.id)
    except (NotFound, NoAnswer, TimeoutError):
        return None
