"""Tells whether our own process listens on a port, and not somebody else's."""

from __future__ import annotations

from pathlib import Path

LISTEN = "0A"


def listens(pid: int, port: int) -> bool:
    """Whether the process `pid` listens on the TCP port `port`.

    Also True where that is unknown: on systems without /proc, and for another user's process.
    """
    sockets = _listening_on(port)
    if sockets is None:
        return True
    try:
        open_files = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    except PermissionError:
        return bool(sockets)
    except OSError:
        # It ended, or closed a descriptor meanwhile; the caller asks again.
        return False
    return not sockets.isdisjoint(open_files)


def _listening_on(port: int) -> set[str] | None:
    """The port's listening sockets, named as among a process's open files; None without /proc."""
    found: set[str] = set()
    tables = [table for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if table.exists()]
    for table in tables:
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found if tables else None
