"""Recorded histories: what onboardings in flight look like to the next release. They are replayed against its code."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

import worker
from tests.system.trial_workflows import TrialKey, TrialPreview
from workflows.sandbox import sandbox

WORKFLOWS = (*worker.WORKFLOWS, TrialKey, TrialPreview)
FOLDER = Path(__file__).parent.parent / "histories"


def replayer() -> Replayer:
    return Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=sandbox(strict=True))


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
