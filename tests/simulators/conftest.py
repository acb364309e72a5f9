from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.simulators.trial import RunningSimulator, Trial, a_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with a_trial(tmp_path / "home") as place:
        yield place


@pytest.fixture(scope="package")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Trial, RunningSimulator]]:
    """One simulator for many tests, each with a practice of its own; it performs no step by itself."""
    async with (
        a_trial(tmp_path_factory.mktemp("shared")) as place,
        place.running("--no-automatic", speed=1) as simulator,
    ):
        yield place, simulator
