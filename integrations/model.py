"""What generic code needs to know of an integration besides its playbook; each part is optional."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from partners.events import Event, FeedEvent, UnknownEvent
from playbooks.engine.checks import PlaybookError
from playbooks.engine.listed import Row
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Onboarding, Report
from playbooks.feed_watch.model import Feed
from playbooks.registry import feed_of

Checklist = tuple[tuple[str, str, str], ...]
"""What the technical contact should have ready: an item's name, what it is, and more about it."""

ONLY_IF_ASKED = "only if somebody has asked already"
"""Stands beside the record of what the partner does on request: asking comes first."""


class PartnerProblem(Exception):
    """A request to a partner failed or was refused; the message is one sentence."""


@dataclass(frozen=True)
class ClinicalRecord:
    """A visit or another record of a patient in the practice's system, by its id there."""

    id: int
    at: datetime | None
    description: str


@dataclass(frozen=True)
class EventSource:
    """A partner's signed events, received at `/hooks/NAME` by the Standard Webhooks specification.

    They concern onboardings of `playbook`, and are recorded as by `actor`. `read` parses an event, or raises
    `EventProblem`; `types` are the known ones, `facts` the facts that some of them report. `secrets` sign them, and
    come from the setting `setting`.
    """

    name: str
    actor: str
    playbook: str
    setting: str
    secrets: Callable[[Settings], Sequence[SecretStr]]
    read: Callable[[bytes | str], Event | FeedEvent | UnknownEvent]
    types: tuple[str, ...]
    facts: Mapping[str, str]
    example: Mapping[str, Any]


@dataclass(frozen=True)
class PartnerRequest:
    """A request to the partner that the team sends with a button; then `fact` is recorded with the key `key`.

    `send` sends it to an address, idempotently, and returns when it was fulfilled; it raises `PartnerProblem`. The
    address is a setting, or that of the simulator `simulator`. `title`, `about` (with `{practice}` and `{contact}`),
    `button` and `done` are texts of the console; `by_hand` is shown without an address, `not_needed` continues the ID
    of an onboarding that does not need it. `left` says what the partner still has once `fact` is taken back, and
    `again` how to have it on record again.
    """

    fact: str
    key: str
    url: Callable[[Settings], str | None]
    simulator: str
    send: Callable[[str, Onboarding], Awaitable[datetime]]
    title: str
    about: str
    button: str
    done: str
    by_hand: str
    not_needed: str
    left: str
    again: str


@dataclass(frozen=True)
class PartnerContact:
    """Where the team asks the partner how things stand; None for what is not known."""

    email: str | None
    phone: str | None


@dataclass(frozen=True)
class ClinicData:
    """How a practice's clients and patients are imported.

    `facts` report their numbers (`clients`, `patients`); the last one says that the first import is complete.
    `first_feed` and `first_data` are texts for pages that are empty before.
    """

    facts: tuple[str, ...]
    first_feed: str
    first_data: str


@dataclass(frozen=True)
class PracticePage:
    """What the practice's page needs to know of a playbook. Texts: `templates/pages/practice/texts/PLAYBOOK.html`.

    The technical contact ticks off `checklist` until the stage `prepares` is done. `reported_elsewhere` are
    a contact's facts that are not reported on the page.
    """

    reported_elsewhere: frozenset[str] = frozenset()
    prepares: str | None = None
    checklist: Checklist = ()


@dataclass(frozen=True)
class ConsolePage:
    """A page of the console about a practice's part in it: `/practices/PRACTICE-ID/PATH`."""

    path: str
    title: str


@dataclass(frozen=True)
class Matter:
    """Something at a practice's side that needs a person, on the integration's page of the console.

    `why` is a label of a few words; `text` says what the matter is, `todo` what to do, `action` is the link's title and
    `part` what follows the page's address in it. `name` is the practice's, where it may have no onboarding.
    """

    kind: Literal["access", "stuck", "differs", "look", "sharing"]
    practice: str
    why: str
    tone: str
    text: str
    todo: str
    action: str
    since: datetime | None
    part: str = ""
    name: str | None = None


@dataclass(frozen=True)
class Example:
    """An example onboarding for documents: facts with payloads, and after how many hours."""

    reports: tuple[tuple[str, Mapping[str, Any], int], ...]


@dataclass(frozen=True)
class Integration:
    """A playbook with everything else that belongs to its integration.

    `matters` are what needs a person at all practices, or at one; they are settled on the page `console`. `check`
    raises `Refused` for a report of a fact (onboarding, fact, report) that what is on record elsewhere contradicts.
    `follow` is told each change of an onboarding once it is in the journal, perhaps several times.
    """

    playbook: Playbook
    data: ClinicData | None = None
    events: EventSource | None = None
    request: PartnerRequest | None = None
    contact: Callable[[Settings], PartnerContact] = lambda settings: PartnerContact(None, None)
    page: PracticePage = field(default_factory=PracticePage)
    console: ConsolePage | None = None
    matters: Callable[[AsyncEngine, str | None], Awaitable[list[Matter]]] | None = None
    check: Callable[[AsyncEngine, str, str, Report], Awaitable[None]] | None = None
    follow: Callable[[AsyncEngine, Row], Awaitable[None]] | None = None
    example: Example = Example(reports=())

    def __post_init__(self) -> None:
        """Raises `PlaybookError` if events come with a secret: the inbox stores them as they come."""
        for fact in self.events.facts.values() if self.events else ():
            if secret := self.playbook.fact(fact).secrets:
                raise PlaybookError(f"{fact} has the secret {secret[0]}: have it reported by the API, not by events.")

    def onboarding(self, practice: str) -> str:
        return f"{self.playbook.name}/{practice}"

    @property
    def feed(self) -> Feed | None:
        """The feed that is watched once a practice is connected, if any."""
        return feed_of(self.playbook.name)

    @property
    def partner(self) -> str | None:
        """The partner's display name; None if only the pharmacy and the practice take part."""
        return self.playbook.partner
