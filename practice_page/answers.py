"""The present technical contact's answers: that they accept the role, what is ready, which times suit (DP5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from desk.service import Desk
from playbooks.engine.facts import contact, valid_reports
from playbooks.engine.onboarding import Entry
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page.overview import Overview
from practice_page.visitor import Visitor
from store.journal import journal

ACCEPTED = "accepted"


@dataclass(frozen=True)
class Answers:
    """`at` is when the role was accepted, `last_at` the time of the last answer; `ready` are items of the checklist."""

    at: datetime
    last_at: datetime
    ready: frozenset[str]
    times: str | None


async def load_answers(desk: Desk, visitor: Visitor) -> Answers | None:
    """Returns None until the present technical contact has answered."""
    onboarding = visitor.onboarding
    person = contact(visitor.playbook, onboarding, TECHNICAL_CONTACT)
    if person is None:
        return None
    own = addresses(visitor) | {person.email}
    lines = await journal.lines(desk.database, onboarding.id, onboarding.run)
    answers = [line for line in lines if line.name == "tell" and _answers(line).get("email") in own]
    answers = [line for line in answers if _answers(line).get("role") == ACCEPTED]
    if not answers:
        return None
    last = _answers(answers[-1])
    ready = frozenset(item for item, value in last.items() if value == "ready")
    return Answers(answers[0].at, answers[-1].at, ready, last.get("times"))


def addresses(visitor: Visitor) -> set[str]:
    """Returns all addresses that the present technical contact has had, as one may be corrected."""
    found: set[str] = set()
    reports = valid_reports(visitor.onboarding)
    for fact in visitor.playbook.facts:
        if fact.contact == TECHNICAL_CONTACT:
            for report in reversed(reports.get((fact.name, None), [])):
                if report.data["name"] != reports[fact.name, None][-1].data["name"]:
                    break
                found.add(report.data["email"])
    return found


def with_answers(visitor: Visitor, overview: Overview, answers: Answers | None) -> Overview:
    """Returns the overview by the technical contact's answers: it is their turn until they have answered."""
    if not wants_answer(visitor, overview):
        return overview
    if answers is None and visitor.role == TECHNICAL_CONTACT:
        return replace(overview, waits_on="you", holder=visitor.contact.name, due=None, since=_named_at(visitor))
    if answers and answers.times and overview.view.stage == visitor.integration.page.prepares:
        return replace(overview, waits_on="answered", since=answers.last_at)
    return overview


def wants_answer(visitor: Visitor, overview: Overview) -> bool:
    """Returns whether the answers help: until the stage that they prepare is done."""
    prepared, order = visitor.integration.page.prepares, [stage.name for stage in visitor.playbook.stages]
    if prepared is None or not overview.open or prepared in overview.early:
        return False
    return order.index(overview.view.stage) <= order.index(prepared)


def _named_at(visitor: Visitor) -> datetime:
    reports = valid_reports(visitor.onboarding)
    named = [fact.name for fact in visitor.playbook.facts if fact.contact == TECHNICAL_CONTACT]
    return max(report.at for name in named for report in reports.get((name, None), []))


def _answers(line: Entry) -> dict[str, str]:
    found: dict[str, str] = line.data.get("answers") or {}
    return found
