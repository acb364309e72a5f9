"""The shape of an action: for whom it is, what it asks, what is wrong about an answer, and what it does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from desk.service import Desk
from playbooks.engine.commands import MOVED
from playbooks.engine.model import Role, spoken
from playbooks.engine.onboarding import Command
from playbooks.engine.states import CLOSED
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page.actions.fields import Values
from practice_page.status import story_of
from practice_page.visitor import Visitor


@dataclass(frozen=True)
class Outcome:
    """What was done, in a sentence. With `leaves` the link works no more, and the sentence is all that is shown."""

    said: str
    leaves: bool = False


class Action(ABC):
    """`name` stands in the address; the words are in `practice/actions/TEMPLATE.html`, which is called as the action
    unless it says otherwise.

    `not_now` is told to who tries it while it cannot be done.
    """

    name: str
    template: str = ""
    roles: ClassVar[frozenset[str]] = frozenset({Role.PRIMARY_CONTACT, TECHNICAL_CONTACT})
    not_now: ClassVar[str] = "Your page shows where it stands now."

    def is_for(self, visitor: Visitor) -> bool:
        """Whether it can be done now, by this visitor. Nothing can once the onboarding is over."""
        return visitor.role in self.roles and story_of(visitor).seen.status not in CLOSED

    async def words(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        """What its template speaks of, besides the story and the values."""
        return {}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        """The answers, made clean. Raises `Wrong`."""
        return {}

    @abstractmethod
    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        """Does it; `key` makes a repeat of it one. Raises what the desk raises."""


async def order(desk: Desk, visitor: Visitor, name: str, key: str, **given: Any) -> None:
    """A command of the visitor's, through the desk. `why` says from where, unless it says something better."""
    role = spoken(visitor.role)
    given = {"why": f"On the practice's page, by the {role}", **given}
    await desk.command(visitor.onboarding.id, name, Command(by=visitor.by, key=f"{name} {key}", **given))


async def send_last_again(desk: Desk, visitor: Visitor, key: str) -> bool:
    """Sends the visitor the mail that was written to that role last; says whether there was one."""
    kinds = [said.kind for said in visitor.onboarding.mails if said.to == visitor.role and said.kind != MOVED]
    if kinds:
        await order(desk, visitor, "resend", key, kind=kinds[-1])
    return bool(kinds)
