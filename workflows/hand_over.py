"""Tells a colleague by one mail which onboardings were assigned or handed over to them, or taken back."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import HandOverMail, MailsWritten
    from workflows.effects import answered, send_mail


@workflow.defn(name="HandOverMail")
class HandOverMailWorkflow:
    """Its ID names the hand-over, so that a repeated request sends no second mail."""

    @workflow.run
    async def run(self, order: HandOverMail) -> None:
        summary = "Write the mail about the hand-over"
        written = await answered("write_hand_over_mail", order, MailsWritten, summary, timedelta(minutes=1))
        for key in written.keys:
            await send_mail(key, "E-mail to the colleague")
