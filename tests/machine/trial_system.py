"""A system in a process of its own, to be started, queried and killed as a person would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from machine import ports
from machine.home import Home
from machine.servers import PROJECT, TEMPORAL_VARIABLES, with_project_path
from tests.folders import new_folder
from tests.patience import PATIENCE

SCRIPT = Path(__file__).with_name("start_up.py")
UNSET = ("ONBOARD_DATABASE_URL", "ONBOARD_SMTP_URL", "ONBOARD_HOME", *TEMPORAL_VARIABLES)


@contextmanager
def fresh_home() -> Iterator[Home]:
    """An empty home, removed at the end."""
    folder = new_folder("trial")
    try:
        yield Home(folder / "home")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def servers_home() -> Iterator[Home]:
    """A home with what servers make at their first start: the database with its tables, and Temporal's namespace.

    Only to be copied, by `new_home`.
    """
    with fresh_home() as home:
        with system(home, components="migrated") as running:
            running.addresses()
        # What a start chooses for itself, but for the password that the database has stored.
        for path in (home.run, home.logs, home.mailbox):
            shutil.rmtree(path)
        for path in (home.lock, home.ports, home.secrets / "api_token", home.secrets / "secret_key"):
            path.unlink()
        yield home


@pytest.fixture(scope="session")
def new_home(servers_home: Home) -> Callable[[], AbstractContextManager[Home]]:
    """Makes homes in which servers have run before, so that they start sooner; removed at the end.

    First starts have tests of their own.
    """

    @contextmanager
    def copied() -> Iterator[Home]:
        with fresh_home() as home:
            # Unlike Python's, it keeps whose files are: the database's have a user of their own.
            subprocess.run(["cp", "-a", servers_home.path, home.path], check=True)
            # Not the usual ports: tests beside this one may start a system at the same moment, or while this is down.
            ports.save(home.ports, {name: ports.free_port() for name in ports.DEFAULTS})
            yield home

    return copied


@pytest.fixture
def used_home(new_home: Callable[[], AbstractContextManager[Home]]) -> Iterator[Home]:
    """A home in which servers have run before."""
    with new_home() as home:
        yield home


def own_environment() -> dict[str, str]:
    """The environment without variables that name external servers."""
    return with_project_path({name: value for name, value in os.environ.items() if name not in UNSET})


@dataclass
class System:
    """One run of `start_up.py`."""

    home: Home
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, home: Home, *arguments: str, components: str = "servers") -> System:
        command = [sys.executable, str(SCRIPT), str(home.path), components, *arguments]
        return cls(
            home,
            subprocess.Popen(
                command,
                cwd=PROJECT,
                env=own_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ),
        )

    def addresses(self) -> dict[str, Any]:
        """Where everything answers, once it does."""

        def ready() -> bool:
            assert self.process.poll() is None, self.process.communicate()
            # What a killed start left must not be taken for this one's.
            return self.home.is_running() and self.home.read_ready() is not None

        eventually(ready)
        return self.home.running()

    def children(self) -> dict[int, str]:
        """The process ids of the children, from the list that the next start would use."""
        content = json.loads((self.home.run / "children.json").read_text())
        return {child["pid"]: Path(f"/proc/{child['pid']}/cmdline").read_text() for child in content}

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Send a signal and wait; the exit status and what was written to stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


@contextmanager
def system(home: Home, *arguments: str, components: str = "servers") -> Iterator[System]:
    """A started system, ended (if the test has not) when the block is left."""
    started = System.start(home, *arguments, components=components)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end()


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until `condition` holds; fails if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Whether the process has ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
