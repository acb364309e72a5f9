"""Sends a mail that belongs to no onboarding."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from playbooks.engine.onboarding import MailOrder
    from workflows.effects import answered, send_mail


@workflow.defn(name="SingleMail")
class SingleMailWorkflow:
    @workflow.run
    async def run(self, order: MailOrder) -> None:
        await answered("write_single_mail", order, None, "Write the mail", timedelta(minutes=1))
        await send_mail(order.key, f"E-mail: {order.kind}")
