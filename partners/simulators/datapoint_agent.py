"""The agent of a practice that is connected: when it is seen, and when a feed is delivered. It can go silent.

It begins with the first data. Nothing here decides or remembers anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from partners.datapoint_feed import DELIVERED, HEARTBEAT

State = Literal["running", "no_feed", "silent"]
Sign = Literal["heartbeat", "feed"]

STATES: dict[State, str] = {
    "running": "it is seen, and delivers",
    "no_feed": "it is seen, and delivers nothing",
    "silent": "it is not seen, and delivers nothing",
}
TYPES: dict[Sign, str] = {"heartbeat": HEARTBEAT, "feed": DELIVERED}
HOURS: dict[Sign, float] = {"heartbeat": 12.0, "feed": 48.0}
"""Between two of a kind."""
AT_LEAST = timedelta(minutes=1)
"""Between two of a kind, however fast the stand-in is told to be."""


class Agent(BaseModel):
    """`given` is when each sign of life was given last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State = "running"
    given: dict[Sign, AwareDatetime] = Field(default_factory=dict)

    def gives(self, sign: Sign, at: datetime) -> Agent:
        return self.model_copy(update={"given": {**self.given, sign: at}})


def next_sign(connected: datetime | None, agent: Agent, speed: float) -> tuple[datetime, Sign] | None:
    """The sign of life that comes next by itself, and when; None while there is none."""
    if connected is None or agent.state == "silent":
        return None
    signs: tuple[Sign, ...] = ("heartbeat",) if agent.state == "no_feed" else ("heartbeat", "feed")
    return min(
        (agent.given.get(sign, connected) + max(AT_LEAST, timedelta(hours=HOURS[sign] / speed)), sign) for sign in signs
    )


def told(sign: Sign, clients: int, patients: int, at: datetime) -> dict[str, Any]:
    """What a sign says besides that it is one."""
    return {"last_changed_at": at, "clients": clients, "patients": patients} if sign == "feed" else {}
