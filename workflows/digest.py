"""The morning's digest: what is overdue, due today, and waiting on whom, to the team and its managers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import DigestOrder, DigestWritten
    from workflows.effects import PATIENT, send_mail


@workflow.defn(name="Digest")
class DigestWorkflow:
    """Started by a schedule every business morning. It writes nothing on a holiday of the team's."""

    @workflow.run
    async def run(self, order: DigestOrder) -> int:
        """Returns how many mails went out."""
        written = await workflow.execute_activity(
            "write_digest",
            order.model_copy(update={"now": order.now or workflow.now()}),
            result_type=DigestWritten,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=PATIENT,
            summary="Look at the board and write the digest",
        )
        results = await asyncio.gather(*(send_mail(key, "E-mail: digest") for key in written.keys))
        return sum(result.state == "sent" for result in results)
