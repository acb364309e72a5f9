"""The present technical contact's answers: that they accept the role, what is ready, which times suit (DP5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from playbooks.engine.facts import contact, naming_reports
from playbooks.engine.replies import reply_of
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page.overview import Overview
from practice_page.visitor import Visitor


@dataclass(frozen=True)
class Answers:
    """`at` is when the role was accepted, `last_at` the time of the last answer; `ready` are items of the checklist."""

    at: datetime
    last_at: datetime
    ready: frozenset[str]
    times: str | None


def answers_of(visitor: Visitor) -> Answers | None:
    """Returns None until the present technical contact has answered."""
    person = contact(visitor.playbook, visitor.onboarding, TECHNICAL_CONTACT)
    reply = reply_of(visitor.onboarding, TECHNICAL_CONTACT, person.email, "accepted") if person else None
    if reply is None:
        return None
    ready = frozenset(item for item, value in reply.answers.items() if value == "ready")
    return Answers(reply.since, reply.at, ready, reply.answers.get("times"))


def with_answers(visitor: Visitor, overview: Overview, answers: Answers | None) -> Overview:
    """Returns the overview by the technical contact's answers: it is their turn until they have answered."""
    if not wants_answer(visitor, overview):
        return overview
    if answers is None and visitor.role == TECHNICAL_CONTACT:
        named = naming_reports(visitor.playbook, visitor.onboarding, TECHNICAL_CONTACT)
        return replace(overview, waits_on="you", holder=visitor.contact.name, due=None, since=named[-1].at)
    if answers and answers.times and overview.view.stage == visitor.integration.page.prepares:
        return replace(overview, waits_on="answered", since=answers.last_at)
    return overview


def wants_answer(visitor: Visitor, overview: Overview) -> bool:
    """Returns whether the answers help: until the stage that they prepare is done."""
    prepared, order = visitor.integration.page.prepares, [stage.name for stage in visitor.playbook.stages]
    if prepared is None or not overview.open or prepared in overview.early:
        return False
    return order.index(overview.view.stage) <= order.index(prepared)
