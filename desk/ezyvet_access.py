"""Sites that revoked access are asked from time to time, and what waited is sent once they let us in again.

Access also comes back by itself: with new credentials, or with any call that succeeds, in any process.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from desk.service import Desk
from integrations.ezyvet.connection import gateway
from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.sites import list_sites
from pharmacy.prescriptions import register
from store.database import DatabaseProblem
from workflows.prescription_contracts import Site

log = logging.getLogger("ezyvet")

EVERY = 10.0
"""Seconds between two rounds. ezyVet itself is asked less often after it gave no token."""


async def watch(desk: Desk) -> None:
    """Looks after the sites for ever; does nothing without a way to ezyVet."""
    if (way := gateway(desk.database, desk.settings)) is None:
        return
    released: dict[str, datetime | None] = {}
    while True:
        try:
            await look_after(desk, way, released)
        except (DatabaseProblem, RPCError) as problem:
            log.info("ezyVet's sites are looked at later: %s", problem)
        except Exception:
            # An unexpected error must not end the rounds.
            log.exception("ezyVet's sites could not be looked at")
        await asyncio.sleep(EVERY)


async def look_after(desk: Desk, way: Gateway, released: dict[str, datetime | None]) -> None:
    """One round. `released` has since when each site is live whose prescriptions were let go."""
    for known in await list_sites(desk.database):
        site = await way.check_access(known.practice)
        if site.state == "live" and released.get(site.practice) != site.since:
            if await register.waiting(desk.database, site.practice):
                await release(desk, site.practice)
            released[site.practice] = site.since


async def release(desk: Desk, practice: str) -> None:
    """Has the practice's waiting prescriptions tried again, in order."""
    await desk.client.start_workflow(
        "EzyvetReopening",
        Site(practice=practice),
        id=f"ezyvet-reopening/{practice}",
        task_queue=desk.settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Send what waited for ezyVet",
    )
