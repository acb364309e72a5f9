"""Workflows that have mails of no onboarding written, and send them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from playbooks.engine.onboarding import MailOrder
    from workflows.contracts import DigestOrder, HandOverMail, MailsWritten, MemberMail
    from workflows.effects import answered, send_mail

SOON = timedelta(minutes=1)


@workflow.defn(name="Digest")
class DigestWorkflow:
    """Tells the team and its managers in the morning what is overdue, due today, and waiting on whom.

    A schedule starts it every weekday; on a holiday of the team it sends nothing.
    """

    @workflow.run
    async def run(self, order: DigestOrder) -> int:
        """Returns the number of mails sent."""
        order = order.model_copy(update={"now": order.now or workflow.now()})
        summary = "Look at the board and write the digest"
        written = await answered("write_digest", order, MailsWritten, summary, SOON)
        results = await asyncio.gather(*(send_mail(key, "E-mail: digest") for key in written.keys))
        return sum(result.state == "sent" for result in results)


@workflow.defn(name="HandOverMail")
class HandOverMailWorkflow:
    """Tells a colleague which onboardings were assigned or handed over to them, or taken back.

    Its ID names the hand-over, so that a repeated request sends no second mail.
    """

    @workflow.run
    async def run(self, order: HandOverMail) -> None:
        await _write_and_send("write_hand_over_mail", order, "Write the mail about the hand-over", "the colleague")


@workflow.defn(name="MemberMail")
class MemberMailWorkflow:
    """Sends a person of practices the link by which they sign in for the first time, or set a new password."""

    @workflow.run
    async def run(self, order: MemberMail) -> None:
        summary = "Write the mail with the link to sign in"
        await _write_and_send("write_member_mail", order, summary, "the member of the practice")


@workflow.defn(name="SingleMail")
class SingleMailWorkflow:
    """Sends a mail whose content is known already. Its ID is the mail's key, so that it is sent once."""

    @workflow.run
    async def run(self, order: MailOrder) -> None:
        await answered("write_single_mail", order, None, "Write the mail", SOON)
        await send_mail(order.key, f"E-mail: {order.kind}")


async def _write_and_send(activity: str, order: object, summary: str, reader: str) -> None:
    """Sends what the activity has written, one after the other."""
    written = await answered(activity, order, MailsWritten, summary, SOON)
    for key in written.keys:
        await send_mail(key, f"E-mail to {reader}")
