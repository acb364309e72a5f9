"""What a contact is shown of the practice's data: the feeds, the totals, what a feed changes (DP11 to DP13)."""

from __future__ import annotations

from dataclasses import dataclass

from desk.service import Desk
from pharmacy.records import feed_progress, review_queue
from pharmacy.records.feed_progress import Feed
from pharmacy.records.update_rules import Rule, UpdateMode, rules
from practice_page.visitor import Visitor
from templates.languages import listed, marked, say

PHRASES = {("patient", "deceased"): marked("that a pet has died")}
NOT_COPIED = ("owner", "deceased")
"""Not named, because they go without saying."""


@dataclass(frozen=True)
class Data:
    """Totals in the database, and the feeds that are being imported and were imported last.

    `merged` clients are home-delivery clients too; `to_review` pairs wait for a person to decide that.
    """

    clients: int
    patients: int
    merged: int
    to_review: int
    coming: Feed | None
    last: Feed | None

    @property
    def share(self) -> int | None:
        """The progress of the import in percent; None if unknown."""
        done, total = self.coming.progress if self.coming else (0, 0)
        return done * 100 // total if total else None

    @property
    def waits(self) -> bool:
        """Whether the feed waits for the team's approval."""
        return self.coming is not None and self.coming.state == "asking"


async def load_data(desk: Desk, visitor: Visitor) -> Data | None:
    """Returns None before the first feed."""
    practice = visitor.onboarding.practice.id
    found = await feed_progress.list_feeds(desk.database, practice, 100)
    if not found:
        return None
    clients, patients = await feed_progress.count_records(desk.database, practice)
    queue = await review_queue.practice_queue(desk.database, practice)
    done = [feed for feed in found if feed.state == "done"]
    coming = [feed for feed in found if not feed.is_over]
    return Data(
        clients,
        patients,
        queue.merged,
        queue.pairs,
        coming[-1] if coming else None,
        done[0] if done else None,
    )


def copied_values() -> dict[str, str]:
    """Returns what is copied and what is not, each as part of a sentence."""
    return {
        "clients": listed([say(rule.title) for rule in rules("client")]),
        "pets": listed([say(rule.title) for rule in rules("patient") if rule.field not in NOT_COPIED]),
        "automatic": _fields(UpdateMode.AUTOMATIC),
        "at_first": _fields(UpdateMode.FIRST_IMPORT),
        "by_a_person": _fields(UpdateMode.MANUAL),
    }


def _fields(mode: UpdateMode) -> str:
    return listed([_phrase(rule) for rule in (*rules("client", mode), *rules("patient", mode))])


def _phrase(rule: Rule) -> str:
    if phrase := PHRASES.get((rule.kind, rule.field)):
        return say(phrase)
    value = say(rule.title)
    return say("a client's %(value)s", value=value) if rule.kind == "client" else say("a pet's %(value)s", value=value)
