"""What the tests' own playbooks launch."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from playbooks.engine.onboarding import Handover, Report
    from workflows.contracts import Launched, Reported
    from workflows.effects import signal


@workflow.defn(name="TrialPreview")
class TrialPreview:
    """Builds a preview of a shop for each time it is asked, and reports it to the onboarding that asked."""

    @workflow.init
    def __init__(self, start: Launched) -> None:
        self.asked = [start.handover]

    @workflow.signal
    def introduced(self, handover: Handover) -> None:
        self.asked.append(handover)

    @workflow.run
    async def run(self, start: Launched) -> list[str]:
        wanted = 1 if start.handover.on is None else 2
        await workflow.wait_condition(lambda: len(self.asked) >= wanted)
        if start.handover.on:
            report = Report(data={"pages": len(self.asked)}, by="preview")
            await signal(start.handover.by, "report", Reported(fact="preview_built", report=report))
        return [each.contacts["designer"].name for each in self.asked]


@workflow.defn(name="TrialKey")
class TrialKey:
    """Has a key tried, and reports that it was."""

    @workflow.run
    async def run(self, start: Launched) -> None:
        (given,) = [fact for fact in start.handover.facts if fact.name == "key_given"]
        await workflow.execute_activity("trial_try_key", given.data, start_to_close_timeout=timedelta(seconds=30))
        await signal(start.handover.by, "report", Reported(fact="key_tried", report=Report(by="key")))
