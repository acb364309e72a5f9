"""Removes what an earlier demo left."""

from __future__ import annotations

from contextlib import suppress

from temporalio.service import RPCError, RPCStatusCode

from cli.demo.scenario import CONTACT, IDENTITY, PRACTICE_ID
from cli.demo.sister_clinics import ACCOUNTS, ADMINS, ELM, OAK
from desk import sharing_pairs
from desk.feed_watch import order
from desk.problem import DeskProblem, EndedOutside, NotFound
from desk.service import Desk
from machine.problem import MachineProblem
from pharmacy.billing import invoices
from pharmacy.contacts import contacts
from pharmacy.inventory import counts
from pharmacy.records import feeds, home_delivery, statements
from pharmacy.reminders import items
from pharmacy.sharing import records
from pharmacy.tasks import tasks
from playbooks.engine.onboarding import Command
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import Order
from store.accounts.clinics import load_clinic
from store.accounts.members import member_by_email
from store.accounts.problem import NoSuchClinic
from store.journal import journal
from workflows.import_contracts import import_id

BY = "demo"
WHY = "the demo starts again"
ERASED = (tasks, invoices, records, counts, items, contacts, statements, home_delivery, feeds)
"""What erases a practice's rows, those that refer to others first."""


async def clear(desk: Desk) -> None:
    """Ends the workflows of the demo's practice and erases its data. Raises `MachineProblem` if it is a real one."""
    row = await journal.find(desk.database, IDENTITY)
    if row is None:
        return
    if CONTACT not in row.contacts.split():
        raise _a_real_one(PRACTICE_ID)
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
    await _erase(desk, PRACTICE_ID)


async def clear_sister_clinics(desk: Desk) -> None:
    """Ends what the demo's two clinics share, and erases their data. Raises `MachineProblem` if one is a real one."""
    for clinic, address in ACCOUNTS.items():
        try:
            found = await load_clinic(desk.database, clinic)
        except NoSuchClinic:
            return
        if found.account_email != address:
            raise _a_real_one(clinic)
    with suppress(NotFound):
        maya = await member_by_email(desk.database, ELM, ADMINS[ELM][0])
        await sharing_pairs.remove(desk, maya, OAK)
    await _erase(desk, ELM, OAK)


async def _erase(desk: Desk, *practices: str) -> None:
    async with desk.database.begin() as connection:
        for owner in ERASED:
            for practice in practices:
                await owner.erase(connection, practice)


def _a_real_one(practice: str) -> MachineProblem:
    return MachineProblem(
        f"{practice} in this home is not the demo's practice, and the demo would erase its data:"
        " run it in a home of its own, with --home."
    )
