"""A watch over a feed, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from playbooks.calendar.values import Calendar
from playbooks.datapoint import FEED
from playbooks.engine.onboarding import Contact, Entry, Handover
from playbooks.feed_watch import watch
from playbooks.feed_watch.orders import order
from playbooks.feed_watch.values import (
    Evidence,
    FeedEffect,
    FeedReceipt,
    GatherEvidence,
    Heartbeat,
    OpenReconnection,
    Order,
    Records,
    RefreshHolidays,
    ReportToReconnection,
    Result,
    Watch,
)
from tests.playbooks.practice import MONDAY, PRACTICE, TEAM, request

HANDOVER = Handover(
    workflow="FeedWatch",
    id="datapoint-feed/riverside-vet",
    practice=request().practice,
    contacts={
        "primary_contact": request().primary_contact,
        "technical_contact": Contact(name="Tom", email="tom@it.test"),
    },
    team_calendar=TEAM,
    practice_calendar=PRACTICE,
    at=MONDAY,
    by="datapoint/riverside-vet",
)


@dataclass
class Feed:
    """A watch and the time on its clock. Every step must survive JSON."""

    now: datetime = MONDAY
    evidence: Evidence = field(default_factory=Evidence)
    place: Calendar = PRACTICE
    effects: list[FeedEffect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.take(watch.begin(HANDOVER, "run-1", self.now))

    def take(self, result: Result) -> None:
        self.watch = Watch.model_validate_json(result.watch.model_dump_json(exclude_defaults=True))
        assert self.watch == result.watch
        self.effects += result.effects

    def beat(self, at: datetime | None = None) -> None:
        self.take(watch.record_sign_of_life(self.watch, Heartbeat(at=at or self.now), self.now))

    def deliver(self, at: datetime | None = None, *, changed_at: datetime | None = None) -> None:
        self.take(watch.record_sign_of_life(self.watch, Records(at=at or self.now, changed_at=changed_at), self.now))

    def order(self, name: str, why: str = "because", **given: Any) -> FeedReceipt:
        step, receipt = order(self.watch, name, Order(by="sam", why=why, **given), self.now)
        self.take(step)
        return receipt

    def live(self, length: timedelta, *, beats: timedelta | None = None, delivers: timedelta | None = None) -> None:
        """Lets time pass, with wake-ups when they are due, and heartbeats and feeds at the given intervals."""
        end, beat, delivery = self.now + length, self.now, self.now
        while True:
            ring = watch.next_wakeup(self.watch)
            assert ring is None or ring > self.now or self.watch.ended
            upcoming = [at for at in (ring, beats and beat + beats, delivers and delivery + delivers) if at]
            if not upcoming or min(upcoming) > end:
                break
            self.now = min(upcoming)
            if beats and self.now == beat + beats:
                beat = self.now
                self.beat()
            elif delivers and self.now == delivery + delivers:
                delivery = self.now
                self.deliver(changed_at=self.now)
            else:
                self.ring()
        self.now = end

    def ring(self) -> None:
        before = len(self.effects)
        self.take(watch.wake(self.watch, self.now))
        for effect in self.effects[before:]:
            if isinstance(effect, GatherEvidence):
                self.take(watch.weigh(self.watch, self.evidence, self.now))
            elif isinstance(effect, RefreshHolidays):
                self.take(watch.refresh(self.watch, TEAM, self.place, self.now))

    @property
    def state(self) -> str:
        return watch.state_of(self.watch, self.now)

    @property
    def losses(self) -> list[OpenReconnection]:
        return [effect for effect in self.effects if isinstance(effect, OpenReconnection)]

    @property
    def told(self) -> list[str]:
        return [
            getattr(FEED.reconnection, effect.what)
            for effect in self.effects
            if isinstance(effect, ReportToReconnection)
        ]

    @property
    def story(self) -> list[str]:
        return [effect.name for effect in self.effects if isinstance(effect, Entry)]
