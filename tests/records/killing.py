"""A worker that is killed before its n-th statement, or before its n-th commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class Killed(BaseException):
    """Nothing in the product catches this, as nothing catches a kill."""


@contextmanager
def killed_at(engine: AsyncEngine, steps: int) -> Iterator[None]:
    """Whoever works with `engine` is killed after this many steps: statements, and commits, count one each.

    What was open is rolled back by the database, as it is when a process has gone.
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
