"""Takes in returned mail: notes it in the ledger, and reports it to its onboarding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import NoneType

from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, update
from partners.returned_mail.read import Bounce, Complaint, NotABounce, read_returned_mail
from playbooks.engine.onboarding import Command, Receipt
from playbooks.engine.states import Remedy
from playbooks.engine.transition import Refused
from store.mail import ledger
from workflows.contracts import MailOutcome

MAIL_SERVER = "mail server"
"""Who reports a complaint."""


@dataclass(frozen=True)
class ReturnedMail:
    """A mail of ours that came back. A digest has no onboarding; `reported`: its open onboarding has recorded it."""

    key: str
    onboarding: str | None
    reported: bool


@dataclass(frozen=True)
class Outcome:
    """What was made of one mail of a file. `sentence` says it to a person, `reason` is why the mail came back.

    `understood`: it is a report about a mail. `ours`: that mail is one of ours; `noted` is it, if something was noted.
    """

    sentence: str
    understood: bool = False
    ours: bool = False
    noted: ReturnedMail | None = None
    reason: str | None = None


async def take_in(desk: Desk, content: bytes, patience: timedelta = PATIENCE) -> list[Outcome]:
    """Notes the returned mails in a file. Idempotent. Raises `NoAnswer`; what came before is noted then."""
    # In a thread, because a mail can be long.
    found = await asyncio.to_thread(read_returned_mail, content)
    return [await _take_in(desk, each, patience) for each in found]


async def _take_in(desk: Desk, mail: Bounce | Complaint | NotABounce, patience: timedelta) -> Outcome:
    match mail:
        case NotABounce():
            return Outcome(str(mail))
        case Complaint():
            noted = await complained(desk, mail.message_ids, patience)
            what, reason = "was marked as spam", "Somebody marked it as spam."
        case Bounce(permanent=False):
            text = f"This is only a delay, so nothing was recorded: {mail.reason}"
            ours = await ledger.find(desk.database, mail.message_ids) is not None
            return Outcome(text, understood=True, ours=ours, reason=mail.reason)
        case Bounce():
            noted = await mail_returned(desk, mail.message_ids, mail.reason, mail.remedy, patience)
            what, reason = "came back", mail.reason
    if noted is None:
        ids = " or ".join(mail.message_ids[:3])
        return Outcome(f"No mail with the Message-ID {ids} was sent from here, so nothing was recorded.")
    because = f" ({reason.rstrip('.')})" if isinstance(mail, Bounce) else ""
    if noted.onboarding is None:
        text = f"Recorded: {noted.key} {what}; it belongs to no onboarding."
    elif noted.reported:
        text = f"Recorded: a mail of {noted.onboarding} {what}; 'onboard explain' says what to do."
    else:
        text = f"Recorded: a mail of {noted.onboarding}, which is closed, {what}."
    return Outcome(f"{text}{because}", understood=True, ours=True, noted=noted, reason=reason)


async def mail_returned(
    desk: Desk, message_ids: Sequence[str], reason: str, remedy: Remedy = "address", patience: timedelta = PATIENCE
) -> ReturnedMail | None:
    """Records a bounce, in the ledger and in the mail's onboarding if that is open. Idempotent.

    The first Message-ID that is one of ours counts; returns None if none is. Raises `NoAnswer` if the onboarding does
    not answer; the ledger has the bounce then.
    """
    found = await ledger.find(desk.database, message_ids)
    if found is None:
        return None
    await ledger.mark_bounced(desk.database, found.key, reason, remedy)
    outcome = MailOutcome(key=found.key, state="bounced", reason=reason)
    return await _reported(desk, found, "mail_outcome", outcome, NoneType, patience)


async def complained(desk: Desk, message_ids: Sequence[str], patience: timedelta = PATIENCE) -> ReturnedMail | None:
    """Tells the team that a recipient marked a mail as unwanted. Idempotent; raises `NoAnswer`."""
    found = await ledger.find(desk.database, message_ids)
    if found is None:
        return None
    why = (
        f"The mail “{found.subject}” to {found.to_email} was marked as spam by its reader. Please call and ask"
        " whether they want our mails, and pause reminders to them if not."
    )
    order = Command(by=MAIL_SERVER, kind="A mail was marked as spam", why=why, key=f"complaint {found.key}"[:200])
    return await _reported(desk, found, "tell", order, Receipt, patience)


async def _reported(
    desk: Desk,
    mail: ledger.Sent,
    name: str,
    order: MailOutcome | Command,
    answer: type[Receipt] | type[None],
    patience: timedelta,
) -> ReturnedMail:
    reported = False
    if mail.onboarding is not None:
        # By run, because a later onboarding of the same practice does not know the mail.
        handle = desk.client.get_workflow_handle(mail.onboarding, first_execution_run_id=mail.run)
        with suppress(NotOpen, Refused):
            await update(handle, name, order, answer, patience=patience)
            reported = True
    return ReturnedMail(mail.key, mail.onboarding, reported)
