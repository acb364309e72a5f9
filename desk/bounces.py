"""A mail that came back: noted in the ledger, and told to its onboarding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import NoneType

from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, update
from store.mail import ledger
from workflows.contracts import MailOutcome


@dataclass(frozen=True)
class Returned:
    """What a returned mail was: its key, and its onboarding, None for one that belongs to none (as a digest)."""

    key: str
    onboarding: str | None
    told: bool


async def mail_returned(desk: Desk, message_id: str, reason: str, patience: timedelta = PATIENCE) -> Returned | None:
    """Notes that a mail came back; None if no mail of ours has this Message-ID.

    An onboarding that is open is told, and everybody sees that the address needs to be fixed; of a closed one the
    ledger keeps it. The same again changes nothing. Raises `NoAnswer`: the ledger has it then, and it may be repeated.
    """
    found = await ledger.bounced(desk.database, message_id, reason)
    if found is None:
        return None
    told = False
    if found.onboarding is not None:
        outcome = MailOutcome(key=found.key, state="bounced", reason=reason)
        # A later onboarding of the same practice knows nothing of this mail.
        handle = desk.client.get_workflow_handle(found.onboarding, first_execution_run_id=found.run)
        try:
            await update(handle, "mail_outcome", outcome, NoneType, patience=patience)
            told = True
        except NotOpen:
            pass
    return Returned(found.key, found.onboarding, told)
