"""Makes a lazy Temporal client raise `RPCError` while it has not connected, as it does when the server goes away later.

The SDK raises a bare RuntimeError until the first connection, which callers would take for a defect and not retry.
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


class LazyConnect(Interceptor):
    """For `Client.connect(lazy=True, interceptors=[LazyConnect()])`."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Calls(super().intercept_client(next))


class _Calls(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        return await _retryable(super().start_workflow(input))

    async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:
        return await _retryable(super().describe_workflow(input))

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        return await _retryable(super().query_workflow(input))

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        await _retryable(super().signal_workflow(input))

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        return await _retryable(super().start_workflow_update(input))


def never_connected(error: RuntimeError) -> bool:
    """Whether a call failed because its client has not connected to Temporal yet."""
    # By the message, because the SDK raises it in Rust, as a plain RuntimeError.
    return str(error).startswith("Failed client connect")


async def _retryable(call: Awaitable[T]) -> T:
    try:
        return await call
    except RuntimeError as error:
        if not never_connected(error):
            raise
        raise RPCError("it was not reached yet", RPCStatusCode.UNKNOWN, b"") from None
