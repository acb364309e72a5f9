"""Who may come in: the link looked at, and whether it was written to whoever holds the role now.

A link says nothing but yes or no: wrong, expired, revoked, replaced by a correction, or of an onboarding that is over
for the practice, it is all the same `NoEntry`, told after the same time (`web.practice.errors`).
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.requests import Request

from desk.feed_status import watched
from desk.practice_files import playbook_called
from desk.problem import NoAnswer, NotFound
from playbooks.datapoint import FEED
from playbooks.engine.facts import contact, holders
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import BY_A_CONTACT, Contact, Onboarding
from playbooks.engine.stages import position_of, status
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Watch
from store.accounts import practice_links, throttle
from store.accounts.practice_links import Link
from store.accounts.problem import TooManyTries
from store.accounts.throttle import Limit
from web.services import Services, Web
from workflows.contracts import State

T = TypeVar("T")

GUESSES = Limit(free=30, longest=300)
"""Links that lead nowhere, by address: people do open old mails, and a clinic shares one address."""
PATIENCE = 6.0
"""Seconds in which an onboarding must say where it stands."""
SECRET = re.compile(r"[\w-]{43}", re.ASCII)


class NoEntry(Exception):
    """The link does not let in. `seconds` until the next is looked at, if there were too many that did not."""

    def __init__(self, seconds: int = 0) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(frozen=True)
class Visitor:
    """A contact of a practice, come by a link that is good. `now` is the time on the onboarding's own clock.

    `watch` is what watches over the practice once it is connected, and knows its contacts from then on; None before,
    and where it does not answer.
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
        """Who is the technical contact now."""
        if self.watch:
            return self.watch.subject.technical_contact
        return contact(self.playbook, self.onboarding, TECHNICAL_CONTACT)

    @property
    def role(self) -> str:
        return self.link.role

    @property
    def here(self) -> str:
        """The path of the page."""
        return f"{practice_links.PATH}{self.secret}"

    @property
    def called(self) -> str:
        """The name, short enough to stand in a heading."""
        return self.contact.name if len(self.contact.name) <= 80 else f"{self.contact.name[:80]}…"

    @property
    def by(self) -> str:
        """The name under which the journal has what this visitor does; it tells no address."""
        plain = unicodedata.normalize("NFKD", self.contact.name).encode("ascii", "ignore").decode().lower()
        first = re.match(r"[a-z0-9-]+", plain.strip())
        return f"{BY_A_CONTACT}{first[0][:40] if first else self.link.role}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.onboarding.practice.time_zone)


async def enter(request: Request, web: Web, token: str) -> Visitor:
    """The visitor whom the link lets in. Raises `NoEntry`, or `NoAnswer` if nobody can tell at the moment."""
    return await let_in(request, web, lambda: _visitor(web, token))


async def let_in(request: Request, web: Services, look: Callable[[], Awaitable[T | None]]) -> T:
    """Whom a link lets in, as `look` finds out. Raises `NoEntry`; whoever tries many links has to wait for it."""
    address = request.client.host if request.client else ""
    key = f"link {throttle.address_key(address)[0]}"
    if seconds := await throttle.waiting(web.database, key):
        raise NoEntry(seconds)
    visitor = await look()
    if visitor is not None:
        return visitor
    try:
        await throttle.count(web.database, key, GUESSES)
    except TooManyTries as too_many:
        raise NoEntry(too_many.seconds) from None
    raise NoEntry


Entered = Annotated[Visitor, Depends(enter)]
"""For a route's parameter: whoever comes by a link that is good."""


async def _visitor(web: Services, secret: str) -> Visitor | None:
    link = await practice_links.find(web.database, secret) if SECRET.fullmatch(secret) else None
    if link is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            state = await web.desk.state(link.onboarding)
    except NotFound:
        return None
    except TimeoutError:
        raise NoAnswer("The onboarding does not answer.") from None
    playbook, onboarding = playbook_called(state.onboarding.playbook), state.onboarding
    if onboarding.run != link.run or onboarding.withdrawn:
        return None
    watch = await _watch(web, playbook, state)
    people = holders(playbook, onboarding, link.role).values()
    person = next((each for each in people if each.email == link.email), None)
    if person is None:
        return None
    visitor = Visitor(secret, link, playbook, onboarding, person, state.now, watch)
    if visitor.role == TECHNICAL_CONTACT and (visitor.technical is None or visitor.technical.email != link.email):
        return None
    return visitor


async def _watch(web: Services, playbook: Playbook, state: State) -> Watch | None:
    """What watches over a practice that is connected, as far as it can be asked."""
    onboarding = state.onboarding
    if FEED not in playbook.launches or status(onboarding, position_of(playbook, onboarding), state.now) != "complete":
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            return await watched(web.desk, onboarding.practice.id)
    except (NotFound, NoAnswer, TimeoutError):
        return None
