"""The way to PostgreSQL: connections, migrations, and one sentence when it cannot be reached.

DatabaseProblem       something about the database that a person has to put right
├── DatabaseDown      it does not answer, or does not give us access
└── DatabaseTooNew    a newer version of the product has changed it
"""

from __future__ import annotations

import select
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, exc, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

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
    """The database does not answer, was shut down, or does not give us access."""


class DatabaseTooNew(DatabaseProblem):
    """A newer version of the product has changed the tables."""


def connect(url: str, *, pool_size: int = 10, name: str = APPLICATION) -> AsyncEngine:
    """An engine over at most twice `pool_size` connections; nothing is connected yet.

    PostgreSQL shows its connections under `name`. Its calls raise DatabaseDown if the database cannot be reached.
    Raises DatabaseProblem if `url` is none.
    """
    address = _address(url)
    settings = {
        # Plans here cost less than compiling them would.
        "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_SECONDS}s -c jit=off",
        "application_name": name,
        "connect_timeout": CONNECT_SECONDS,
        "client_encoding": "utf8",
        **VANISHED,
    }
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args=settings,
    )
    _tell_when_down(engine.sync_engine, address)
    _ping_only_in_doubt(engine.sync_engine)
    return engine


@asynccontextmanager
async def at_once(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection on which each statement is a transaction of its own: one round trip instead of three."""
    async with engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


def migrate(url: str) -> None:
    """Bring the tables to the present version. Any number of processes may do so at the same time.

    Raises DatabaseDown if the database cannot be reached, DatabaseTooNew if it is ahead of this version, and
    DatabaseProblem if it is not encoded in UTF-8.
    """
    if at_head(url):
        return
    # Loading alembic takes longer than all the rest, and at nearly every start there is nothing to do.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with _one_at_a_time, _plain_engine(url).begin() as connection:
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise DatabaseProblem(
                f"The database is encoded in {encoding}, which does not hold every name: create it again with "
                "\"ENCODING 'UTF8' TEMPLATE template0\"."
            )
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _too_new(_version(connection)) from error


async def connected(engine: AsyncEngine, prefix: str) -> set[str]:
    """Returns the names, beginning with `prefix`, under which processes are connected to this database now."""
    query = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
    async with at_once(engine) as connection:
        return {name for (name,) in await connection.execute(text(query)) if name and name.startswith(prefix)}


def version(url: str) -> str | None:
    """The version of the tables; None if there are none. Raises DatabaseDown if the database cannot be reached."""
    with _plain_engine(url).connect() as connection:
        return _version(connection)


def require_current(url: str) -> None:
    """Raises DatabaseProblem, with what to do, unless the tables are those of this version.

    Nothing is known of a database that does not answer: what needs it waits until it does.
    """
    try:
        found = version(url)
    except DatabaseDown:
        return
    if found is None:
        raise DatabaseProblem("The database has no tables yet: run `onboard migrate` once, then start again.")
    if found > head():
        raise _too_new(found)
    if found < head():
        raise DatabaseProblem(f"The tables are of version {found}: run `onboard migrate`, then start again.")


def at_head(url: str) -> bool:
    """Whether the tables are those of this version. Raises DatabaseDown if the database cannot be reached."""
    return version(url) == head()


def head() -> str:
    """The newest migration: its number is what its file's name begins with."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _too_new(found: str | None) -> DatabaseTooNew:
    return DatabaseTooNew(
        f"The database is of version {found}, this program of {head()}: "
        "install the version of the program that last used it, or a later one."
    )


def _plain_engine(url: str) -> Engine:
    address = _address(url)
    settings = {
        "application_name": f"{APPLICATION} migrate",
        "connect_timeout": CONNECT_SECONDS,
        "client_encoding": "utf8",
    }
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


def _ping_only_in_doubt(engine: Engine) -> None:
    """Saves the round trip before each use of a connection as long as its socket is quiet.

    A server that ends a connection closes it, and keepalives notice one that vanished: there is something to read then.
    """
    ping = engine.dialect.do_ping

    def do_ping(dbapi_connection: Any) -> bool:
        poll = select.poll()
        poll.register(dbapi_connection.driver_connection.fileno(), select.POLLIN)
        return not poll.poll(0) or ping(dbapi_connection)

    engine.dialect.do_ping = do_ping  # type: ignore[method-assign]


def _sentence(address: URL, error: BaseException) -> str:
    where = f"{address.host or 'localhost'}:{address.port or 5432}"
    reason = str(error).strip().splitlines() or ["no reason given"]
    cause = reason[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")
    return f"The database at {where} cannot be used ({cause}): start it, or correct ONBOARD_DATABASE_URL."
