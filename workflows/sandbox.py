"""The sandbox of workflow code: it keeps clocks, randomness and I/O out, so that a replay is deterministic."""

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
    "pharmacy.prescriptions.life",
    "workflows.contracts",
    "workflows.prescription_contracts",
    "workflows.visibility",
    "workflows.feed_visibility",
    "pydantic",
    "pydantic_core",
    "email_validator",
)


def sandbox(*, strict: bool = False) -> SandboxedWorkflowRunner:
    """Returns the runner for workers and for replays.

    A strict one, as in tests, imports our workflows anew for each workflow, with guards that refuse clocks, randomness
    and I/O. A worker does without, which saves a tenth of its processor time.
    """
    modules = PASSED_THROUGH if strict else (*PASSED_THROUGH, "workflows")
    return _Sandbox(restrictions=SandboxRestrictions.default.with_passthrough_modules(*modules))


@dataclass(frozen=True)
class _Sandbox(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Instance(super().create_instance(det))


class _Instance(WorkflowInstance):
    """A sandboxed workflow without serialization contexts.

    For each payload the SDK enters the sandbox to ask for the context. Our converter needs none, and that alone took a
    seventh of a worker's time.
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
