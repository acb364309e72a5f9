"""The technical contact's answers: accepting the role, what is ready of the checklist, and when it suits (DP5).

They are kept as the contact's reply, and mailed to the team, which passes them on to the partner. The last ones count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from desk.service import Desk
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page.actions.base import Action, Outcome, send_reply
from practice_page.actions.fields import Answers, Short, Values, read
from practice_page.answers import answers_of
from practice_page.visitor import Visitor
from templates.languages import marked, say


class Times(Answers):
    times: Short | None = Field(None, title=marked("Times that suit you"))


class Ready(Action):
    name = "ready"
    roles = frozenset({TECHNICAL_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) and visitor.integration.page.prepares is not None

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        return {"before": answers_of(visitor)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        items = [item for item, _, _ in visitor.integration.page.checklist]
        ready = {item: "ready" for item in items if given.get(item)}
        return ready | read(Times, given).values()

    def shown(self, visitor: Visitor) -> str:
        before = answers_of(visitor)
        return before.last_at.isoformat() if before else ""

    def overtaken(self, visitor: Visitor) -> str:
        before = answers_of(visitor)
        if before and before.times:
            return say(
                "You have answered in another window. You named these times: %(times)s. Continue only if you want to"
                " replace it.",
                times=before.times,
            )
        return say("You have answered in another window. Continue only if you want to replace it.")

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        name, before = visitor.short_name, answers_of(visitor)
        ready, open_ = (_listed(visitor, values, there) for there in (True, False))
        lines = [f"Ready: {ready}.", f"Not yet: {open_}."]
        if "times" in values:
            lines.append(f"Times that suit: {values['times']}")
        kind = f"{name} has news for the installation" if before else f"{name} takes on the role of technical contact"
        await send_reply(desk, visitor, key, "accepted", kind=kind, why="\n".join(lines), answers=values)
        if "times" in values:
            partner = visitor.integration.partner
            thanks = say("Thank you. Our team has your answers and passes the times on.")
            back = say("Our team comes back to you with a fixed time.")
            if partner:
                back = say("%(partner)s or our team comes back to you with a fixed time.", partner=partner)
            return Outcome(f"{thanks} {back}")
        still = "" if open_ == "nothing" else f" {say('Your page shows what is still open.')}"
        return Outcome(say("Thank you. Our team knows that you take it on.") + still)


def _listed(visitor: Visitor, values: Values, there: bool) -> str:
    checklist = visitor.integration.page.checklist
    return "; ".join(what for item, what, _ in checklist if (item in values) is there) or "nothing"
