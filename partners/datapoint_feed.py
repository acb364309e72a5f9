"""DataPoint's events about a practice that is connected: its agent was seen, a feed was delivered.

| Type | Says | Payload |
|---|---|---|
| `agent.heartbeat` | the agent on the practice's server was seen at `timestamp` | – |
| `feed.delivered` | a feed was delivered at `timestamp` | last_changed_at?, clients?, patients? |

`last_changed_at` is when the last record in the feed changed at the practice; the counts are of all that it has.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from partners.events import SignOfLife
from playbooks.engine.fields import Count, Instant, PracticeId
from playbooks.feed_watch.values import Heartbeat, Records

HEARTBEAT, DELIVERED = "agent.heartbeat", "feed.delivered"
SIGNS = (HEARTBEAT, DELIVERED)
"""The types of these events."""


class _About(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    practice_id: PracticeId
    last_changed_at: Instant | None = None
    clients: Count | None = None
    patients: Count | None = None


class _Sign(BaseModel):
    timestamp: Instant
    data: _About


def read_sign(kind: str, content: dict[str, Any]) -> SignOfLife:
    """What such an event says. Raises pydantic's `ValidationError` if it is malformed."""
    if kind == HEARTBEAT and isinstance(about := content.get("data"), dict):
        # A heartbeat has no payload: whatever a partner adds to it is none of ours.
        content = content | {"data": {"practice_id": about.get("practice_id")}}
    read = _Sign.model_validate(content)
    if kind == HEARTBEAT:
        return SignOfLife(kind, read.data.practice_id, Heartbeat(at=read.timestamp), read.timestamp)
    counts = {"clients": read.data.clients, "patients": read.data.patients}
    records = Records(at=read.timestamp, changed_at=read.data.last_changed_at, **counts)
    return SignOfLife(kind, read.data.practice_id, records, read.timestamp)


def write_sign(kind: str, practice: str, data: dict[str, Any], at: datetime) -> str:
    """The body of such an event, as `read_sign` reads it."""
    body = {"type": kind, "timestamp": at, "data": {"practice_id": practice, **data}}
    return TypeAdapter(dict[str, Any]).dump_json(body).decode()
