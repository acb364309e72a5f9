"""Processor time from /proc: of our own processes, which a shared machine changes least, and of all others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

NAMES = {
    "worker.py": "worker",
    "temporal": "temporal",
    "postgres": "postgres",
    "machine.mailbox": "mailbox",
    "web.server": "web",
    "bench.sink": "mail sink",
    "bench.floor_worker": "floor's worker",
}
"""What a child is called, by a word of its command."""
TICK = os.sysconf("SC_CLK_TCK")
QUIET = 0.05
"""The share of the processors that others may use while a machine counts as quiet."""


class Load:
    """What else ran on this machine since this was made."""

    def __init__(self) -> None:
        self._average = os.getloadavg()[0]
        self._began = time.perf_counter()
        self._others = _others()

    def __str__(self) -> str:
        share = (_others() - self._others) / (time.perf_counter() - self._began) / (os.cpu_count() or 1)
        text = f"{os.cpu_count()} cores, load {self._average:.1f} before; meanwhile others used {share:.0%} of them"
        return f"{text}." if share <= QUIET else f"**Not a quiet machine**: {text}."


def used() -> dict[str, float]:
    """Seconds that each of our children has used so far, by name, its own children included; `driver` is ours."""
    tree = _tree()
    seconds = {_name(pid): sum(_seconds(each) for each in _family(pid, tree)) for pid in tree[os.getpid()]}
    return {"driver": sum(os.times()[:2])} | seconds


def used_by(pids: Iterable[int]) -> float:
    """Seconds that these processes have used so far, without their children."""
    return sum(sum(map(int, stat[11:13])) / TICK for pid in pids if (stat := _stat(pid)))


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return next((NAMES[name] for word in words if (name := Path(word).name) in NAMES), " ".join(words))


def _others() -> float:
    """Seconds that all processors worked so far, without those for us and for our children that have ended."""
    # user, nice, system, idle, iowait, irq, softirq, steal
    spent = [int(word) for word in Path("/proc/stat").read_text().split()[1:9]]
    return (sum(spent) - spent[3] - spent[4]) / TICK - sum(os.times()[:4])


def _tree() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            children.setdefault(int(stat[1]), []).append(int(folder.name))
    return children


def _family(pid: int, tree: dict[int, list[int]]) -> list[int]:
    return [pid, *(each for child in tree.get(pid, []) for each in _family(child, tree))]


def _seconds(pid: int) -> float:
    stat = _stat(pid)
    return sum(map(int, stat[11:15])) / TICK if stat else 0.0


def _stat(pid: int) -> list[str] | None:
    """The fields behind the process's name: state, parent ... user and system time, those of ended children."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()
