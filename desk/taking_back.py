"""Takes a fact back, and says what that does not undo: mails, what a partner has, and what follows from other facts."""

from __future__ import annotations

from desk.mails_caused import last_retracted, mails_caused_by, sent_sentence
from desk.onboarding_detail import FactDetail, OnboardingDetail
from desk.partner_request import left_at_partner
from desk.practice_files import playbook_called
from desk.problem import NoAnswer
from desk.service import Desk
from playbooks.engine.onboarding import Command, Onboarding, Receipt
from playbooks.engine.retraction import implying_fact


async def take_back(desk: Desk, identity: str, order: Command) -> Receipt:
    """Takes a fact back. The receipt also says what remains true, and at which stage the onboarding is now."""
    receipt = await desk.command(identity, "retract", order)
    try:
        state = await desk.state(identity)
        detail = await desk.show(identity, state)
    except NoAnswer:
        return receipt
    fact = last_retracted(detail)
    parts = [receipt.text, *(what_remains(detail, state.onboarding, fact) if fact else ()), _standing(detail)]
    return receipt.model_copy(update={"text": " ".join(parts)})


def what_remains(detail: OnboardingDetail, onboarding: Onboarding, fact: FactDetail) -> list[str]:
    """Returns the sentences about what stays when a fact is taken back, or was: outside, and where it still counts."""
    mails = sent_sentence(mails_caused_by(detail, fact))
    sentences = [mails, left_at_partner(onboarding, fact.name)]
    if cause := implying_fact(playbook_called(detail.playbook), onboarding, fact.name, fact.of):
        counts = "still counts" if fact.retracted else "will still count"
        sentences.append(
            f"“{fact.title}” {counts}, because “{cause.title}” is on record: take that back too if it did not happen."
        )
    return [each for each in sentences if each]


def _standing(detail: OnboardingDetail) -> str:
    """Returns where the onboarding stands now."""
    whose = f", waiting on {detail.waiting_on_title}" if detail.waiting_on_title else ""
    return f"The stage is now “{detail.stage_title}”{whose}."
