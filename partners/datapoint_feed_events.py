"""DataPoint's events about a connected practice: its agent was seen, a feed was delivered.

| Type | Says | Payload |
|---|---|---|
| `agent.heartbeat` | the agent on the practice's server was seen at `timestamp` | – |
| `feed.delivered` | a feed was delivered at `timestamp` | last_changed_at?, clients?, patients? |

`last_changed_at` is when the feed's most recent change was made at the practice; the counts are of all its records.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from partners.events import FeedEvent
from playbooks.engine.fields import Count, Instant, PracticeId
from playbooks.feed_watch.values import Heartbeat, Records

HEARTBEAT, DELIVERED = "agent.heartbeat", "feed.delivered"
FEED_EVENT_TYPES = (HEARTBEAT, DELIVERED)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    practice_id: PracticeId
    last_changed_at: Instant | None = None
    clients: Count | None = None
    patients: Count | None = None


class _Body(BaseModel):
    timestamp: Instant
    data: _Data


def read_feed_event(kind: str, content: dict[str, Any]) -> FeedEvent:
    """Reads such an event. Raises pydantic's ValidationError if it is malformed."""
    if kind == HEARTBEAT and isinstance(data := content.get("data"), dict):
        # A heartbeat has no payload: ignore whatever a partner adds to it.
        content = content | {"data": {"practice_id": data.get("practice_id")}}
    body = _Body.model_validate(content)
    if kind == HEARTBEAT:
        return FeedEvent(kind, body.data.practice_id, Heartbeat(at=body.timestamp), body.timestamp)
    counts = {"clients": body.data.clients, "patients": body.data.patients}
    records = Records(at=body.timestamp, changed_at=body.data.last_changed_at, **counts)
    return FeedEvent(kind, body.data.practice_id, records, body.timestamp)


def write_feed_event(kind: str, practice: str, data: dict[str, Any], at: datetime) -> str:
    """The body of such an event, as `read_feed_event` reads it."""
    body = {"type": kind, "timestamp": at, "data": {"practice_id": practice, **data}}
    return TypeAdapter(dict[str, Any]).dump_json(body).decode()
