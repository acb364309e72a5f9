"""The technical contact's answer: taking the role on, what is ready on the sheet, and when it suits (DP5).

It is kept where everybody who works on the onboarding sees it, in the journal; the team gets it as a mail and passes it
on to the partner. The last answer of the present technical contact counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pharmacy import journal
from playbooks.model import Role
from web.pages import environment
from web.practice.actions.base import Action, Answers, Outcome, Values, order, read
from web.practice.actions.words import Short
from web.practice.door import Visitor
from web.services import Services

WORDS = "practice/words/{}.html"


class Times(Answers):
    times: Short | None = None


class Ready(Action):
    name = "ready"
    roles = frozenset({Role.TECHNICAL_CONTACT})

    async def words(self, web: Services, visitor: Visitor) -> dict[str, Any]:
        return {"sheet": sheet_of(visitor), "before": await answered(web, visitor)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        ready = {item: "ready" for item, _, _ in sheet_of(visitor) if given.get(item)}
        return ready | read(Times, given).values()

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        name, before = visitor.called, await answered(web, visitor)
        ready, open_ = (_listed(visitor, values, there) for there in (True, False))
        lines = [f"Ready: {ready}.", f"Not yet: {open_}."]
        if "times" in values:
            lines.append(f"Times that suit: {values['times']}")
        kind = f"{name} has news for the installation" if before else f"{name} takes on the role of technical contact"
        answers = {**values, "role": "accepted", "email": visitor.contact.email}
        await order(web, visitor, "tell", key, kind=kind, why="\n".join(lines), answers=answers)
        return Outcome("Thank you. Our team has your answers, and passes the times on.")


def words_file(playbook: str) -> str:
    """The template with the words of a playbook for its practices; one without its own gets the plain ones."""
    own = WORDS.format(playbook)
    return own if own in environment().list_templates() else WORDS.format("any")


def sheet_of(visitor: Visitor) -> tuple[tuple[str, str, str], ...]:
    """What the technical contact should have ready: an item's name, what it is, and more about it."""
    return tuple(getattr(environment().get_template(words_file(visitor.playbook.name)).module, "SHEET", ()))


async def answered(web: Services, visitor: Visitor) -> dict[str, str]:
    """What the present technical contact answered last; empty before the first time."""
    lines = await journal.lines(web.database, visitor.onboarding.id, visitor.onboarding.run)
    for line in reversed(lines):
        answers: dict[str, str] = line.data.get("answers") or {}
        if line.name == "tell" and answers.get("email") == visitor.contact.email:
            return answers
    return {}


def _listed(visitor: Visitor, values: Values, there: bool) -> str:
    return "; ".join(what for item, what, _ in sheet_of(visitor) if (item in values) is there) or "nothing"
