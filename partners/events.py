"""What partners report, whoever they are: facts of an onboarding, and news of a connected practice's feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playbooks.feed_watch.values import Heartbeat, Records


class EventProblem(ValueError):
    """A malformed event; the message is a sentence that says what is wrong."""


@dataclass(frozen=True)
class Event:
    """A fact of one practice, reported by a partner. `data` is its validated payload; `at` is when it happened.

    `records` is what it says to the feed watch, for which it counts if the onboarding is complete already.
    """

    type: str
    practice: str
    fact: str
    data: dict[str, Any]
    at: datetime
    records: Records | None = None


@dataclass(frozen=True)
class FeedEvent:
    """A connected practice's agent was seen, or its feed was delivered."""

    type: str
    practice: str
    report: Heartbeat | Records
    at: datetime


@dataclass(frozen=True)
class UnknownEvent:
    """An event of a type that we do not know, to be stored and shown."""

    type: str
    practice: str | None
    data: dict[str, Any]
    at: datetime | None
