"""Onboardings in flight survive a new release: every recorded history, of every outcome and release, is replayed.

A failure here means that the workflow's code would break onboardings that are under way. `docs/changing-a-workflow.md`
says how to change it safely.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from tests.system import histories

OUTCOMES = {
    *("complete", "late", "withdrawn", "data-without-eula", "contact-replaced", "held", "taken-back"),
    *("refused-address", "renewed"),
    *("reconnected", "reconnected-feed", "reconnected-reconnection"),
    *("contact-left", "contact-left-feed", "contact-left-reconnection", "watch-renewed", "watch-renewed-feed"),
    *("refused", "launched", "each-confirmed", "cooled-off", "expired", "secret"),
    "ezyvet-live",
    *("prescription-current", "prescription-declined", "prescription-declined-before-it-was-sent"),
    *("prescription-cancelled", "prescription-disabled", "prescription-returned", "prescription-expired"),
    *("prescription-waited", "prescription-in-doubt", "prescription-with-a-person"),
}


@pytest.mark.parametrize("path", histories.kept_histories(), ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_recorded_history_still_replays(path: Path) -> None:
    await histories.replayer().replay_workflow(histories.read_history(path))


def test_every_release_has_a_history_of_every_outcome() -> None:
    releases: dict[str, set[str]] = {}
    for path in histories.kept_histories():
        releases.setdefault(path.parent.name, set()).add(path.name.rpartition("-")[0])
    assert releases
    assert {release: OUTCOMES - found for release, found in releases.items()} == {
        release: set() for release in releases
    }


async def test_the_gate_notices_a_difference() -> None:
    """As if the code of then had called an activity by another name than today's."""
    path = next(path for path in histories.kept_histories() if path.name.startswith("complete"))
    text = histories.read_history(path).to_json().replace('"send_mail"', '"post_mail"')
    with pytest.raises(NondeterminismError):
        await histories.replayer().replay_workflow(WorkflowHistory.from_json("datapoint/recorded", text))
