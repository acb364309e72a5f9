"""Compares a practice with its ezyVet, and has prescriptions follow what is safe to follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.ezyvet import not_yet
from activities.heartbeats import heartbeats
from integrations.ezyvet import findings, sites
from integrations.ezyvet.connection import NOT_SET_UP
from integrations.ezyvet.findings import Run
from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.limits import Priority, Wait
from integrations.ezyvet.reconciliation import BY, Reconciler
from partners.ezyvet.errors import AccessRevoked, EzyvetError, SiteGone
from pharmacy.prescriptions.life.comparison import Reading
from pharmacy.prescriptions.life.events import Event, Report
from pharmacy.prescriptions.life.values import Receipt
from store.secrets.keyring import SealedError
from workflows.prescription_contracts import OBSERVED
from workflows.reconciliation_contracts import Compared, Comparison, Failed, Practices
from workflows.refusals import refusal_in

PATIENCE = 20.0
"""Seconds for which a read waits for a place before the worker's slot is given up."""
HEARTBEAT_SECONDS = 3.0
ANSWER = timedelta(seconds=30)
NOT_LIVE = "The practice's ezyVet is not live yet."


@dataclass(frozen=True)
class Reconciliation:
    database: AsyncEngine
    gateway: Gateway | None = None

    @property
    def of_the_database(self) -> tuple[Callable[..., Any], ...]:
        return self.practices, self.fail

    @activity.defn(name="practices_to_compare")
    async def practices(self) -> Practices:
        """Returns the practices whose ezyVet is live, or was until it did not let us in any more."""
        return Practices(ids=tuple(await sites.compared_practices(self.database)))

    @activity.defn(name="record_failed_comparison")
    async def fail(self, failed: Failed) -> Compared:
        """Records that a practice could not be compared."""
        return _result(await findings.fail(self.database, failed.practice, failed.problem))

    @activity.defn(name="compare_practice")
    async def compare(self, order: Comparison) -> Compared:
        """Compares a practice, from where it was interrupted; gives up at once if its ezyVet lets nobody in."""
        if self.gateway is None:
            return await self._fail(order, NOT_SET_UP)
        site = await sites.read_site(self.database, order.practice)
        if site.state != "live":
            closed = site.state == "revoked"
            return await self._fail(order, f"Its ezyVet does not give us access: {site.reason}" if closed else NOT_LIVE)
        position = int(activity.info().scheduled_time.timestamp() * 1000)
        there = self.gateway.at(order.practice, Priority.RECONCILIATION, key=BY, position=position, patience=PATIENCE)
        reconciler = Reconciler(self.database, there, order.practice, self._follow, self._report)
        async with heartbeats(HEARTBEAT_SECONDS):
            try:
                if order.prescription:
                    await reconciler.one(order.prescription)
                    [run] = await findings.list_runs(self.database, order.practice)
                else:
                    run = await reconciler.run()
            except Wait as wait:
                raise not_yet(str(wait), timedelta(seconds=wait.seconds)) from None
            except (AccessRevoked, SiteGone, sites.NoCredentials, SealedError) as problem:
                return await self._fail(order, str(problem))
            except EzyvetError as problem:
                raise ApplicationError(str(problem), type=type(problem).__name__) from None
        return _result(run)

    async def _fail(self, order: Comparison, problem: str) -> Compared:
        return await self.fail(Failed(practice=order.practice, problem=problem))

    async def _follow(self, id: str, reading: Reading) -> bool:
        return await _update(id, OBSERVED, reading)

    async def _report(self, id: str, event: Event) -> None:
        await _update(id, event.name, Report(event=event, by=BY))


async def _update(id: str, name: str, order: Any) -> bool:
    """Updates a prescription; False if it has ended, or refuses it."""
    prescription = activity.client().get_workflow_handle(f"prescription/{id}")
    try:
        await prescription.execute_update(name, order, result_type=Receipt, rpc_timeout=ANSWER)
    except WorkflowUpdateFailedError as failure:
        if refusal_in(failure.cause):
            return False
        raise
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


def _result(run: Run) -> Compared:
    return Compared(practice=run.practice, compared=run.compared, agreed=run.agreed, problem=run.problem)
