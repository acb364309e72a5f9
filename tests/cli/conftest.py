"""One running system for all tests of the command line, started by `onboard up` itself."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from machine.home import Home
from tests.cli.shell import Shell, practice_file, without_home
from tests.patience import PATIENCE

PEOPLE = "ana=ana@pharmacy.test, bo=bo@pharmacy.test, yan=yan@pharmacy.test, zoe=zoe@pharmacy.test"
_numbers = itertools.count(1)


@pytest.fixture
def alone(tmp_path: Path) -> Shell:
    """A shell in an empty directory, where no system runs."""
    return without_home(tmp_path)


@pytest.fixture(scope="package")
def system(new_home: Callable[[], AbstractContextManager[Home]]) -> Iterator[Home]:
    """A whole system with time travel, ended by Ctrl-C."""
    with new_home() as home:
        shell = Shell(home.path.parent, {"ONBOARD_PEOPLE": PEOPLE, "ONBOARD_TEAM_TIME_ZONE": "America/Chicago"})
        running = shell.start("up", "--home", os.fspath(home.path), "--time-travel")
        try:
            deadline = time.monotonic() + PATIENCE
            while home.read_ready() is None:
                assert running.poll() is None, running.communicate()
                assert time.monotonic() < deadline, "it is not ready"
                time.sleep(0.05)
            yield home
        finally:
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=PATIENCE)
        assert (running.returncode, errors.decode()) == (0, "")


@pytest.fixture
def onboard(system: Home, tmp_path: Path) -> Shell:
    """A shell in an empty directory, beside the running system."""
    return Shell(
        tmp_path,
        {
            "ONBOARD_HOME": os.fspath(system.path),
            "ONBOARD_BY": "ana",
            "ONBOARD_PEOPLE": PEOPLE,
            "ONBOARD_TEAM_TIME_ZONE": "America/Chicago",
        },
        quick=True,
    )


@pytest.fixture
def practice(onboard: Shell) -> Callable[..., str]:
    """Starts an onboarding of the test's own practice; returns its ID."""

    def started(**changes: Any) -> str:
        name = f"practice-{next(_numbers)}"
        onboard.ok("start", "datapoint", "-", stdin=json.dumps(practice_file(name, **changes)))
        return f"datapoint/{name}"

    return started
