"""A client that has not reached Temporal yet fails as one does whose server went away.

Temporal's own raises a bare RuntimeError until its first connection. Whoever waits and repeats what a server that is
away did not take would count that as a defect, and give up.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from temporalio.client import (
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowExecutionDescription,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.service import RPCError, RPCStatusCode

T = TypeVar("T")


class Reaching(Interceptor):
    """For `Client.connect(lazy=True, interceptors=[Reaching()])`."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Calls(super().intercept_client(next))


class _Calls(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        return await _reached(super().start_workflow(input))

    async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:
        return await _reached(super().describe_workflow(input))

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        return await _reached(super().query_workflow(input))

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        await _reached(super().signal_workflow(input))

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        return await _reached(super().start_workflow_update(input))


def never_connected(error: RuntimeError) -> bool:
    """Whether a call failed because its client has not connected to Temporal yet.

    The SDK has no class for it, so its sentence has to do.
    """
    return str(error).startswith("Failed client connect")


async def _reached(call: Awaitable[T]) -> T:
    try:
        return await call
    except RuntimeError as error:
        if not never_connected(error):
            raise
        raise RPCError("it was not reached yet", RPCStatusCode.UNKNOWN, b"") from None
