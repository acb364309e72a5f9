"""One running system a home: a lock that the kernel lets go of when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine.problem import AlreadyRunning


@contextmanager
def held(path: Path, sentence: str) -> Iterator[None]:
    """Hold the lock file `path` for as long as the block runs; the file tells the holder's process id.

    Raises AlreadyRunning with `sentence` if another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _taken(descriptor):
            raise AlreadyRunning(sentence)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock file `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(path: Path) -> int | None:
    """The process id of the last holder, or None if there was none."""
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _taken(descriptor: int) -> bool:
    # `is_held` takes the lock for an instant to look, so one refusal proves nothing.
    for _ in range(5):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False
