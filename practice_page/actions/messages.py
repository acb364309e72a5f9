"""Messages to the team: a mail that did not come, the wrong contact, a question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from desk.service import Desk
from playbooks.engine.fields import Email
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.replies import has_declined
from practice_page.actions.base import Action, Outcome, is_watched, send_last_again, send_message, send_reply
from practice_page.actions.fields import Answers, InvalidAnswer, Name, Phone, Short, Values, read
from practice_page.overview import MISSED_AGAIN, missed_at
from practice_page.visitor import Visitor
from store.accounts import practice_links
from templates.languages import marked, say


class Question(Answers):
    text: Short = Field(title=marked("Your message"))


class SomebodyElse(Answers):
    name: Name | None = None
    email: Email | None = Field(None, title=marked("E-mail address"))
    phone: Phone | None = None
    text: Short | None = Field(None, title=marked("Anything else"))


class NotReceived(Action):
    """Possible again only after a while, because each time alerts the team and sends a mail."""

    name = "not-received"

    def is_for(self, visitor: Visitor) -> bool:
        before = missed_at(visitor)
        return super().is_for(visitor) and (before is None or visitor.now - before >= MISSED_AGAIN)

    def not_now(self, visitor: Visitor) -> str:
        if super().is_for(visitor):
            return say("You have told us already, and our team looks into it. Your page says since when.")
        return super().not_now(visitor)

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        return {"hours": MISSED_AGAIN // timedelta(hours=1)}

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        name, role = visitor.short_name, role_phrase(visitor.role)
        why = (
            f"{name}, the {role}, has looked for it and has not received what was announced to"
            f" {visitor.contact.email}. Our own last mail was sent again; please chase what has to come from others."
        )
        await send_reply(desk, visitor, key, "not_received", kind=f"{name} has not received it", why=why)
        if await send_last_again(desk, visitor, key):
            return Outcome(say("Our team knows and looks into it. We have sent you our last mail again."))
        return Outcome(say("Our team knows and looks into it."))


class Message(Action):
    """A message to the team, which is possible also once the practice is connected."""

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) or (visitor.role in self.roles and is_watched(visitor))


class NotMe(Message):
    name = "not-me"

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(SomebodyElse, given).values()
        if values.get("email") == visitor.contact.email:
            own = say("That is your own address; give that of the right person, or leave it empty.")
            raise InvalidAnswer({"email": own})
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        link, name = visitor.link, visitor.short_name
        who = ", ".join(values[each] for each in ("name", "email", "phone") if each in values)
        lines = [f"{name} says: somebody else should be the {link.role.replace('_', ' ')}."]
        lines.append(f"Named instead: {who}." if who else "Nobody was named instead.")
        if "text" in values:
            lines.append(f"In their words: “{values['text'].rstrip('.')}”.")
        lines.append("Their links no longer work, and they get no more reminders. " + _next_step(visitor))
        about = f"{name} is not the right person"
        await send_message(desk, visitor, key, "declined", about, "\n".join(lines))
        await practice_links.revoke(desk.database, link.onboarding, link.run, link.role, link.email)
        return Outcome(_thanks(visitor), ends_link=True)


def _next_step(visitor: Visitor) -> str:
    primary = visitor.onboarding.primary_contact
    if visitor.role == Role.PRIMARY_CONTACT:
        return "They stay on record until you correct the contact. Please ask the practice who it should be."
    if visitor.watch:
        return "Nobody has replaced them. Please ask the practice who it should be."
    if has_declined(visitor.onboarding, Role.PRIMARY_CONTACT, primary.email):
        return "Nobody has replaced them. Please ask the practice who it should be."
    return f"Nobody has replaced them; we ask {primary.name}, the primary contact, to name somebody."


def _thanks(visitor: Visitor) -> str:
    if visitor.role == Role.PRIMARY_CONTACT or visitor.watch:
        return say("Thank you. Our team asks the practice and corrects it. Your link no longer works.")
    return say("Thank you. Our team and the practice's primary contact know. Your link no longer works.")


class Help(Message):
    name = "help"

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        return read(Question, given).values()

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        await send_message(desk, visitor, key, "question", f"{visitor.short_name} asks for help", values["text"])
        return Outcome(say("Our team has your message and answers to %(email)s.", email=visitor.contact.email))
