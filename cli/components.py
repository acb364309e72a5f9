"""What `onboard up` starts: the machine's servers, and what only the product knows about."""

from __future__ import annotations

import asyncio
from importlib import import_module

from machine.components import Component, Machine
from machine.problem import MachineProblem
from machine.servers import DATABASE, MAILBOX, TEMPORAL
from machine.simulators import SIMULATORS
from machine.web import WEB
from machine.workers import workers as worker_part


def all_components(workers: int = 1) -> list[Component]:
    """The components of the whole system, with so many worker processes."""
    return [
        DATABASE,
        SCHEMA,
        TEMPORAL,
        MAILBOX,
        worker_part(workers),
        WEB,
        *(each.component for each in SIMULATORS),
        FIRST_ADMIN,
    ]


async def _migrate(machine: Machine) -> None:
    # Loading the library takes as long as starting the server: both at once.
    await asyncio.to_thread(import_module, "store.database")
    from store.database import DatabaseProblem, migrate

    await machine.wait_for("database")
    try:
        await asyncio.to_thread(migrate, machine.addresses["database"])
    except DatabaseProblem as problem:
        raise MachineProblem(str(problem)) from problem


async def _first_admin(machine: Machine) -> None:
    """As long as there is no admin, each start makes a link with which somebody becomes one."""
    await machine.wait_for("schema")
    await asyncio.to_thread(import_module, "store.accounts.one_time_links")
    from store.accounts.one_time_links import first_admin_link
    from store.database import DatabaseProblem, connect

    database = connect(machine.addresses["database"], pool_size=1)
    try:
        secret = await first_admin_link(database)
    except DatabaseProblem as problem:
        raise MachineProblem(str(problem)) from problem
    finally:
        await database.dispose()
    if secret is not None:
        machine.addresses["first_admin"] = f"{machine.public_url}/welcome/{secret}"


SCHEMA = Component("schema", _migrate)
FIRST_ADMIN = Component("first_admin", _first_admin)
