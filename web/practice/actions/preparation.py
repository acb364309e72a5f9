"""The technical contact's answer: taking the role on, what is ready on the sheet, and when it suits (DP5).

It is kept where everybody who works on the onboarding sees it, in the journal; the team gets it as a mail and passes it
on to the partner. The last answer of the present technical contact counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from playbooks.feed_watch.values import TECHNICAL_CONTACT
from web.practice.access import Visitor
from web.practice.actions.base import Action, order
from web.practice.actions.fields import Answers, Short, Values, read
from web.practice.answers import ACCEPTED, answered
from web.practice.form_tokens import Outcome
from web.practice.texts import Sheet, sheet_of, words_file
from web.services import Services

BACK = "DataPoint or our team comes back to you with a fixed time."


class Times(Answers):
    times: Short | None = Field(None, title="Times that suit you")


class Ready(Action):
    name = "ready"
    roles = frozenset({TECHNICAL_CONTACT})

    async def words(self, web: Services, visitor: Visitor) -> dict[str, Any]:
        return {"sheet": _sheet(visitor), "before": await answered(web, visitor)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        ready = {item: "ready" for item, _, _ in _sheet(visitor) if given.get(item)}
        return ready | read(Times, given).values()

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        name, before = visitor.called, await answered(web, visitor)
        ready, open_ = (_listed(visitor, values, there) for there in (True, False))
        lines = [f"Ready: {ready}.", f"Not yet: {open_}."]
        if "times" in values:
            lines.append(f"Times that suit: {values['times']}")
        kind = f"{name} has news for the installation" if before else f"{name} takes on the role of technical contact"
        answers = {**values, "role": ACCEPTED, "email": visitor.contact.email}
        await order(web, visitor, "tell", key, kind=kind, why="\n".join(lines), answers=answers)
        if "times" in values:
            return Outcome(f"Thank you. Our team has your answers and passes the times on. {BACK}")
        still = "" if open_ == "nothing" else " Your page shows what is still open."
        return Outcome(f"Thank you. Our team knows that you take it on.{still}")


def _sheet(visitor: Visitor) -> Sheet:
    return sheet_of(words_file(visitor.playbook.name))


def _listed(visitor: Visitor, values: Values, there: bool) -> str:
    return "; ".join(what for item, what, _ in _sheet(visitor) if (item in values) is there) or "nothing"
