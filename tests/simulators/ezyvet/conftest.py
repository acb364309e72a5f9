from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest

from tests.simulators.ezyvet.running import Client, RunningEzyvet, ezyvet_running

NUMBERS = count(1)


@pytest.fixture(scope="package")
async def ezyvet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningEzyvet]:
    """One simulator for many tests, each with a site of its own."""
    async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as running:
        yield running


@pytest.fixture
async def client(ezyvet: RunningEzyvet) -> Client:
    """A client of a site of the test's own."""
    return await ezyvet.signed_in(f"site-{next(NUMBERS)}")
