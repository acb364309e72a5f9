"""The way to PostgreSQL: connections, migrations, and one sentence when it cannot be reached.

DatabaseProblem       something about the database that a person has to put right
├── DatabaseDown      it does not answer, or does not let us in
└── DatabaseTooNew    a newer version of the product has changed it
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, exc, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from store.driver import RECYCLED_SECONDS, ConnectionLost, DriverPool

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
APPLICATION = "onboard"
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
"""How long to wait for a connection, and how long a statement may take before the server ends it."""
VANISHED = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""A server that vanished without a word (a cut cable, a machine switched off) is noticed within half a minute, where
the system's own settings let every connection hang for a quarter of an hour or more."""
MIGRATION_LOCK = 7_033_561_204
"""Key of the advisory lock under which migrations run: any number that nothing else uses."""

_one_at_a_time = threading.Lock()


class DatabaseProblem(Exception):
    """Something about the database that a person can put right; `str(problem)` is the whole message."""


class DatabaseDown(DatabaseProblem):
    """The database does not answer, was shut down, or does not let us in."""


class DatabaseTooNew(DatabaseProblem):
    """A newer version of the product has changed the tables."""


class Database(AsyncEngine):
    """An engine whose statements on a connection of `connect` are transactions of their own; those in `begin` are one.

    To change that for a connection costs more than a short statement, so what is rarer pays for it.
    """

    __slots__ = ("_direct",)

    def __init__(self, engine: Engine, direct: DriverPool) -> None:
        super().__init__(engine)
        self._direct = direct

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            yield connection

    async def run(self, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Has the driver carry out a statement, as a transaction of its own; returns the rows."""
        try:
            async with self._direct.connection() as connection:
                cursor = await connection.execute(statement.encode(), values)
                return await cursor.fetchall() if cursor.description else []
        except ConnectionLost as lost:
            raise DatabaseDown(_sentence(self.url, lost.__cause__)) from lost

    async def dispose(self, close: bool = True) -> None:
        await self._direct.close()
        await super().dispose(close)


def connect(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine over at most three times `pool_size` connections; nothing is connected yet.

    Its calls raise DatabaseDown if the database cannot be reached. Raises DatabaseProblem if `url` is none.
    """
    address = _address(url)
    settings: dict[str, Any] = {
        # Plans here cost less than compiling them would.
        "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_SECONDS}s -c jit=off",
        "application_name": APPLICATION,
        "connect_timeout": CONNECT_SECONDS,
        **VANISHED,
    }
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
        pool_recycle=RECYCLED_SECONDS,
        connect_args=settings,
    )
    _tell_when_down(engine.sync_engine, address)
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    new = partial(psycopg.AsyncConnection.connect, plain, autocommit=True, row_factory=dict_row, **settings)
    return Database(engine.sync_engine, DriverPool(new, pool_size))


def at_once(engine: AsyncEngine) -> AsyncConnection:
    """A connection on which each statement is a transaction of its own: one round trip instead of three."""
    return engine.connect()


def migrate(url: str) -> None:
    """Bring the tables to the present version. Any number of processes may do so at the same time.

    Raises DatabaseDown if the database cannot be reached, DatabaseTooNew if it is ahead of this version.
    """
    engine = _plain_engine(url)
    with engine.connect() as connection:
        if _version(connection) == head():
            return
    # Loading alembic takes longer than all the rest, and at nearly every start there is nothing to do.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with _one_at_a_time, engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise DatabaseTooNew(
                f"The database is of version {_version(connection)}, this program of {head()}: "
                "install the version of the program that last used it, or a later one."
            ) from error


def at_head(url: str) -> bool:
    """Whether the tables are those of this version. Raises DatabaseDown if the database cannot be reached."""
    with _plain_engine(url).connect() as connection:
        return _version(connection) == head()


def head() -> str:
    """The newest migration: its number is what its file's name begins with."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _plain_engine(url: str) -> Engine:
    address = _address(url)
    settings = {"application_name": f"{APPLICATION} migrate", "connect_timeout": CONNECT_SECONDS}
    engine = create_engine(address, poolclass=NullPool, connect_args=settings)
    _tell_when_down(engine, address)
    return engine


def _version(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (exc.ArgumentError, ValueError):
        # The text itself may hold a password and is not repeated.
        raise DatabaseProblem(
            "The database's address cannot be read: write it as postgresql://USER:PASSWORD@HOST:PORT/NAME."
        ) from None
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseProblem(
            f"The database must be PostgreSQL, not {address.get_backend_name()}: "
            "write its address as postgresql://USER:PASSWORD@HOST:PORT/NAME."
        )
    return address.set(drivername="postgresql+psycopg")


def _tell_when_down(engine: Engine, address: URL) -> None:
    @event.listens_for(engine, "handle_error")
    def down(context: ExceptionContext) -> None:
        # A failed ping makes the pool connect anew; only if that fails too is there something to tell.
        if context.is_pre_ping or not isinstance(context.sqlalchemy_exception, exc.DBAPIError):
            return
        if context.connection is None or context.is_disconnect:
            raise DatabaseDown(_sentence(address, context.original_exception)) from context.original_exception


def _sentence(address: URL, error: BaseException | None) -> str:
    where = f"{address.host or 'localhost'}:{address.port or 5432}"
    reason = str(error).strip().splitlines() or ["no reason given"]
    said = reason[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")
    return f"The database at {where} cannot be used ({said}): start it, or correct ONBOARD_DATABASE_URL."
