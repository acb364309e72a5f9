"""Processor time of a system's processes, from /proc: less moody than the wall clock on a shared machine."""

from __future__ import annotations

import json
import os
from pathlib import Path

NAMES = {
    "worker.py": "worker",
    "temporal": "temporal",
    "postgres": "postgres",
    "machine.mailbox": "mailbox",
    "web.server": "web",
}
"""What a child is called, by a word of its command."""
TICK = os.sysconf("SC_CLK_TCK")


def used(home: Path) -> dict[str, float]:
    """Seconds that each child of the system has used so far, by name, its own children included; `driver` is ours."""
    seconds = {"driver": sum(os.times()[:2])}
    tree = _tree()
    for entry in json.loads((home / "run" / "children.json").read_text()):
        seconds[_name(entry["pid"])] = sum(_seconds(pid) for pid in _family(entry["pid"], tree))
    return seconds


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return next((NAMES[name] for word in words if (name := Path(word).name) in NAMES), " ".join(words))


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
