"""The mails that went out because of a fact: retracting the fact does not recall them."""

from __future__ import annotations

from collections.abc import Iterable

from desk.onboarding_detail import FactDetail, MailDetail, OnboardingDetail

SENT_STATES = ("sending", "sent", "unknown")


def mails_caused_by(detail: OnboardingDetail, fact: FactDetail) -> tuple[MailDetail, ...]:
    """Returns the mails that were ordered when the fact was recorded, in any state."""
    # A fact's mails are ordered in the step that records it.
    return tuple(mail for mail in detail.mails if fact.recorded_at == mail.ordered_at)


def sent_sentence(mails: Iterable[MailDetail]) -> str:
    """Returns the sentence that says which of the mails have gone out; empty if none has."""
    out = [mail_in_words(mail) for mail in mails if mail.state in SENT_STATES]
    if not out:
        return ""
    if len(out) == 1:
        return f"The mail {out[0]} was sent because of it and cannot be recalled."
    return f"These mails were sent because of it and cannot be recalled: {', '.join(out)}."


def mail_in_words(mail: MailDetail) -> str:
    """`“queue confirmation” to dana@riverside.example`."""
    to = mail.to or f"the {mail.role.replace('_', ' ')}"
    return f"“{mail.kind.replace('_', ' ')}” to {to}{' (held)' if mail.state == 'held' else ''}"


def last_retracted(detail: OnboardingDetail) -> FactDetail | None:
    found = [fact for fact in detail.facts if fact.taken_back]
    return max(found, key=lambda fact: fact.taken_back.at if fact.taken_back else detail.now) if found else None
