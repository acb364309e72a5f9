"""What partners report, whoever they are: facts of an onboarding, and signs of life of a connected practice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playbooks.feed_watch.values import Heartbeat, Records


class EventProblem(ValueError):
    """An event that cannot be what the partner meant; the message is a sentence that says what is wrong with it."""


@dataclass(frozen=True)
class Event:
    """A fact of one practice as a partner reports it: `data` is its payload, checked; `at` is when it happened.

    `records` is what it says to the feed watch, for which it counts if the onboarding is complete already.
    """

    type: str
    practice: str
    fact: str
    data: dict[str, Any]
    at: datetime
    records: Records | None = None


@dataclass(frozen=True)
class SignOfLife:
    """A connected practice's agent was seen, or its feed has come."""

    type: str
    practice: str
    sign: Heartbeat | Records
    at: datetime


@dataclass(frozen=True)
class UnknownEvent:
    """An event of a type that is not in the catalogue, to be kept and shown; what it does not say is None."""

    type: str
    practice: str | None
    data: dict[str, Any]
    at: datetime | None
