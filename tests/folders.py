"""The folders of servers that tests start: in memory where there is room, because a disk makes everything wait."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 * 1024**3
"""Bytes that must be free: the files of a run's servers take a quarter of that at once."""


def new_folder(purpose: str) -> Path:
    """An empty folder, where a database user of its own can get to; whoever asks removes it."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    return Path(tempfile.mkdtemp(prefix=f"onboard-{purpose}-", dir=MEMORY if roomy else None))
