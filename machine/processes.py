"""Processes that must not outlive the one that started them."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from machine.files import write_whole

LINUX = platform.system() == "Linux"
PR_SET_PDEATHSIG = 1
LEFTOVER_PATIENCE = 5.0
"""Seconds that a leftover gets to end by itself before it is killed."""


@dataclass(frozen=True)
class Identity:
    """One process, told apart from a later one with the same process id by the moment it began."""

    pid: int
    started: str
    stop_signal: int = signal.SIGTERM

    @classmethod
    def of(cls, pid: int, stop_signal: int = signal.SIGTERM) -> Identity | None:
        """The process that has this id now; None if there is none, or only its zombie."""
        started = _started(pid)
        return None if started is None else cls(pid, started, stop_signal)

    def is_alive(self) -> bool:
        return _started(self.pid) == self.started

    def send(self, signal_number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """For a child to call before it runs its program: it gets `signal_number` when its parent dies, however.

    Linux only; elsewhere it does nothing, and the next start ends what was left by the list of `remember`.
    """
    if not LINUX:
        return lambda: None
    # All that can import or allocate is done here: after the fork only the two calls are left.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def give_way(pid: int, nice: int) -> None:
    """Let a process that leads its own session, and was just started, give way to others by so much (1 to 19).

    It is a wish: where the system does not grant it, all share the processors alike.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    # Linux may share out its processors by session first; the number above then counts only within one.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")


def remember(path: Path, children: Iterable[Identity]) -> None:
    """Keep the list of what runs, for `end_leftovers` of the next start."""
    write_whole(path, json.dumps([asdict(child) for child in children]) + "\n")


def left_running(path: Path) -> list[Identity]:
    """Who of the list at `path` still runs."""
    return [child for child in _remembered(path) if child.is_alive()]


def end_leftovers(path: Path) -> int:
    """End what an earlier start left running according to its list, wait for that, and say how many."""
    leftovers = left_running(path)
    for child in leftovers:
        child.send(child.stop_signal)
    deadline = time.monotonic() + LEFTOVER_PATIENCE
    for child in leftovers:
        while child.is_alive():
            if time.monotonic() > deadline:
                child.send(signal.SIGKILL)
            time.sleep(0.02)
    path.unlink(missing_ok=True)
    return len(leftovers)


def _remembered(path: Path) -> list[Identity]:
    try:
        return [Identity(**child) for child in json.loads(path.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def _started(pid: int) -> str | None:
    """When the process began, in a form that only compares; None if it does not run."""
    if LINUX:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The name, in parentheses, may hold blanks and parentheses of its own.
        fields = stat[stat.rindex(")") + 2 :].split()
        return None if fields[0] in "ZX" else f"{_boot()}/{fields[19]}"
    answer = subprocess.run(  # noqa: S603 - the only argument is a number
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split(maxsplit=1)
    return None if len(answer) < 2 or answer[0].startswith("Z") else answer[1].strip()


def _boot() -> str:
    # Start times count from the boot, so after a reboot they could meet by chance.
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
