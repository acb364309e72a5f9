"""A real system for the tests that kill its components. Each test restores it, and the next one checks that first."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest

from cli.doctor import doctor
from machine.home import Home
from tests.faults.cluster import Cluster, MailServer
from tests.faults.ezyvet_practices import live_practice
from tests.simulators.ezyvet.running import ezyvet_running
from tests.system.harness import Practice
from tests.system.prescribing import EzyvetPractice

numbers = itertools.count(1)


@pytest.fixture(scope="session")
async def running(new_home: Callable[[], AbstractContextManager[Home]]) -> AsyncIterator[Cluster]:
    with new_home() as home:
        home.create()
        (ezyvet_home := home.path / "ezyvet").mkdir()
        async with ezyvet_running(ezyvet_home) as ezyvet:
            cluster = Cluster(home, MailServer(), ezyvet)
            await cluster.mail_server.open()
            await cluster.up()
            try:
                yield cluster
            finally:
                for name in ("worker", "temporal", "postgres"):
                    cluster.signal(name, signal.SIGCONT)
                await cluster.down()
                await cluster.desk.database.dispose()
                await cluster.mail_server.close()


@pytest.fixture
async def cluster(running: Cluster) -> Cluster:
    """The system, after a check that nothing is wrong."""
    running.mail_server.then = None
    checks = await asyncio.to_thread(doctor, running.home.path)
    assert [check for check in checks if not check.ok] == []
    return running


@pytest.fixture
def practice(cluster: Cluster) -> Practice:
    """The ID of a practice for this test."""
    return Practice(cluster.desk, cluster.mail_server, f"clinic-{next(numbers)}")


@pytest.fixture
def another(cluster: Cluster) -> Practice:
    """A second one."""
    return Practice(cluster.desk, cluster.mail_server, f"clinic-{next(numbers)}")


@pytest.fixture
async def live(cluster: Cluster, practice: Practice) -> AsyncIterator[EzyvetPractice]:
    """The practice, connected to its ezyVet."""
    async with live_practice(cluster, practice) as one:
        yield one
