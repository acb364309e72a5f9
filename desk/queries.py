"""Asks open workflows what they know."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from temporalio.client import Client, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from desk.problem import NoAnswer
from desk.updates import PATIENCE, trouble

T = TypeVar("T")


async def query_open(client: Client, workflow: str, answer: type[T]) -> T | None:
    """Returns the `state` of an open workflow; None if there is none with this ID. Raises `NoAnswer`."""
    handle = client.get_workflow_handle(workflow)
    for wait in (0.05, 0.1, 0.2, 0.4, 0.8, None):
        try:
            found: T = await handle.query(
                "state", result_type=answer, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=PATIENCE
            )
            return found
        except WorkflowQueryRejectedError:
            return None
        except WorkflowQueryFailedError as error:
            raise NoAnswer(f"{workflow} could not answer: {error}.") from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            # Between two runs no workflow answers for a moment.
            if error.status is not RPCStatusCode.FAILED_PRECONDITION or wait is None:
                raise trouble(error) from None
            await asyncio.sleep(wait)
    return None
