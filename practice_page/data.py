"""What a contact is told of the practice's data: what comes, what is there, what a feed changes (DP11 to DP13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desk.service import Desk
from pharmacy.records import feed_progress, review_queue
from pharmacy.records.feed_progress import Feed
from pharmacy.records.update_rules import Rule, UpdateMode, rules
from practice_page.visitor import Visitor

PHRASES = {("patient", "deceased"): "that a pet has died"}
NOT_COPIED = ("owner", "deceased")
"""What everybody takes for granted of a pet that is copied."""


@dataclass(frozen=True)
class Data:
    """What is in the database, and the feed that is on its way or came last.

    `merged` clients are home-delivery clients that we knew before; of `to_review` pairs a person still has to say so.
    """

    clients: int
    patients: int
    merged: int
    to_review: int
    coming: Feed | None
    last: Feed | None

    @property
    def share(self) -> int | None:
        """How much of what comes in is done, in percent; None where that cannot be told."""
        done, total = self.coming.progress if self.coming else (0, 0)
        return done * 100 // total if total else None

    @property
    def waits(self) -> bool:
        """Whether one of us looks at what came before it is taken in."""
        return self.coming is not None and self.coming.state == "asking"


async def data_of(desk: Desk, visitor: Visitor) -> Data | None:
    """None as long as nothing has come."""
    practice = visitor.onboarding.practice.id
    found = await feed_progress.list_feeds(desk.database, practice, 100)
    if not found:
        return None
    clients, patients = await feed_progress.count_records(desk.database, practice)
    # As it stands now: merges are undone, and pairs decided.
    met = await review_queue.practice_queue(desk.database, practice)
    done = [feed for feed in found if feed.state == "done"]
    coming = [feed for feed in found if not feed.is_over]
    return Data(
        clients,
        patients,
        met.merged,
        met.pairs,
        coming[-1] if coming else None,
        done[0] if done else None,
    )


@dataclass(frozen=True)
class Copied:
    """What is copied and what is not, each as words that go on a sentence."""

    clients: str
    pets: str
    automatic: str
    at_first: str
    by_a_person: str


def copied() -> Copied:
    """The table of rules in the words of a practice."""
    return Copied(
        clients=_listed(rule.title for rule in rules("client")),
        pets=_listed(rule.title for rule in rules("patient") if rule.field not in NOT_COPIED),
        automatic=_of(UpdateMode.AUTOMATIC),
        at_first=_of(UpdateMode.FIRST_IMPORT),
        by_a_person=_of(UpdateMode.MANUAL),
    )


def _of(mode: UpdateMode) -> str:
    return _listed(_phrase(rule) for rule in (*rules("client", mode), *rules("patient", mode)))


def _phrase(rule: Rule) -> str:
    whose = "a client's" if rule.kind == "client" else "a pet's"
    return PHRASES.get((rule.kind, rule.field), f"{whose} {rule.title}")


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
