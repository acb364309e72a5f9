"""What the present technical contact has answered: that they take it on, what is ready, which times suit (DP5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from playbooks.engine.facts import contact, valid_reports
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from store.journal import journal
from store.journal.rows import Line
from web.practice.access import Visitor
from web.practice.status import Story
from web.services import Services

ACCEPTED = "accepted"
WANTED = ("queue_entry", "invitation", "registration", "installation_contact", "agent_installation")
"""The stages at which the technical contact's answer helps: until the installation is done."""


@dataclass(frozen=True)
class Answered:
    """`at` is when the role was taken on, `last_at` when the last answer came; `ready` are items of the sheet."""

    at: datetime
    last_at: datetime
    ready: frozenset[str]
    times: str | None


async def answered(web: Services, visitor: Visitor) -> Answered | None:
    """None as long as the present technical contact has said nothing."""
    onboarding = visitor.onboarding
    person = contact(visitor.playbook, onboarding, TECHNICAL_CONTACT)
    if person is None:
        return None
    mine = addresses(visitor) | {person.email}
    lines = await journal.lines(web.database, onboarding.id, onboarding.run)
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
    if not wanted(story):
        return story
    if answer is None and mine:
        return replace(story, ball="you", holder=visitor.contact.name, due=None, since=_named_at(visitor))
    if answer and answer.times and story.seen.stage == "agent_installation":
        return replace(story, ball="answered", since=answer.last_at)
    return story


def wanted(story: Story) -> bool:
    """Whether the technical contact's answer helps now."""
    return story.open and story.seen.stage in WANTED and "agent_installation" not in story.early


def _named_at(visitor: Visitor) -> datetime:
    reports = valid_reports(visitor.onboarding)
    named = [fact.name for fact in visitor.playbook.facts if fact.contact == TECHNICAL_CONTACT]
    return max(report.at for name in named for report in reports.get((name, None), []))


def _answers(line: Line) -> dict[str, str]:
    found: dict[str, str] = line.data.get("answers") or {}
    return found
