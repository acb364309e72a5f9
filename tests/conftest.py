"""What all tests share: their order, and one PostgreSQL for the run."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator

import hypothesis
import pytest

from tests import layers
from tests.machine.trial_system import new_home, servers_home, used_home
from tests.postgres import database_url, engine, new_database, postgres_server, shared_engine

__all__ = [
    "database_url",
    "engine",
    "new_database",
    "new_home",
    "postgres_server",
    "servers_home",
    "shared_engine",
    "used_home",
]

# Whoever starts the tests in the background has all of their programs ignore Ctrl-C, which some tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Collecting garbage as often as Python does by default takes a fifth of the processor time of these tests.
gc.set_threshold(50_000, 20, 50)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

_status = 0


def pytest_configure(config: pytest.Config) -> None:
    for line in layers.lines():
        config.addinivalue_line("markers", line)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    layers.sort(items)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leaves without finalizing: an interpreter that used Temporal's client can crash on its way out."""
    if "temporalio" in sys.modules and not hasattr(config, "workerinput"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status)


@pytest.fixture
def garbage_collected() -> Iterator[None]:
    """Lets Python warn of what a test left open then, and not during the test after it."""
    yield
    gc.collect()
