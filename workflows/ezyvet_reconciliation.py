"""Compares the practices with their ezyVet: every night all of them, each in a workflow of its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from workflows.effects import answered
    from workflows.reconciliation_contracts import Compared, Comparison, Failed, Practices, Round

PREFIX = "ezyvet-reconciliation"
PRIORITY = 5
"""On the task queue: after every call that somebody waits for."""
AT_ONCE = 20
PER_RUN = 200
"""Practices of one run, so that its history stays short."""
LONGEST = timedelta(hours=6)
RETRY = RetryPolicy(initial_interval=timedelta(seconds=10), maximum_interval=timedelta(minutes=10))


@workflow.defn(name="EzyvetComparison")
class EzyvetComparisonWorkflow:
    """One practice. Only one runs at a time, because of its ID."""

    @workflow.run
    async def run(self, order: Comparison) -> Compared:
        try:
            compared: Compared = await workflow.execute_activity(
                "compare_practice",
                order,
                result_type=Compared,
                task_queue=order.queue,
                start_to_close_timeout=timedelta(hours=1),
                schedule_to_close_timeout=LONGEST,
                heartbeat_timeout=timedelta(seconds=15),
                retry_policy=RETRY,
                summary=f"Compare {order.practice} with its ezyVet",
                priority=Priority(priority_key=PRIORITY, fairness_key=order.practice),
            )
            return compared
        except ActivityError as failure:
            problem = str(failure.cause or failure)
            failed = Failed(practice=order.practice, problem=problem)
            return await answered("record_failed_comparison", failed, Compared, "It could not be compared")


@workflow.defn(name="EzyvetReconciliation")
class EzyvetReconciliationWorkflow:
    """All practices, a few at a time; one that fails does not stop the others."""

    @workflow.run
    async def run(self, order: Round) -> int:
        """Returns the number of practices."""
        practices = order.practices
        if practices is None:
            live = await answered("practices_to_compare", None, Practices, "Which practices are live")
            practices = live.ids
        part = practices[order.done : order.done + PER_RUN]
        turn = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._compare(turn, Comparison(practice=each, queue=order.queue)) for each in part))
        done = order.done + len(part)
        if done < len(practices):
            workflow.continue_as_new(order.model_copy(update={"practices": practices, "done": done}))
        return done

    async def _compare(self, turn: asyncio.Semaphore, order: Comparison) -> None:
        async with turn:
            try:
                await workflow.execute_child_workflow(
                    "EzyvetComparison", order, id=f"{PREFIX}/{order.practice}", static_summary=order.practice
                )
            except WorkflowAlreadyStartedError:
                # Somebody has it compared just now.
                pass
            except ChildWorkflowError as failure:
                workflow.logger.warning("%s was not compared: %s", order.practice, failure.cause)
