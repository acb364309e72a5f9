"""Sends the morning's digest to the team and its managers: what is overdue, due today, and waiting on whom."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import DigestOrder, MailsWritten
    from workflows.effects import answered, send_mail


@workflow.defn(name="Digest")
class DigestWorkflow:
    """A schedule starts it every weekday morning; on a holiday of the team it sends nothing."""

    @workflow.run
    async def run(self, order: DigestOrder) -> int:
        """Returns the number of mails sent."""
        order = order.model_copy(update={"now": order.now or workflow.now()})
        summary = "Look at the board and write the digest"
        written = await answered("write_digest", order, MailsWritten, summary, timedelta(minutes=1))
        results = await asyncio.gather(*(send_mail(key, "E-mail: digest") for key in written.keys))
        return sum(result.state == "sent" for result in results)
