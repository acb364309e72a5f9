"""Opens a practice's ezyVet for prescriptions, for the first time or again, and has those sent that waited for it."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import Launched
    from workflows.effects import PATIENT, answered
    from workflows.prescription_contracts import Site, ezyvet_queue


async def release(site: Site) -> None:
    await workflow.execute_activity(
        "release_prescriptions",
        site,
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=timedelta(seconds=15),
        retry_policy=PATIENT,
        summary="Waiting prescriptions",
    )


@workflow.defn(name="EzyvetOpening")
class EzyvetOpeningWorkflow:
    @workflow.run
    async def run(self, start: Launched) -> None:
        site = Site(practice=start.handover.practice.id)
        await answered("open_ezyvet_site", site, None, "ezyVet is live")
        await release(site)
        await workflow.execute_activity(
            "take_out_test",
            site,
            task_queue=ezyvet_queue(workflow.info().task_queue),
            start_to_close_timeout=timedelta(minutes=2),
            retry_policy=PATIENT,
            summary="The test prescription is taken out",
        )


@workflow.defn(name="EzyvetReopening")
class EzyvetReopeningWorkflow:
    """After access was revoked, and came back."""

    @workflow.run
    async def run(self, site: Site) -> None:
        await release(site)
