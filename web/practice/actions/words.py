"""A word with the team: a mail that did not come, a person who is not the right one, a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from pharmacy import links
from playbooks.onboarding import Email, Line, Words
from web.practice.actions.base import Action, Answers, Outcome, Values, Wrong, order, read, send_last_again
from web.practice.door import Visitor
from web.services import Services

LONGEST = 1000


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"must have at most {LONGEST:,} characters, not {len(text):,}")
    return text


Short = Annotated[Words, AfterValidator(_short)]


class Question(Answers):
    text: Short


class SomebodyElse(Answers):
    name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    text: Short | None = None


class NotReceived(Action):
    name = "not-received"

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        name, role = visitor.called, visitor.role.value.replace("_", " ")
        why = (
            f"{name}, the {role}, has looked for it and has not received what was announced to"
            f" {visitor.contact.email}. Our own last mail was sent again; please chase what has to come from others."
        )
        await order(web, visitor, "tell", key, kind=f"{name} has not received it", why=why)
        if await send_last_again(web, visitor, key):
            return Outcome("Our team knows and looks into it. We have sent you our last mail again.")
        return Outcome("Our team knows and looks into it.")


class NotMe(Action):
    name = "not-me"

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(SomebodyElse, given).values()
        if values.get("email") == visitor.contact.email:
            raise Wrong("That is your own address; give that of the right person, or leave it empty.")
        return values

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        link, name = visitor.link, visitor.called
        who = ", ".join(values[each] for each in ("name", "email", "phone") if each in values)
        lines = [f"{name} says: somebody else should be the {link.role.replace('_', ' ')}."]
        lines.append(f"Named instead: {who}." if who else "Nobody was named instead.")
        if "text" in values:
            lines.append(f"In their words: “{values['text'].rstrip('.')}”.")
        lines.append("Their links work no more; nothing else was changed. Please ask the practice who it should be.")
        why = "\n".join(lines)
        await order(web, visitor, "tell", key, kind=f"{name} is not the right person", why=why)
        await links.revoke(web.database, link.onboarding, link.run, link.role, link.email)
        return Outcome("Thank you. Our team asks the practice and puts it right. Your link works no more.", leaves=True)


class Help(Action):
    name = "help"

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        return read(Question, given).values()

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        await order(web, visitor, "tell", key, kind=f"{visitor.called} asks for help", why=values["text"])
        return Outcome(f"Our team has your message and answers to {visitor.contact.email}.")
