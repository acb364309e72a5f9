"""Which ports to use: the usual ones, else those of the last time, else any that are free."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from machine.files import write_whole
from machine.problem import Problem

USUAL = {"temporal": 7233, "temporal_ui": 8233, "smtp": 1025, "postgres": 5433, "web": 8080, "datapoint": 8090}
"""The port of each part when nothing else uses it."""


def choose(remembered_in: Path, wanted: dict[str, int] | None = None) -> dict[str, int]:
    """A free port of 127.0.0.1 for each part, written to `remembered_in` for the next start.

    Last time's port comes first, so that bookmarks hold, then the usual one, then any. A port in `wanted` is
    taken as it is: raises Problem if it is in use.
    """
    wanted = wanted or {}
    for part, port in wanted.items():
        if not is_free(port):
            raise Problem(f"Port {port} for {part} is in use or not allowed: name another, or leave it out.")
    before = _remembered(remembered_in)
    chosen = dict(wanted)
    for part, usual in USUAL.items():
        if part in chosen:
            continue
        candidates = (before.get(part, usual), usual)
        chosen[part] = next((p for p in candidates if p not in chosen.values() and is_free(p)), any_free())
    remember(remembered_in, chosen)
    return chosen


def remember(path: Path, ports: dict[str, int]) -> None:
    """Keep `ports` for the next start."""
    write_whole(path, json.dumps(ports, indent=2) + "\n")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as attempt:
        # As servers do, so that connections of a server just ended do not count.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def any_free() -> int:
    """A port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port: int = attempt.getsockname()[1]
        return port


def _remembered(path: Path) -> dict[str, int]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {part: port for part, port in content.items() if isinstance(port, int) and 0 < port < 65536}
