"""The link from Temporal UI to the console: made when the details are looked at, as the web may have moved since."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.worker import (
    HandleQueryInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

LINKED = "Onboarding"
"""The type of the workflows that have a page in the console."""


class ConsoleLink(Interceptor):
    """Adds the link to the current details of every onboarding. `web` is where people reach the console."""

    def __init__(self, web: str) -> None:
        self.web = web

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        web = self.web

        class Linked(WorkflowInboundInterceptor):
            async def handle_query(self, input: HandleQueryInput) -> Any:
                answer = await super().handle_query(input)
                info = workflow.info()
                if isinstance(answer, WorkflowMetadata) and info.workflow_type == LINKED:
                    link = f"[In the console]({web}/onboardings/{info.workflow_id})"
                    answer.current_details = "\n\n".join(part for part in (answer.current_details, link) if part)
                return answer

        return Linked
