"""Compares practices with their ezyVet now, and settles what differs as a person says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from desk.updates import PATIENCE, trouble
from integrations.ezyvet import findings, sites
from integrations.ezyvet.findings import Finding, Run
from integrations.ezyvet.reconciliation_tables import Decision
from playbooks.engine.transition import Refused
from workflows.reconciliation_contracts import Compared, Comparison

SETTLED = timedelta(seconds=60)
"""How long a decision is waited for; it is carried out all the same."""
NIGHTLY = "ezyvet-reconciliation"


@dataclass(frozen=True)
class Report:
    """A practice's last run, and what it found; without a run it was never compared."""

    practice: str
    run: Run | None
    findings: tuple[Finding, ...] = ()

    @property
    def for_a_person(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.kind != "repaired")

    @property
    def repaired(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.kind == "repaired")


async def start(desk: Desk, practice: str, prescription: str | None = None) -> WorkflowHandle[object, Compared]:
    """Has a practice compared; one that is being compared just now goes on. Raises `Refused` if it is not live."""
    site = await sites.read_site(desk.database, practice)
    if not site.compared:
        raise Refused(f"The ezyVet of {practice} is not live yet, so there is nothing to compare.")
    try:
        return await desk.client.start_workflow(
            "EzyvetComparison",
            Comparison(practice=practice, queue=desk.settings.ezyvet_task_queue, prescription=prescription),
            id=f"{NIGHTLY}/{practice}" + (f"/{prescription}" if prescription else ""),
            task_queue=desk.settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"{practice}: {prescription}" if prescription else practice,
            result_type=Compared,
            rpc_timeout=PATIENCE,
        )
    except RPCError as error:
        raise trouble(error) from None


async def compare(desk: Desk, practice: str, patience: timedelta | None = None) -> Report:
    """Compares a practice and returns what was found. Raises `Refused` or `NoAnswer`."""
    await _result(await start(desk, practice), patience)
    return await report(desk, practice)


async def report(desk: Desk, practice: str) -> Report:
    """Returns a practice's last run and what it found."""
    runs = await findings.list_runs(desk.database, practice)
    found = await findings.list_findings(desk.database, practice)
    return Report(practice, runs[0] if runs else None, tuple(found))


async def settle(desk: Desk, practice: str, prescription: str, decision: Decision, by: str) -> None:
    """Has what we have of a prescription sent again (`ours`), or leaves what ezyVet has (`theirs`).

    Raises `NotFound` if nothing is to be decided about it.
    """
    if not await findings.decide(desk.database, practice, prescription, decision, by):
        raise NotFound(f"Nothing differs at prescription {prescription[:64]} of {practice} that could be decided.")
    if decision == "ours":
        await _result(await start(desk, practice, prescription), SETTLED)


async def _result(comparison: WorkflowHandle[object, Compared], patience: timedelta | None) -> Compared:
    try:
        async with asyncio.timeout(patience.total_seconds() if patience else None):
            return await comparison.result()
    except TimeoutError:
        raise NoAnswer("This takes longer than usual and continues; look again in a minute.") from None
    except WorkflowFailureError as failure:
        raise NoAnswer(f"It could not be compared: {failure.cause}") from None
    except RPCError as error:
        raise trouble(error) from None
