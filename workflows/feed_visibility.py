"""Shows a watched feed: search attributes and details in Temporal, and its row for lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.common import SearchAttributeUpdate

from playbooks.feed_watch.values import FeedRow, Watch
from playbooks.feed_watch.watch import next_wakeup
from workflows.visibility import attribute, contact_lines

PUBLISH_EVERY = timedelta(minutes=30)
"""How often a heartbeat alone is published."""


def row(watch: Watch) -> FeedRow:
    decision = watch.ended or watch.pause
    return FeedRow(
        practice=watch.subject.practice.id,
        practice_name=watch.subject.practice.name,
        run=watch.run,
        state=watch.state,
        since=watch.since,
        agent_at=watch.agent_at,
        feed_at=watch.feed_at,
        changed_at=watch.changed_at,
        clients=watch.clients,
        patients=watch.patients,
        assignee=watch.subject.assignee,
        reason=watch.lost.reason if watch.lost else None,
        by=decision.by if decision else None,
        why=decision.why if decision else None,
        until=watch.pause.until if watch.pause else None,
        next_at=next_wakeup(watch),
        version=watch.version,
    )


def contacts(watch: Watch) -> str:
    """Returns who is a contact of the practice now, as searches find them."""
    people = (watch.subject.primary_contact, watch.subject.technical_contact)
    return contact_lines(each for each in people if each)


def is_news(before: FeedRow, now: FeedRow) -> bool:
    """Whether a change has to be published; a heartbeat alone only every `PUBLISH_EVERY`."""
    same: dict[str, Any] = {"version": before.version, "next_at": before.next_at}
    if before.agent_at and now.agent_at and now.agent_at - before.agent_at < PUBLISH_EVERY:
        same["agent_at"] = before.agent_at
    return now.model_copy(update=same) != before


def search_attributes(prefix: str, watch: Watch) -> list[SearchAttributeUpdate[Any]]:
    """Returns the search attributes; they must not hold personal data."""
    values = {"Playbook": prefix, "Practice": watch.subject.practice.name, "Stage": watch.state}
    return [attribute(name, value) for name, value in values.items()]


def details(watch: Watch) -> str:
    """Returns the live details for Temporal UI as Markdown, with times in the team's zone."""
    zone = watch.subject.team_calendar.zone
    times = (
        ("Agent last seen", watch.agent_at),
        ("Last feed", watch.feed_at),
        ("Last changed record", watch.changed_at),
    )
    lines = [
        f"**{watch.subject.practice.name}**: {watch.state} since {watch.since.astimezone(zone):%a %d %b %H:%M %Z}",
        "",
    ]
    lines += [
        f"- {what}: {at.astimezone(zone):%a %d %b %Y %H:%M %Z}" if at else f"- {what}: never" for what, at in times
    ]
    if watch.pause:
        lines += ["", f"Paused by {watch.pause.by}: {watch.pause.why}"]
    return "\n".join(lines)
