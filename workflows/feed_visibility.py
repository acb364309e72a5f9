"""How a watched feed is shown: in Temporal's lists and details, and as the row that people are given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.common import SearchAttributeUpdate

from playbooks.feed_watch.values import FeedRow, Watch
from playbooks.feed_watch.watch import next_wakeup
from workflows.visibility import attribute

NEWS_EVERY = timedelta(minutes=30)
"""How often it is written down that the agent was seen, if nothing else has changed."""


def row(watch: Watch) -> FeedRow:
    """The feed as it is listed."""
    told = watch.ended or watch.pause
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
        by=told.by if told else None,
        why=told.why if told else None,
        until=watch.pause.until if watch.pause else None,
        next_at=next_wakeup(watch),
        version=watch.version,
    )


def is_news(before: FeedRow, now: FeedRow) -> bool:
    """Whether it has to be written down: a sign of life alone only now and then."""
    same: dict[str, Any] = {"version": before.version, "next_at": before.next_at}
    if before.agent_at and now.agent_at and now.agent_at - before.agent_at < NEWS_EVERY:
        same["agent_at"] = before.agent_at
    return now.model_copy(update=same) != before


def search_attributes(prefix: str, watch: Watch) -> list[SearchAttributeUpdate[Any]]:
    """What Temporal's lists can be filtered by; no personal data in here."""
    wanted = {"Playbook": prefix, "Practice": watch.subject.practice.name, "Stage": watch.state}
    return [attribute(name, value) for name, value in wanted.items()]


def details(watch: Watch) -> str:
    """The live details in Temporal UI, as Markdown, in the team's time."""
    zone = watch.subject.team_calendar.zone
    heard = (
        ("Agent last seen", watch.agent_at),
        ("Last feed", watch.feed_at),
        ("Last changed record", watch.changed_at),
    )
    lines = [
        f"**{watch.subject.practice.name}**: {watch.state} since {watch.since.astimezone(zone):%a %d %b %H:%M %Z}",
        "",
    ]
    lines += [
        f"- {what}: {at.astimezone(zone):%a %d %b %Y %H:%M %Z}" if at else f"- {what}: never" for what, at in heard
    ]
    if watch.pause:
        lines += ["", f"Paused by {watch.pause.by}: {watch.pause.why}"]
    return "\n".join(lines)
