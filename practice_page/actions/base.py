"""The base of actions: who may do them, what their forms ask, and what they do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from desk import feed_watch
from desk.service import Desk
from playbooks.engine.contact_changes import FORMER
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import Command, ReplyKind
from playbooks.engine.states import CLOSED
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Order
from practice_page.actions.fields import Values
from practice_page.visitor import Visitor
from templates.languages import say


@dataclass(frozen=True)
class Outcome:
    """What was done, in a sentence. `ends_link`: the link is invalid now, and only the sentence is shown."""

    message: str
    ends_link: bool = False


class Action(ABC):
    """`name` is part of the address, and of the template's unless `template` is set."""

    name: str
    template: str = ""
    roles: ClassVar[frozenset[str]] = frozenset({Role.PRIMARY_CONTACT, TECHNICAL_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        """Returns whether this visitor can do it now; nothing can be done in a closed onboarding."""
        return visitor.role in self.roles and visitor.status not in CLOSED

    def not_now(self, visitor: Visitor) -> str:
        """Returns the message while the action is not possible."""
        if visitor.status == "complete":
            name = visitor.onboarding.practice.name
            return say(
                "%(practice)s is connected. Is something wrong? Write to us or call, as below: a person looks into it.",
                practice=name,
            )
        return say("Your page shows where it stands now.")

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        return {}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        """Returns the cleaned answers. Raises `InvalidAnswer`."""
        return {}

    def shown(self, visitor: Visitor) -> str:
        """Returns what the form shows that it would replace, to notice that it was changed in another window."""
        return ""

    def overtaken(self, visitor: Visitor) -> str:
        """Returns what to say when what the form showed was changed meanwhile."""
        return say("Something was changed in another window. Continue only if you want to replace it.")

    @abstractmethod
    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        """Does it, once for each `key`. Raises what the desk raises."""


async def send_command(desk: Desk, visitor: Visitor, name: str, key: str, **given: Any) -> None:
    """Gives a command in the visitor's name. `why` names the page unless given."""
    role = role_phrase(visitor.role)
    given = {"why": f"On the practice's page, by the {role}", **given}
    await desk.command(visitor.onboarding.id, name, Command(by=visitor.by, key=f"{name} {key}", **given))


async def send_reply(desk: Desk, visitor: Visitor, key: str, reply: ReplyKind, **given: Any) -> None:
    """Tells the team what the visitor says, and keeps it with the onboarding."""
    who = {"role": visitor.role, "contact": {"email": visitor.contact.email}}
    await send_command(desk, visitor, "tell", key, reply=reply, **who, **given)


async def send_message(desk: Desk, visitor: Visitor, key: str, reply: ReplyKind, about: str, text: str) -> None:
    """Tells the team what the visitor says: for a connected practice by the watch of its feed, else as a reply."""
    if visitor.watch is None:
        await send_reply(desk, visitor, key, reply, kind=about, why=text)
        return
    given = Order(by=visitor.by, why=text, about=about, role=visitor.role, declined=reply == "declined", key=key)
    await feed_watch.order(desk, visitor.onboarding.practice.id, "told", given)


def is_watched(visitor: Visitor) -> bool:
    """Returns whether the feed watch takes what contacts say; a reconnection does while the connection is lost."""
    return visitor.watch is not None and not visitor.watch.lost and not visitor.watch.ended


async def send_last_again(desk: Desk, visitor: Visitor, key: str) -> bool:
    """Sends the last mail to the visitor's role again. Returns whether there was one."""
    written = (mail for mail in visitor.onboarding.mails if mail.state != "held" and not mail.dropped)
    kinds = [mail.kind for mail in written if mail.to == visitor.role and mail.kind not in FORMER]
    if kinds:
        await send_command(desk, visitor, "resend", key, kind=kinds[-1])
    return bool(kinds)
