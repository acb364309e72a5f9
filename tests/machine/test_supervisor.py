"""The supervisor with small real processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from machine import child as child_module
from machine import processes, supervisor
from machine.child import Child, ChildFailed
from machine.supervisor import Supervisor
from tests.machine.trial_system import eventually, is_gone, own_environment
from tests.patience import PATIENCE

PROGRAM = """
import pathlib, signal, sys, time
from tests.patience import PATIENCE
name, marker, ends = sys.argv[1:4]
def end(*_):
    with open(ends, "a") as file:
        file.write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if name == "stubborn" else end)
pathlib.Path(marker).touch()
while True:
    time.sleep(60)
"""


class Trial:
    """A supervisor's folder, and children that report when they are ready and when they end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ends = folder / "ends"
        self.reports: list[str] = []

    def supervisor(self) -> Supervisor:
        return Supervisor(self.folder, self.folder / "children.json", self.reports.append)

    def child(self, name: str, *depends_on: str) -> Child:
        marker = self.folder / f"{name}.ready"

        async def ready() -> bool:
            return marker.exists()

        command = (sys.executable, "-c", PROGRAM, name, str(marker), str(self.ends))
        return Child(name, command, ready, depends_on=frozenset(depends_on), marker=marker, start_timeout=PATIENCE)


def session_niceness(pid: int) -> int | None:
    """The niceness of the process's session; None on a system without autogroups."""
    try:
        return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])
    except (OSError, IndexError):
        return None


def unsupervised(name: str, ready: Path, ends: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, name, str(ready), str(ends)])


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_start_ends_when_the_child_is_ready(trial: Trial) -> None:
    async with trial.supervisor() as running:
        await running.start(trial.child("one"))
        assert (trial.folder / "one.ready").exists()
        assert running.pids().keys() == {"one"}


async def test_dependents_end_first(trial: Trial) -> None:
    async with trial.supervisor() as running:
        await running.start(trial.child("store"))
        await running.start(trial.child("server", "store"))
        await running.start(trial.child("worker", "server", "store"))
        pids = running.pids().values()
    assert trial.ends.read_text().split() == ["worker", "server", "store"]
    assert all(is_gone(pid) for pid in pids)
    assert trial.reports == []


async def test_a_child_that_does_not_end_is_killed(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_TIMEOUT", 0.3)
    async with trial.supervisor() as running:
        await running.start(trial.child("stubborn"))
        pid = running.pids()["stubborn"]
        began = time.monotonic()
    assert is_gone(pid)
    assert time.monotonic() - began >= 0.3


async def test_a_child_that_dies_is_restarted_and_both_are_reported(trial: Trial) -> None:
    async with trial.supervisor() as running:
        await running.start(trial.child("one"))
        first = running.pids()["one"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: "one is back." in trial.reports)
        assert running.pids()["one"] != first
    assert trial.reports[0].startswith("one was ended by SIGKILL; it is started again.")


async def test_a_child_has_its_niceness_also_after_a_restart(trial: Trial) -> None:
    async with trial.supervisor() as running:
        await running.start(trial.child("equal"))
        await running.start(replace(trial.child("behind"), nice=7))
        os.kill(running.pids()["behind"], signal.SIGKILL)
        await until(lambda: "behind is back." in trial.reports)
        assert {name: os.getpriority(os.PRIO_PROCESS, pid) for name, pid in running.pids().items()} == {
            "equal": os.getpriority(os.PRIO_PROCESS, 0),
            "behind": 7,
        }
        assert session_niceness(running.pids()["behind"]) in (7, None)


async def test_the_backoff_grows_while_a_child_keeps_dying(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    backoffs: list[float] = []
    stopping_within = child_module.SupervisedProcess._stopping_within

    async def noted(process: child_module.SupervisedProcess, seconds: float) -> bool:
        backoffs.append(seconds)
        return await stopping_within(process, seconds)

    monkeypatch.setattr(child_module.SupervisedProcess, "_stopping_within", noted)
    monkeypatch.setattr(child_module, "FIRST_BACKOFF", 0.1)
    started, die = trial.folder / "started", trial.folder / "die"
    program = (
        f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\nprint('start', flush=True)\n"
        f"while not pathlib.Path({str(die)!r}).exists(): time.sleep(0.01)"
    )
    dying = Child("dying", (sys.executable, "-c", program), ready=lambda: asyncio.sleep(0, started.exists()))
    async with trial.supervisor() as running:
        await running.start(dying)
        die.touch()
        log = trial.folder / "dying.log"
        await until(lambda: log.read_text().count("start") == 4)
    assert backoffs[:3] == [0.1, 0.2, 0.4]
    assert len(trial.reports) >= 3


async def test_a_child_that_cannot_start_is_refused_with_the_end_of_its_output(trial: Trial) -> None:
    async def ready() -> bool:
        return False

    command = (sys.executable, "-c", "import sys; print('first'); sys.exit('no such database')")
    async with trial.supervisor() as running:
        with pytest.raises(ChildFailed, match=r"broken did not start: ended with status 1 \(no such database\)"):
            await running.start(Child("broken", command, ready))
        assert running.pids() == {}


async def test_a_child_that_never_answers_is_ended(trial: Trial) -> None:
    async def ready() -> bool:
        return False

    command = (sys.executable, "-c", PROGRAM, "mute", str(trial.folder / "m"), str(trial.ends))
    async with trial.supervisor() as running:
        with pytest.raises(ChildFailed, match="did not answer within 1 s"):
            await running.start(Child("mute", command, ready, start_timeout=0.6))
        assert running.pids() == {}


async def test_another_process_on_the_port_is_not_taken_for_the_child(trial: Trial) -> None:
    async def ready() -> bool:
        return True

    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server, trial.supervisor() as running:
        port = server.sockets[0].getsockname()[1]
        child = Child("one", trial.child("one").command, ready, ports=(port,), start_timeout=0.6)
        with pytest.raises(ChildFailed, match="did not answer"):
            await running.start(child)


async def test_a_large_log_is_rotated_at_the_start(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "LOG_LIMIT", 10)
    log = trial.folder / "one.log"
    log.write_text("what was written before")
    async with trial.supervisor() as running:
        await running.start(trial.child("one"))
    assert log.read_text() == ""
    assert (trial.folder / "one.log.1").read_text() == "what was written before"


async def test_what_an_earlier_start_left_is_ended_first(trial: Trial) -> None:
    ready = trial.folder / "left.ready"
    left = unsupervised("left", ready, trial.ends)
    try:
        await until(ready.exists)
        identity = processes.ProcessIdentity.of(left.pid)
        assert identity is not None
        processes.save(trial.folder / "children.json", [identity])
        async with trial.supervisor():
            assert left.poll() == 0
        assert trial.ends.read_text().split() == ["left"]
        assert trial.reports == ["Ended what an earlier start left running (1)."]
    finally:
        left.kill()
        left.wait()


async def test_a_process_that_only_has_the_old_number_is_left_alone(trial: Trial) -> None:
    ready = trial.folder / "other.ready"
    other = unsupervised("other", ready, trial.ends)
    try:
        await until(ready.exists)
        processes.save(trial.folder / "children.json", [processes.ProcessIdentity(other.pid, "an earlier boot/1")])
        async with trial.supervisor():
            assert other.poll() is None
    finally:
        other.kill()
        other.wait()


SUPERVISING = """
import asyncio, pathlib, sys
from tests.machine.test_supervisor import Trial
async def main():
    trial = Trial(pathlib.Path(sys.argv[1]))
    async with trial.supervisor() as running:
        await running.start(trial.child("stubborn"))
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(not processes.LINUX, reason="only Linux ends a process with its parent")
def test_a_killed_supervisor_takes_its_children_along(trial: Trial) -> None:
    command = [sys.executable, "-c", SUPERVISING, str(trial.folder)]
    supervising = subprocess.Popen(command, env=own_environment())
    try:
        eventually((trial.folder / "stubborn.ready").exists)
        # The supervisor lists a child once it has started it, and may be slower than the child.
        eventually((trial.folder / "children.json").exists)
        [child] = json.loads((trial.folder / "children.json").read_text())
        assert not is_gone(child["pid"])
    finally:
        supervising.kill()
        supervising.wait()
    eventually(lambda: is_gone(child["pid"]))
