"""Sends updates to open workflows, each carried out once; refusals of the rules are raised as such."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from desk.problem import NoAnswer
from playbooks.engine.idempotency import digest_of
from workflows.refusals import refusal_in

T = TypeVar("T")

# The task of a worker that died is handed out again after ten seconds; this is a little longer.
PATIENCE = timedelta(seconds=15)
UNANSWERED = "No worker answered in time; is one running? ('onboard doctor' checks that.)"
CROWDED = (RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.UNAVAILABLE)


class NotOpen(Exception):
    """No workflow with this ID is open."""


async def update(
    workflow: WorkflowHandle[object, object],
    name: str,
    order: BaseModel,
    answer: type[T],
    *,
    patience: timedelta = PATIENCE,
    unanswered: NoAnswer | None = None,
) -> T:
    """Has a workflow carry out an order. One that Temporal drops is sent again: it takes ten at a time on one workflow.

    Raises `Refused`, `NotOpen` or `NoAnswer`; `unanswered` if it may still be carried out.
    """
    key = update_id(name, order)
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        left = timedelta(seconds=max(1.0, deadline - time.monotonic()))
        try:
            found: T = await workflow.execute_update(name, order, id=key, result_type=answer, rpc_timeout=left)
            return found
        except WorkflowUpdateFailedError as failure:
            if refusal := refusal_in(failure.cause):
                raise refusal from None
            raise
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            raise unanswered or NoAnswer(UNANSWERED) from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotOpen from None
            if error.status not in CROWDED or time.monotonic() > deadline:
                raise trouble(error) from None
        await asyncio.sleep(random.uniform(0.1, 1.0))  # noqa: S311 - only spreads them out


def update_id(name: str, order: BaseModel) -> str:
    """A repeat under the same key joins the first one; another body under that key is the rules' to refuse."""
    key: str | None = getattr(order, "key", None)
    return f"{name} {key} {digest_of(name, order.model_dump(mode='json'))}" if key else uuid.uuid4().hex


def trouble(error: RPCError) -> NoAnswer:
    """A failed call to Temporal, as a sentence."""
    if error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
        return NoAnswer(UNANSWERED)
    if error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
        return NoAnswer("Too many requests at the same moment; wait a few seconds and repeat it.")
    return NoAnswer(f"Temporal does not answer ({error.message}); is it running? ('onboard doctor' checks that.)")
