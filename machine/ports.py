"""Chooses the ports: those of the last start, else the default ones, else any that are free."""

from __future__ import annotations

import json
import secrets
import socket
from pathlib import Path

from machine.files import write_atomically
from machine.problem import MachineProblem

DEFAULTS = {
    **{"temporal": 7233, "temporal_ui": 8233, "smtp": 1025, "postgres": 5433, "web": 8080},
    **{"datapoint": 8090, "ezyvet": 8091},
}
"""The default port of each component."""
_PORTS = range(16_000, 32_000)
"""Below those that the system gives to outgoing connections: on Linux 32768 to 60999, elsewhere from 49152."""


def choose(path: Path, wanted: dict[str, int] | None = None) -> dict[str, int]:
    """A free port of 127.0.0.1 for each component; saved in `path` for the next start.

    The last start's port comes first, so that bookmarks hold, then the default, then any. A port in `wanted` is used
    as it is: raises MachineProblem if it is in use.
    """
    wanted = wanted or {}
    for component, port in wanted.items():
        if not is_free(port):
            raise MachineProblem(
                f"Port {port} for {component} is in use or not allowed: name another, or leave it out."
            )
    last = _load(path)
    chosen = dict(wanted)
    for component, default in DEFAULTS.items():
        if component in chosen:
            continue
        candidates = (last.get(component, default), default)
        chosen[component] = next((p for p in candidates if p not in chosen.values() and is_free(p)), free_port())
    save(path, chosen)
    return chosen


def save(path: Path, ports: dict[str, int]) -> None:
    write_atomically(path, json.dumps(ports, indent=2) + "\n")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as attempt:
        # As servers do, so that a server's remaining connections do not count once it has ended.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def free_port() -> int:
    """Returns a port that nobody uses, of those that no outgoing connection takes meanwhile."""
    while True:
        if is_free(port := _PORTS.start + secrets.randbelow(len(_PORTS))):
            return port


def _load(path: Path) -> dict[str, int]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: port for name, port in content.items() if isinstance(port, int) and 0 < port < 65536}
