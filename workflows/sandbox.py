"""Where workflow code runs: kept from clocks, randomness and I/O, so that a replay gives the same again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

# The workflows' own world is small; importing these anew for every one of them would cost more than running it.
PASSED_THROUGH = (
    "playbooks",
    "workflows.contracts",
    "workflows.visibility",
    "workflows.feed_visibility",
    "pydantic",
    "pydantic_core",
    "email_validator",
)


def sandbox() -> SandboxedWorkflowRunner:
    """The runner for workers and for replays."""
    return _Sandbox(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


@dataclass(frozen=True)
class _Sandbox(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Instance(super().create_instance(det))


class _Instance(WorkflowInstance):
    """A sandboxed workflow whose payloads are encoded alike, whatever they belong to.

    For each payload the SDK asks the workflow, by entering its sandbox, in which context to encode it. Our converter
    knows no contexts; that question alone took a seventh of a worker's time.
    """

    def __init__(self, within: WorkflowInstance) -> None:
        self._within = within

    def activate(self, act: Any) -> Any:
        return self._within.activate(act)

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext()

    def get_info(self) -> Info:
        return self._within.get_info()

    def get_thread_id(self) -> int | None:
        return self._within.get_thread_id()
