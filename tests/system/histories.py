"""Recorded histories: what onboardings in flight look like to the next release. They are replayed against its code."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

import worker
from tests.system.trial_workflows import TrialKey, TrialPreview

WORKFLOWS = (*worker.WORKFLOWS, TrialKey, TrialPreview)
FOLDER = Path(__file__).parent.parent / "histories"


# Rules and messages are pure; importing them anew for every workflow would cost more than replaying it.
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


class _PreparedOnce(WorkflowRunner):
    """The sandbox, which refuses clocks, randomness and I/O in workflow code. Every replay has a worker of its own,
    which prepares all workflows although it runs one; here each is prepared once."""

    def __init__(self) -> None:
        self._sandbox = SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
        )
        self._prepared = set[type]()

    def prepare_workflow(self, defn: Any) -> None:
        if defn.cls not in self._prepared:
            self._sandbox.prepare_workflow(defn)
            self._prepared.add(defn.cls)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return self._sandbox.create_instance(det)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        self._sandbox.set_worker_level_failure_exception_types(types)


_runner = _PreparedOnce()


def replayer(workflows: Sequence[type] = WORKFLOWS) -> Replayer:
    return Replayer(workflows=workflows, data_converter=pydantic_data_converter, workflow_runner=_runner)


def keep_history(folder: Path, name: str, history: WorkflowHistory) -> None:
    """Writes a history; the same history gives the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json.gz").write_bytes(gzip.compress(history.to_json().encode(), mtime=0))


def kept_histories() -> list[Path]:
    return sorted(FOLDER.rglob("*.json.gz"))


def read_history(path: Path) -> WorkflowHistory:
    text = gzip.decompress(path.read_bytes()).decode()
    started = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started["workflowId"], text)
