"""Clearing away what an earlier demo left, so that the story begins anew.

Only the demo erases: the product keeps for ever what a clinic's people decided.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.service import RPCError, RPCStatusCode

from desk.feed_watch import order
from desk.problem import DeskProblem, EndedOutside, NotFound
from desk.service import Desk
from pharmacy.prescriptions.tables import prescriptions
from pharmacy.records import feed_tables, link_tables, tables
from playbooks.engine.onboarding import Command
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import Order
from workflows.import_contracts import import_id

BY = "demo"
WHY = "the demo begins anew"
TABLES = (
    link_tables.link_decisions,
    link_tables.client_links,
    feed_tables.differences,
    feed_tables.changes,
    feed_tables.set_aside,
    feed_tables.staged_patients,
    feed_tables.staged_clients,
    feed_tables.feed_parts,
    feed_tables.feeds,
    tables.shipping_confirmations,
    prescriptions,
    tables.home_patients,
    tables.home_clients,
    tables.patients,
    tables.clients,
)
"""All tables of clinics, those that refer to others first."""


async def clear(desk: Desk, practice: str) -> None:
    """Ends the watch over the practice's feed, its reconnection and its onboarding, and erases the clinic's data."""
    with suppress(DeskProblem):
        await order(desk, practice, "ended", Order(by=BY, why=WHY))
    identity = f"datapoint/{practice}"
    with suppress(NotFound, EndedOutside, Refused):
        await desk.command(identity, "withdraw", Command(by=BY, why=WHY))
        await desk.client.get_workflow_handle(identity).result()
    try:
        await desk.client.get_workflow_handle(import_id(practice)).terminate(WHY)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    await erase(desk.database, practice)


async def erase(database: AsyncEngine, practice: str) -> None:
    """Deletes a clinic's rows; the practice itself stays known."""
    async with database.begin() as connection:
        for table in TABLES:
            await connection.execute(delete(table).where(table.c.practice == practice))
