"""What the generic rooms have to know of an integration besides its rules; each part may be left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from configuration.settings import Settings
from partners.events import Event, FeedEvent, UnknownEvent
from playbooks.engine.model import Playbook, Side
from playbooks.engine.onboarding import Onboarding
from playbooks.feed_watch.model import Feed
from playbooks.registry import feed_of

Checklist = tuple[tuple[str, str, str], ...]
"""What the technical contact should have ready: an item's name, what it is, and more about it."""


class PartnerProblem(Exception):
    """A partner cannot be asked, or does not do what it is asked; the message is a sentence."""


@dataclass(frozen=True)
class EventSource:
    """What a partner reports by itself, signed as the Standard Webhooks specification says, to `/hooks/NAME`.

    It is about onboardings of `playbook`, and is recorded in the name of `actor`. `read` says what an event is, and
    raises `EventProblem` for a malformed one; `types` are those it knows, `facts` those of them that report a fact.
    `secrets` are what events are signed with, by the setting `setting`.
    """

    name: str
    actor: str
    playbook: str
    setting: str
    secrets: Callable[[Settings], Sequence[SecretStr]]
    read: Callable[[bytes | str], Event | FeedEvent | UnknownEvent]
    types: tuple[str, ...]
    facts: tuple[str, ...]
    example: Mapping[str, Any]


@dataclass(frozen=True)
class PartnerRequest:
    """What the team can have a partner do at the press of a button; `fact` is recorded under `key` once it is done.

    `send` asks the partner at an address and returns since when it is so; asked again, it answers the same. It raises
    `PartnerProblem`. The address is set, or that of the simulator `simulator`. `title`, `about` (of `{practice}` and
    `{contact}`), `button` and `done` are the words of the console. `by_hand` says what to do without an address,
    `not_needed` that `{onboarding}` is none for which it is asked.
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


@dataclass(frozen=True)
class ClinicData:
    """How a practice's clients and patients come.

    `facts` are those by which the onboarding learns that they are in, with `clients` and `patients`; the last of them
    says that the first copy is complete. `first_feed` and `first_data` say on empty pages when they come.
    """

    facts: tuple[str, ...]
    first_feed: str
    first_data: str


@dataclass(frozen=True)
class PracticePage:
    """What the practice's page reads off the facts and stages of a playbook. Its words are in
    `templates/pages/practice/words/PLAYBOOK.html`.

    `checklist` is what the technical contact ticks off until the stage `prepares` is done. The first of the facts
    `address_given_by` tells since when the partner has the primary contact's address; `contact_reached_by` that it has
    reached the technical contact. With `own_form` the partner asks for contacts itself, and knows only those that are
    named there. `told_elsewhere` are facts that a contact is to report, but not here: something else reports them.
    """

    address_given_by: tuple[str, ...] = ()
    contact_reached_by: str | None = None
    own_form: bool = False
    told_elsewhere: frozenset[str] = frozenset()
    prepares: str | None = None
    checklist: Checklist = ()


@dataclass(frozen=True)
class Example:
    """How an onboarding may go at first, for documents: facts with their payloads, and after how many hours."""

    reports: tuple[tuple[str, Mapping[str, Any], int], ...]


@dataclass(frozen=True)
class Integration:
    """One integration: its playbook, and what more there is to it."""

    playbook: Playbook
    data: ClinicData | None = None
    events: EventSource | None = None
    request: PartnerRequest | None = None
    page: PracticePage = field(default_factory=PracticePage)
    example: Example = Example(reports=())

    def onboarding(self, practice: str) -> str:
        """The ID of a practice's onboarding."""
        return f"{self.playbook.name}/{practice}"

    @property
    def feed(self) -> Feed | None:
        """The feed that is watched once a practice is connected; None if it brings no data."""
        return feed_of(self.playbook.name)

    @property
    def partner(self) -> str | None:
        """What the party outside is called; None if only the pharmacy and the practice take part."""
        return next((party.title for party in self.playbook.parties if party.side is Side.PARTNER), None)
