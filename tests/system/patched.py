"""The workflow as it looks once its rules were changed behind a patch, as docs/changing-a-workflow.md says to."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import Outcome, Start
    from workflows.onboarding import OnboardingWorkflow

PATCHED = "datapoint, invitation within 72 hours"


@workflow.defn(name="Onboarding")
class PatchedOnboarding(OnboardingWorkflow):
    @workflow.init
    def __init__(self, start: Start) -> None:
        rules = PATCHED if workflow.patched(PATCHED) else start.playbook
        super().__init__(start.model_copy(update={"playbook": rules}))

    @workflow.run
    async def run(self, start: Start) -> Outcome:
        return await super().run(start)
