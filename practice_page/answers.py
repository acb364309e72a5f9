"""What the present technical contact has answered: that they take it on, what is ready, which times suit (DP5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from desk.service import Desk
from playbooks.engine.facts import contact, valid_reports
from playbooks.engine.onboarding import Entry
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from practice_page.status import Story
from practice_page.visitor import Visitor
from store.journal import journal

ACCEPTED = "accepted"


@dataclass(frozen=True)
class Answered:
    """`at` is when the role was taken on, `last_at` when the last answer came; `ready` are items of the checklist."""

    at: datetime
    last_at: datetime
    ready: frozenset[str]
    times: str | None


async def answered(desk: Desk, visitor: Visitor) -> Answered | None:
    """None as long as the present technical contact has said nothing."""
    onboarding = visitor.onboarding
    person = contact(visitor.playbook, onboarding, TECHNICAL_CONTACT)
    if person is None:
        return None
    mine = addresses(visitor) | {person.email}
    lines = await journal.lines(desk.database, onboarding.id, onboarding.run)
    said = [line for line in lines if line.name == "tell" and _answers(line).get("email") in mine]
    said = [line for line in said if _answers(line).get("role") == ACCEPTED]
    if not said:
        return None
    last = _answers(said[-1])
    ready = frozenset(item for item, value in last.items() if value == "ready")
    return Answered(said[0].at, said[-1].at, ready, last.get("times"))


def addresses(visitor: Visitor) -> set[str]:
    """All addresses that the present technical contact has had: one may be corrected, the person stays."""
    found: set[str] = set()
    reports = valid_reports(visitor.onboarding)
    for fact in visitor.playbook.facts:
        if fact.contact == TECHNICAL_CONTACT:
            for report in reversed(reports.get((fact.name, None), [])):
                if report.data["name"] != reports[fact.name, None][-1].data["name"]:
                    break
                found.add(report.data["email"])
    return found


def told(visitor: Visitor, story: Story, answer: Answered | None) -> Story:
    """The story where the technical contact is asked for an answer: theirs is the turn until it is there."""
    mine = visitor.role == TECHNICAL_CONTACT
    if not wanted(visitor, story):
        return story
    if answer is None and mine:
        return replace(story, ball="you", holder=visitor.contact.name, due=None, since=_named_at(visitor))
    if answer and answer.times and story.seen.stage == visitor.integration.page.prepares:
        return replace(story, ball="answered", since=answer.last_at)
    return story


def wanted(visitor: Visitor, story: Story) -> bool:
    """Whether the technical contact's answer helps now: until the stage that it prepares is done."""
    prepared, order = visitor.integration.page.prepares, [stage.name for stage in visitor.playbook.stages]
    if prepared is None or not story.open or prepared in story.early:
        return False
    return order.index(story.seen.stage) <= order.index(prepared)


def _named_at(visitor: Visitor) -> datetime:
    reports = valid_reports(visitor.onboarding)
    named = [fact.name for fact in visitor.playbook.facts if fact.contact == TECHNICAL_CONTACT]
    return max(report.at for name in named for report in reports.get((name, None), []))


def _answers(line: Entry) -> dict[str, str]:
    found: dict[str, str] = line.data.get("answers") or {}
    return found
