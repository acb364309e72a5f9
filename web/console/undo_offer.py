"""Offers to undo the fact that the viewer has just recorded, perhaps by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from desk.attention.item import form_address
from desk.mails_caused import mail_in_words, mails_caused_by
from desk.onboarding_detail import FactDetail, OnboardingDetail
from store.accounts.people import Person

OFFERED_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class UndoOffer:
    fact: FactDetail
    mails: tuple[str, ...]
    address: str


def undo_offer(detail: OnboardingDetail, person: Person) -> UndoOffer | None:
    """Returns the fact that the viewer recorded last, if that is recent and can still be retracted."""
    mine = [fact for fact in detail.facts if fact.recorded_at and fact.by == person.handle and fact.retractable]
    last = max(mine, key=lambda fact: fact.recorded_at or detail.requested_at, default=None)
    if last is None or last.recorded_at is None or detail.now - last.recorded_at > OFFERED_FOR:
        return None
    mails = tuple(mail_in_words(mail) for mail in mails_caused_by(detail, last))
    return UndoOffer(last, mails, form_address(detail.id, "commands/retract", fact=last.name, of=last.of))
