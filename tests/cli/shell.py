"""Calls the `onboard` executable as a user does."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.machine.trial_system import own_environment
from tests.patience import PATIENCE
from tests.preloaded import preloaded

EXECUTABLE = Path(sys.executable).with_name("onboard")
Start = Callable[..., str]
"""Starts an onboarding of the test's own practice; returns its ID."""


@dataclass(frozen=True)
class Result:
    """The exit status and output of a call."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Returns standard output, which must be pure JSON."""
        try:
            return json.loads(self.out)
        except ValueError:
            raise AssertionError(f"no JSON was printed: {self}") from None

    @property
    def sentence(self) -> str:
        """Returns the one line on standard error; standard output must be empty."""
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.strip()


@dataclass(frozen=True)
class Shell:
    """A shell in a directory, with an environment.

    A call starts the executable; or, if `quick`, forks a process with the imports done (`tests.preloaded`).
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    quick: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """The environment of every call, without variables that name other servers or another user."""
        kept = {name: value for name, value in own_environment().items() if not name.startswith("ONBOARD_")}
        return {**kept, "COLUMNS": "100", **self.environment}

    def __call__(self, *arguments: str, stdin: str | bytes = "", **environment: str) -> Result:
        """Runs `onboard` with arguments; keyword arguments are further environment variables."""
        written = stdin.encode() if isinstance(stdin, str) else stdin
        # These an interpreter reads when it starts.
        if self.quick and not any(name.startswith(("PYTHON", "LC_", "LANG")) for name in environment):
            status, out, err = preloaded().run(arguments, self.folder, {**self.variables, **environment}, written)
            return Result(status, out.decode(), err.decode())
        done = subprocess.run(
            [EXECUTABLE, *arguments],
            input=written,
            capture_output=True,
            cwd=self.folder,
            env={**self.variables, **environment},
            timeout=PATIENCE,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    @property
    def executing(self) -> Shell:
        """The same shell, but each call starts the executable."""
        return replace(self, quick=False)

    def ok(self, *arguments: str, **more: Any) -> Result:
        """Runs a call that must succeed, without output on standard error."""
        result = self(*arguments, **more)
        assert (result.status, result.err) == (0, ""), result
        return result

    def refused(self, *arguments: str, status: int = 1, **more: Any) -> str:
        """Returns the sentence of a call that must end with this status."""
        result = self(*arguments, **more)
        assert result.status == status, result
        return result.sentence

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts `onboard` with pipes, and does not wait for it."""
        command, pipe = [str(EXECUTABLE), *arguments], subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=self.variables, stdin=pipe, stdout=pipe, stderr=pipe)

    def together(self, *calls: str) -> list[Result]:
        """Runs several calls at the same time, each given as one line."""
        running = [self.start(*call.split()) for call in calls]
        ended = [(each, *each.communicate(timeout=PATIENCE)) for each in running]
        return [Result(each.returncode, out.decode(), err.decode()) for each, out, err in ended]

    def write(self, name: str, content: object) -> str:
        """Writes a file, as JSON unless it is text or bytes; returns its name."""
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return name


@dataclass
class Took:
    """What was used of the processor, in seconds, once the block is left."""

    seconds: float = 0.0


@contextmanager
def processor_time() -> Iterator[Took]:
    """What the calls in the block use of the processor, whatever else this machine is busy with; see `executing`."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    took, before = Took(), used()
    yield took
    took.seconds = used() - before


def practice_file(practice: str, **changes: Any) -> dict[str, Any]:
    """Returns a practice file with some values replaced, such as the practice's `time_zone`."""
    return {
        "practice": {
            "id": practice,
            "name": f"Practice {practice}",
            "time_zone": "America/Denver",
            "country": "US",
            "state": "CO",
            "client_count": 4_200,
            **changes,
        },
        "primary_contact": {"name": "Dana Reyes", "email": f"dana@{practice}.test"},
        "assignee": "ana",
    }


def without_home(folder: Path) -> Shell:
    """A shell in which no system runs."""
    return Shell(folder, {"ONBOARD_HOME": os.fspath(folder / "no-home"), "ONBOARD_BY": "ana"}, quick=True)


def eventually(shell: Shell, *arguments: str, until: Callable[[Any], bool]) -> Any:
    """Repeats a command until its JSON is as wanted, as the journal lags behind the workflow."""
    deadline = time.monotonic() + PATIENCE
    while not until(seen := shell.ok(*arguments, "--json").json):
        assert time.monotonic() < deadline, seen
    return seen
