"""Records a bounced mail in the ledger, and reports it to its onboarding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import NoneType

from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, update
from store.mail import ledger
from workflows.contracts import MailOutcome


@dataclass(frozen=True)
class ReturnedMail:
    """A bounced mail. A digest has no onboarding; `reported`: its open onboarding has recorded the bounce."""

    key: str
    onboarding: str | None
    reported: bool


async def mail_returned(
    desk: Desk, message_id: str, reason: str, patience: timedelta = PATIENCE
) -> ReturnedMail | None:
    """Records a bounce, in the ledger and in the mail's onboarding if that is open. Idempotent.

    Returns None if no mail of ours has this Message-ID. Raises `NoAnswer` if the onboarding does not answer; the ledger
    has the bounce then.
    """
    found = await ledger.mark_bounced(desk.database, message_id, reason)
    if found is None:
        return None
    reported = False
    if found.onboarding is not None:
        outcome = MailOutcome(key=found.key, state="bounced", reason=reason)
        # By run, because a later onboarding of the same practice does not know the mail.
        handle = desk.client.get_workflow_handle(found.onboarding, first_execution_run_id=found.run)
        try:
            await update(handle, "mail_outcome", outcome, NoneType, patience=patience)
            reported = True
        except NotOpen:
            pass
    return ReturnedMail(found.key, found.onboarding, reported)
