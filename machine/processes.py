"""Process identity, priority and clean-up: no child may outlive the process that started it."""

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

from machine.files import write_atomically

LINUX = platform.system() == "Linux"
PR_SET_PDEATHSIG = 1
LEFTOVER_TIMEOUT = 5.0
"""Seconds a leftover process has to end by itself before it is killed."""


@dataclass(frozen=True)
class ProcessIdentity:
    """One process; its start time tells it from a later process with the same process id."""

    pid: int
    started: str
    stop_signal: int = signal.SIGTERM

    @classmethod
    def of(cls, pid: int, stop_signal: int = signal.SIGTERM) -> ProcessIdentity | None:
        """The process that has this id now; None if there is none or only a zombie."""
        started = _started(pid)
        return None if started is None else cls(pid, started, stop_signal)

    def is_alive(self) -> bool:
        return _started(self.pid) == self.started

    def send(self, signal_number: int) -> None:
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `signal_number` when its parent dies, however it dies.

    Linux only. Elsewhere it does nothing, and the next start stops the leftovers on the list of `save`.
    """
    if not LINUX:
        return lambda: None
    # What imports or allocates is done here: after the fork only the two calls remain.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def lower_priority(pid: int, nice: int) -> None:
    """Set the niceness (1 to 19) of a process just started that leads its own session.

    Best effort: where the system refuses, all processes share the processors alike.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    # With autogroups, Linux shares processors by session first, and the niceness above counts only within one.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")


def save(path: Path, children: Iterable[ProcessIdentity]) -> None:
    """Save the list of running children, for `stop_leftovers` at the next start."""
    write_atomically(path, json.dumps([asdict(child) for child in children]) + "\n")


def still_running(path: Path) -> list[ProcessIdentity]:
    return [child for child in _load(path) if child.is_alive()]


def stop_leftovers(path: Path) -> int:
    """Stop what an earlier start left running according to its list; returns how many. Blocks until they ended."""
    leftovers = still_running(path)
    for child in leftovers:
        child.send(child.stop_signal)
    deadline = time.monotonic() + LEFTOVER_TIMEOUT
    for child in leftovers:
        while child.is_alive():
            if time.monotonic() > deadline:
                child.send(signal.SIGKILL)
            time.sleep(0.02)
    path.unlink(missing_ok=True)
    return len(leftovers)


def _load(path: Path) -> list[ProcessIdentity]:
    try:
        return [ProcessIdentity(**child) for child in json.loads(path.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def _started(pid: int) -> str | None:
    """When the process began, as text to be compared only; None if it does not run."""
    if LINUX:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The program's name, in parentheses, may itself hold blanks and parentheses.
        fields = stat[stat.rindex(")") + 2 :].split()
        return None if fields[0] in "ZX" else f"{_boot_id()}/{fields[19]}"
    answer = subprocess.run(  # noqa: S603 - the only argument is a number
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split(maxsplit=1)
    return None if len(answer) < 2 or answer[0].startswith("Z") else answer[1].strip()


def _boot_id() -> str:
    # Start times count from the boot, so two processes of different boots could share one by chance.
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
