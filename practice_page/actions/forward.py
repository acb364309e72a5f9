"""Forwarding the page to a colleague, who reads it by a link of their own and can do nothing there.

A stranger may be written to so: what goes into the mail holds no link and no number, and few mails leave in a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from desk.service import Desk
from playbooks.engine.fields import Email, Line
from playbooks.engine.mail_commands import not_forwarded
from practice_page.actions.base import Action, Outcome, send_command
from practice_page.actions.fields import Answers, InvalidAnswer, Unfit, Values, read, too_long
from practice_page.actions.person_names import has_address
from practice_page.visitor import Visitor
from store.telephone import FEWEST
from templates.languages import marked, say

MAX_SENTENCE = 200


def _sentence(text: str) -> str:
    if len(text) > MAX_SENTENCE:
        raise Unfit(too_long(len(text), MAX_SENTENCE))
    if has_address(text) or "@" in text or sum(character.isdecimal() for character in text) > FEWEST:
        raise Unfit(say("must have no links, addresses or telephone numbers: your colleague sees those on the page"))
    return text


class Colleague(Answers):
    email: Email = Field(title=marked("Your colleague's e-mail address"))
    text: Annotated[Line, AfterValidator(_sentence)] | None = Field(None, title=marked("A sentence from you"))


class Forward(Action):
    name = "forward"

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) and visitor.watch is None

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Colleague, given).values()
        if values["email"] == visitor.contact.email:
            raise InvalidAnswer({"email": say("That is your own address; give that of your colleague.")})
        if reason := not_forwarded(visitor.onboarding, values["email"], visitor.now):
            raise InvalidAnswer({"email": reason})
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        said = {"text": values["text"]} if "text" in values else None
        whom = {"email": values["email"]}
        await send_command(desk, visitor, "forward", key, role=visitor.role, contact=whom, answers=said)
        text = marked("We have written to %(email)s: the link in that mail shows this page, to read only.")
        return Outcome(say(text, email=values["email"]))
