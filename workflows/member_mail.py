"""Sends a person of practices the link by which they sign in for the first time, or set a new password."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import MailsWritten, MemberMail
    from workflows.effects import answered, send_mail


@workflow.defn(name="MemberMail")
class MemberMailWorkflow:
    @workflow.run
    async def run(self, order: MemberMail) -> None:
        summary = "Write the mail with the link to sign in"
        written = await answered("write_member_mail", order, MailsWritten, summary, timedelta(minutes=1))
        for key in written.keys:
            await send_mail(key, "E-mail to the member of the practice")
