"""Tells a practice that somebody else prescribes in its ezyVet than it confirmed (RX10)."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.effects import answered, send_mail
    from workflows.prescription_contracts import PrescribersMail


@workflow.defn(name="PrescribersMail")
class PrescribersMailWorkflow:
    @workflow.run
    async def run(self, order: PrescribersMail) -> None:
        await answered("write_prescribers_mail", order, None, "Write the mail to the practice", timedelta(minutes=1))
        await send_mail(order.key, "E-mail to the primary contact: prescribers changed")
