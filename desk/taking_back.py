"""Takes a fact back, and says what that does not undo: mails, what a partner has, and what follows from other facts."""

from __future__ import annotations

from desk.mails_caused import last_retracted, mails_caused_by, sent_sentence
from desk.onboarding_detail import FactDetail, OnboardingDetail
from desk.partner_request import left_at_partner
from desk.problem import NoAnswer
from desk.service import Desk
from playbooks.engine.onboarding import Command, Onboarding, Receipt


async def take_back(desk: Desk, identity: str, order: Command) -> Receipt:
    """Takes a fact back. The receipt also says what remains true, and at which stage the onboarding is now."""
    receipt = await desk.command(identity, "retract", order)
    try:
        state = await desk.state(identity)
        detail = await desk.show(identity, state)
    except NoAnswer:
        return receipt
    fact = last_retracted(detail)
    parts = [receipt.text, *(what_remains(detail, state.onboarding, fact) if fact else ()), _standing(detail, fact)]
    return receipt.model_copy(update={"text": " ".join(parts)})


def what_remains(detail: OnboardingDetail, onboarding: Onboarding, fact: FactDetail) -> list[str]:
    """Returns the sentences about what stays outside when a fact is taken back."""
    mails = sent_sentence(mails_caused_by(detail, fact))
    return [each for each in (mails, left_at_partner(onboarding, fact.name)) if each]


def _standing(detail: OnboardingDetail, taken: FactDetail | None) -> str:
    """Returns where the onboarding stands now; and why, if the fact holds all the same."""
    whose = f", waiting on {detail.waiting_on_title}" if detail.waiting_on_title else ""
    now = f"The stage is now “{detail.stage_title}”{whose}."
    implied = next((each for each in detail.facts if taken and each.name == taken.name and each.implied_by), None)
    if implied is None:
        return now
    cause = next(each.title for each in detail.facts if each.name == implied.implied_by and not each.retracted)
    return f"It still counts, because “{cause}” is on record: take that back too if it did not happen. {now}"
