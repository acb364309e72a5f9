"""Tells a practice that its prescribers in ezyVet are others than it confirmed (RX10)."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from desk.single_mail import order_single_mail
from playbooks.engine.facts import current_facts
from playbooks.engine.model import Role
from playbooks.engine.onboarding import MailOrder
from playbooks.ezyvet import EZYVET

log = logging.getLogger("ezyvet")


@dataclass(frozen=True)
class ChangedPrescriber:
    """A vet, and the names of the ezyVet users that it was and is; None for nobody."""

    vet: str
    before: str | None
    after: str | None


async def tell_practice(desk: Desk, practice: str, changes: tuple[ChangedPrescriber, ...]) -> None:
    """Has the primary contact written to if the practice had confirmed its prescribers before."""
    if not changes:
        return
    try:
        onboarding = (await desk.state(f"{EZYVET.name}/{practice}")).onboarding
        if "prescribers_confirmed" not in current_facts(EZYVET, onboarding):
            return
        contact, key = onboarding.primary_contact, f"prescribers/{secrets.token_hex(8)}"
        now, zone = datetime.now(UTC), onboarding.practice.time_zone
        order = MailOrder(
            key=key,
            kind="prescribers_changed",
            to=Role.PRIMARY_CONTACT,
            name=contact.name,
            email=contact.email,
            link=False,
            at=now,
            context={
                "zone": zone,
                "now": now.isoformat(),
                "name": contact.name,
                "practice": onboarding.practice.name,
                "changes": [vars(each) for each in changes],
            },
        )
        await order_single_mail(desk, order, "Mail to the practice: who prescribes has changed")
    except NotFound:
        return
    except NoAnswer as error:
        # The choice is stored, and counts.
        log.warning("the mail about the prescribers of %s could not be ordered: %s", practice, error)
