"""Removes what an earlier demo left."""

from __future__ import annotations

from contextlib import suppress

from temporalio.service import RPCError, RPCStatusCode

from cli.demo.scenario import CONTACT, IDENTITY, PRACTICE_ID
from desk.feed_watch import order
from desk.problem import DeskProblem, EndedOutside
from desk.service import Desk
from machine.problem import MachineProblem
from pharmacy.billing import invoices
from pharmacy.contacts import contacts
from pharmacy.inventory import counts
from pharmacy.records import feeds, home_delivery, statements
from pharmacy.reminders import items
from pharmacy.sharing import records
from playbooks.engine.onboarding import Command
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import Order
from store.journal import journal
from workflows.import_contracts import import_id

BY = "demo"
WHY = "the demo begins anew"
ERASED = (invoices, records, counts, items, contacts, statements, home_delivery, feeds)
"""What erases a practice's rows, those that refer to others first."""


async def clear(desk: Desk) -> None:
    """Ends the workflows of the demo's practice and erases its data. Raises `MachineProblem` if it is a real one."""
    row = await journal.find(desk.database, IDENTITY)
    if row is None:
        return
    if CONTACT not in row.contacts.split():
        raise MachineProblem(
            f"{PRACTICE_ID} in this home is not the demo's practice, and the demo would erase its data:"
            " run it in a home of its own, with --home."
        )
    with suppress(DeskProblem):
        await order(desk, PRACTICE_ID, "ended", Order(by=BY, why=WHY))
    with suppress(EndedOutside, Refused):
        await desk.command(IDENTITY, "withdraw", Command(by=BY, why=WHY))
        await desk.client.get_workflow_handle(IDENTITY).result()
    try:
        await desk.client.get_workflow_handle(import_id(PRACTICE_ID)).terminate(WHY)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    async with desk.database.begin() as connection:
        for owner in ERASED:
            await owner.erase(connection, PRACTICE_ID)
