"""Kills a worker before its n-th statement or commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

# Who is killed leaves the cursor open that it was about to use; in a process that goes on, Python says so.
leaves_cursors_open = [
    pytest.mark.usefixtures("garbage_collected"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""The marks of modules that kill."""


class Killed(BaseException):
    """The product never catches this, as it cannot catch a kill."""


@contextmanager
def killed_at(engine: AsyncEngine, steps: int) -> Iterator[None]:
    """Kills the block after this many statements and commits on `engine`.

    Open transactions are rolled back, as when a process is gone.
    """
    left = steps

    def step(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    def statement(*given: Any) -> None:
        step()

    event.listen(engine.sync_engine, "before_cursor_execute", statement)
    event.listen(engine.sync_engine, "commit", step)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", statement)
        event.remove(engine.sync_engine, "commit", step)
