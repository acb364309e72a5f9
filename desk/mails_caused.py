"""The mails that went out because of a fact: who takes the fact back cannot call these back."""

from __future__ import annotations

from collections.abc import Iterable

from desk.onboarding_detail import Shown, ShownFact, ShownMail

GONE = ("sending", "sent", "unknown")


def written_because(seen: Shown, fact: ShownFact) -> tuple[ShownMail, ...]:
    """The mails that were ordered when the fact was recorded, whatever became of them."""
    # What a fact sets off is ordered in the very step that records it.
    return tuple(mail for mail in seen.mails if fact.recorded_at == mail.ordered_at)


def gone(mails: Iterable[ShownMail]) -> str:
    """Which of these have gone out, and that nobody can call them back; empty if none has."""
    out = [mail_in_words(mail) for mail in mails if mail.state in GONE]
    if not out:
        return ""
    if len(out) == 1:
        return f"The mail {out[0]} went out because of it and cannot be called back."
    return f"These mails went out because of it and cannot be called back: {', '.join(out)}."


def mail_in_words(mail: ShownMail) -> str:
    """`“queue confirmation” to dana@riverside.example`."""
    to = mail.to or f"the {mail.role.replace('_', ' ')}"
    return f"“{mail.kind.replace('_', ' ')}” to {to}"


def taken_back(seen: Shown) -> ShownFact | None:
    """The fact that was taken back last, if any was."""
    found = [fact for fact in seen.facts if fact.taken_back]
    return max(found, key=lambda fact: fact.taken_back.at if fact.taken_back else seen.now) if found else None
