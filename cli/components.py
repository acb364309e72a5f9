"""The components that `onboard up` starts: the machine's servers, the schema and the first admin's link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from machine.components import Component, Machine
from machine.problem import MachineProblem
from machine.servers import DATABASE, MAILBOX, TEMPORAL
from machine.simulators import SIMULATORS
from machine.web import WEB
from machine.workers import workers as worker_component

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def all_components(workers: int = 1) -> list[Component]:
    """Returns the components of the whole system, with `workers` worker processes."""
    simulators = (each.component for each in SIMULATORS)
    return [DATABASE, SCHEMA, TEMPORAL, MAILBOX, worker_component(workers), WEB, *simulators, FIRST_ADMIN]


async def _migrate(machine: Machine) -> None:
    # Importing the library takes as long as starting the server, so do both at once.
    await asyncio.to_thread(import_module, "store.database")
    from store.database import DatabaseProblem, migrate

    await machine.wait_for("database")
    try:
        await asyncio.to_thread(migrate, machine.addresses["database"])
    except DatabaseProblem as problem:
        raise MachineProblem(str(problem)) from problem


@asynccontextmanager
async def database_of(machine: Machine) -> AsyncIterator[AsyncEngine]:
    """Yields the database once it is migrated. Raises `MachineProblem` for what goes wrong with it."""
    await machine.wait_for("schema")
    await asyncio.to_thread(import_module, "store.accounts.one_time_links")
    from store.database import DatabaseProblem, connect

    database = connect(machine.addresses["database"], pool_size=1)
    try:
        yield database
    except DatabaseProblem as problem:
        raise MachineProblem(str(problem)) from problem
    finally:
        await database.dispose()


async def _first_admin(machine: Machine) -> None:
    """Creates the link by which somebody becomes the first admin, while there is none."""
    async with database_of(machine) as database:
        from store.accounts.one_time_links import first_admin_link

        if token := await first_admin_link(database):
            machine.addresses["first_admin"] = f"{machine.public_url}/welcome/{token}"


SCHEMA = Component("schema", _migrate)
FIRST_ADMIN = Component("first_admin", _first_admin)
