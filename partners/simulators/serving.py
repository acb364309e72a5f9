"""Serves a simulator on this machine until a signal, and opens the SQLite file with its state."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn


class StoreProblem(Exception):
    """The file cannot be used; the message is a sentence."""


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signal again afterwards: the process would end by it instead of with status 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, setattr, self, "should_exit", True)
        yield


def open_database(file: Path, tables: str) -> sqlite3.Connection:
    """A database that survives the process's death, with `tables` created if they are not there.

    Raises StoreProblem if its directory cannot be written to, or another simulator uses it.
    """
    home = file.parent
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(file, isolation_level=None, timeout=0.5)
        # Locked until this process ends: two simulators in one home would do everything twice.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(f"BEGIN EXCLUSIVE; {tables} COMMIT;")
    except (OSError, sqlite3.Error) as error:
        busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        why = "another stand-in runs there" if busy else str(error)
        raise StoreProblem(f"{home} cannot be used ({why}): name another directory with --home.") from error
    return database
