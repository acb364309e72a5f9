"""What the viewer recorded a moment ago, by mistake perhaps: offered to be taken back from where it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from desk.attention.status import counts
from desk.mails_caused import mail_in_words, written_because
from desk.onboarding_detail import Shown, ShownFact
from playbooks.engine.states import CLOSED
from store.accounts.people import Person

LATELY = timedelta(minutes=15)
"""For so long it is offered above all else."""


@dataclass(frozen=True)
class Slip:
    """What the viewer recorded a moment ago, which may have been a mistake, and the mails that it set off."""

    fact: ShownFact
    mails: tuple[str, ...]


def slip(seen: Shown, person: Person) -> Slip | None:
    """What the viewer recorded last, if that was just now and can still be taken back."""
    mine = [fact for fact in seen.facts if fact.recorded_at and fact.by == person.handle and counts(fact)]
    last = max(mine, key=lambda fact: fact.recorded_at or seen.requested_at, default=None)
    if last is None or last.recorded_at is None or seen.now - last.recorded_at > LATELY:
        return None
    if seen.status in CLOSED:
        return None
    return Slip(last, tuple(mail_in_words(mail) for mail in written_because(seen, last)))
