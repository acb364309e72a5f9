"""The agent of a connected practice: when it sends a heartbeat and a feed. It can be made silent.

It starts with the first feed. Pure: nothing here has effects or state.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from partners.datapoint import DELIVERED, HEARTBEAT

State = Literal["running", "no_feed", "silent"]
FeedEventKind = Literal["heartbeat", "feed"]

STATES: dict[State, str] = {
    "running": "it is seen, and delivers",
    "no_feed": "it is seen, and delivers nothing",
    "silent": "it is not seen, and delivers nothing",
}
TYPES: dict[FeedEventKind, str] = {"heartbeat": HEARTBEAT, "feed": DELIVERED}
INTERVAL_HOURS: dict[FeedEventKind, float] = {"heartbeat": 12.0, "feed": 48.0}
"""Hours between two events of a kind."""
MIN_INTERVAL = timedelta(minutes=1)
"""Between two events of a kind, at any speed."""


class Agent(BaseModel):
    """`last_sent` is when the last event of each kind was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State = "running"
    last_sent: dict[FeedEventKind, AwareDatetime] = Field(default_factory=dict)

    def sent(self, kind: FeedEventKind, at: datetime) -> Agent:
        return self.model_copy(update={"last_sent": {**self.last_sent, kind: at}})


def next_feed_event(connected: datetime | None, agent: Agent, speed: float) -> tuple[datetime, FeedEventKind] | None:
    """The agent's next event and when it is due; None if it sends none."""
    if connected is None or agent.state == "silent":
        return None
    kinds: tuple[FeedEventKind, ...] = ("heartbeat",) if agent.state == "no_feed" else ("heartbeat", "feed")
    return min(
        (agent.last_sent.get(kind, connected) + max(MIN_INTERVAL, timedelta(hours=INTERVAL_HOURS[kind] / speed)), kind)
        for kind in kinds
    )


def payload(kind: FeedEventKind, clients: int, patients: int, at: datetime) -> dict[str, Any]:
    """The data of an event besides the practice."""
    return {"last_changed_at": at, "clients": clients, "patients": patients} if kind == "feed" else {}
