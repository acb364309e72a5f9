"""Tells a practice that its prescribers in ezyVet are others than it confirmed (RX10)."""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime

from temporalio.service import RPCError

from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from desk.updates import PATIENCE
from playbooks.engine.facts import current_facts
from playbooks.ezyvet import EZYVET
from workflows.prescription_contracts import ChangedPrescriber, PrescribersMail

log = logging.getLogger("ezyvet")


async def tell_practice(desk: Desk, practice: str, changes: tuple[ChangedPrescriber, ...]) -> None:
    """Has the primary contact written to if the practice had confirmed its prescribers before."""
    if not changes:
        return
    try:
        onboarding = (await desk.state(f"{EZYVET.name}/{practice}")).onboarding
        if "prescribers_confirmed" not in current_facts(EZYVET, onboarding):
            return
        contact, key = onboarding.primary_contact, f"prescribers/{secrets.token_hex(8)}"
        order = PrescribersMail(
            key=key,
            practice=onboarding.practice.name,
            name=contact.name,
            email=contact.email,
            zone=onboarding.practice.time_zone,
            changes=changes,
            at=datetime.now(UTC),
        )
        await desk.client.start_workflow(
            "PrescribersMail",
            order,
            id=f"prescribers-mail/{practice}/{key.rpartition('/')[2]}",
            task_queue=desk.settings.task_queue,
            static_summary="Mail to the practice: who prescribes has changed",
            rpc_timeout=PATIENCE,
        )
    except NotFound:
        return
    except (NoAnswer, RPCError) as error:
        # The choice is stored, and counts.
        log.warning("the mail about the prescribers of %s could not be ordered: %s", practice, error)
