"""One real system for the tests that kill its parts. Each test leaves it whole, and the next begins by looking."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator

import pytest

from cli.doctor import doctor
from machine import ports
from tests.faults.cluster import Plant, Post
from tests.machine.trial_system import fresh_home
from tests.system.harness import Practice

numbers = itertools.count(1)


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[Plant]:
    with fresh_home() as home:
        home.create()
        # Not the usual ports: while this system is down, nobody else may take them.
        ports.save(home.ports, {name: ports.free_port() for name in ports.DEFAULTS})
        plant = Plant(home, Post())
        await plant.post.open()
        await plant.up()
        try:
            yield plant
        finally:
            for name in ("worker", "temporal", "postgres"):
                plant.signal(name, signal.SIGCONT)
            await plant.down()
            await plant.desk.database.dispose()
            await plant.post.close()


@pytest.fixture
async def plant(running: Plant) -> Plant:
    """The system, with nothing wrong."""
    running.post.then = None
    checks = await asyncio.to_thread(doctor, running.home.path)
    assert [check for check in checks if not check.ok] == []
    return running


@pytest.fixture
def practice(plant: Plant) -> Practice:
    """A practice of the test's own."""
    return Practice(plant.desk, plant.post, f"clinic-{next(numbers)}")


@pytest.fixture
def another(plant: Plant) -> Practice:
    """A second one."""
    return Practice(plant.desk, plant.post, f"clinic-{next(numbers)}")
