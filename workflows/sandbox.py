"""Where workflow code runs: kept from clocks, randomness and I/O, so that a replay gives the same again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

# Importing these anew for every workflow would cost more than running it.
PASSED_THROUGH = (
    "playbooks",
    "workflows.contracts",
    "workflows.visibility",
    "workflows.feed_visibility",
    "pydantic",
    "pydantic_core",
    "email_validator",
)


def sandbox(*, strict: bool = False) -> SandboxedWorkflowRunner:
    """The runner for workers and for replays.

    A strict one imports our workflows anew for each workflow, behind guards that refuse clocks, randomness and I/O.
    The tests run so; a worker spares it, as this takes a tenth of its processor time and the code is the same.
    """
    modules = PASSED_THROUGH if strict else (*PASSED_THROUGH, "workflows")
    return _Sandbox(restrictions=SandboxRestrictions.default.with_passthrough_modules(*modules))


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
