from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.simulators.ezyvet.running import RunningEzyvet, ezyvet_running


@pytest.fixture(scope="package")
async def ezyvet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEzyvet]:
    """One simulator for many tests, each with a site of its own."""
    async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as running:
        yield running
