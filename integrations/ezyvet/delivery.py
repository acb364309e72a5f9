"""Sends a prescription's calls to the practice's ezyVet, each once (RX1), and finds out what became of a doubtful one.

A write is recorded before it is sent. If its outcome is not known - a cut connection, a time-out, a fault of ezyVet, a
process that died - nothing is sent until it has been read back.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet import attempts, patients, prescribers, sites
from integrations.ezyvet.bodies import Ids, create_body, update_body
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.errors import AccessRevoked, EzyvetError, Invalid, NotFound, SiteGone, Uncertain
from partners.ezyvet.guesses import SETTLE_SECONDS
from partners.ezyvet.http import TIMEOUT
from partners.ezyvet.records import Prescription, PrescriptionItem
from pharmacy.prescriptions.life.calls import (
    Accepted,
    Create,
    Disable,
    Observed,
    Outcome,
    ShownItem,
    Stuck,
    Unsure,
    Update,
    Waiting,
)
from workflows.prescription_contracts import Delivery

GIVE_UP_SECONDS = 45.0
"""How long after its first attempt a doubtful create goes to a person."""


class LookAgain(Exception):
    """Too early to tell; to be looked up again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Looked up again in {seconds:.0f} seconds.")
        self.seconds = seconds


class Unknown(Exception):
    """Something that ezyVet has to know is not known; the message is a sentence for a person."""


@dataclass(frozen=True)
class Sender:
    """Sends for one practice. Its calls also raise what the limits raise, before anything is sent."""

    database: AsyncEngine
    ezyvet: Ezyvet

    async def deliver(self, order: Delivery) -> Outcome:
        """Makes the call. `Waiting` while the site is not live; `Unsure` if it has to be looked up first."""
        site = await sites.read_site(self.database, order.practice)
        if site.state != "live":
            return Waiting(reason=_closed(site))
        if await attempts.find(self.database, order.prescription):
            return Unsure(reason="It is being looked up whether ezyVet has it.")
        try:
            match order.call:
                case Create() as call:
                    body = create_body(call, await self._ids(order, call))
                    return Accepted(uid=await self._write(order, self.ezyvet.create(body)))
                case Update() as call:
                    user = await self._user(order.practice, call.prescriber) if call.prescriber else None
                    await self._write(order, self.ezyvet.update(call.uid, update_body(call, user)))
                case Disable() as call:
                    await self._write(order, self.ezyvet.disable(call.uid))
        except NotFound as error:
            # It is disabled already.
            return Accepted() if isinstance(order.call, Disable) else Stuck(reason=str(error))
        except (Unknown, Invalid) as error:
            return Stuck(reason=str(error))
        except Uncertain as error:
            await attempts.end(self.database, order.prescription, timed_out=error.timed_out)
            return Unsure(reason=str(error))
        except (AccessRevoked, SiteGone) as error:
            await sites.revoke(self.database, order.practice, str(error))
            return Waiting(reason=str(error))
        return Accepted()

    async def look_up(self, order: Delivery) -> Outcome:
        """Finds out what became of a doubtful call. Raises `LookAgain` while it is too early to tell."""
        attempt = await attempts.find(self.database, order.prescription)
        late = attempt is not None and attempt.total > GIVE_UP_SECONDS
        try:
            found = await self._found(order)
        except EzyvetError as error:
            if late:
                return Stuck(reason=f"Whether ezyVet has it could not be looked up: {error}", unproven=True)
            raise LookAgain(2) from error
        if len(found) > 1:
            uids = ", ".join(each.uid for each in found)
            return Stuck(reason=f"ezyVet has it {len(found)} times ({uids}): disable all but one there.", unproven=True)
        if found:
            [there] = found
            items = tuple(_shown(item) for item in await self.ezyvet.items(there.id))
            await attempts.settle(self.database, order.prescription)
            return Observed(uid=there.uid, active=there.active, items=items)
        return await self._absent(order, attempt)

    async def _absent(self, order: Delivery, attempt: attempts.Attempt | None) -> Outcome:
        """Decides about what ezyVet does not show: whether it still may, and whether it is sent again."""
        if attempt is None:
            return Observed(uid=None)
        if attempt.age < (SETTLE_SECONDS if attempt.ended else TIMEOUT + SETTLE_SECONDS):
            raise LookAgain(1)
        if attempt.timed_out and attempt.total < GIVE_UP_SECONDS:
            raise LookAgain(3)
        if attempt.total > GIVE_UP_SECONDS:
            return Stuck(reason="ezyVet gave no answer, and does not show it: look there.", unproven=attempt.timed_out)
        await attempts.clear(self.database, order.prescription)
        return Observed(uid=None)

    async def _write(self, order: Delivery, call: Awaitable[Any]) -> Any:
        """Makes a write whose outcome can be found out later. What certainly was not carried out leaves no mark."""
        await attempts.begin(self.database, order.prescription)
        try:
            answer = await call
        except Uncertain:
            raise
        except Exception:
            await attempts.settle(self.database, order.prescription)
            raise
        await attempts.settle(self.database, order.prescription)
        return answer

    async def _found(self, order: Delivery) -> list[Prescription]:
        animal = await patients.known_animal(self.database, order.practice, order.patient)
        return await self.ezyvet.find(animal, order.prescription) if animal else []

    async def _ids(self, order: Delivery, call: Create) -> Ids:
        found = await patients.find_animal(self.database, self.ezyvet, order.practice, order.patient)
        if isinstance(found, patients.NoMatch):
            raise Unknown(found.reason)
        return Ids(found.animal, found.contact, await self._user(order.practice, call.prescriber))

    async def _user(self, practice: str, vet: str) -> int:
        user = await prescribers.user_of(self.database, practice, vet)
        if user is None:
            raise Unknown(f"{vet} is no ezyVet user yet: choose one with `onboard ezyvet prescribers {practice}`.")
        return user


def _closed(site: sites.Site) -> str:
    if site.state == "revoked":
        return f"ezyVet does not let us in any more: {site.reason or 'ask the practice for access'}"
    return "The practice's ezyVet is not live yet."


def _shown(item: PrescriptionItem) -> ShownItem:
    return ShownItem(
        product=item.external_product_reference,
        status=item.status or "CURRENT",
        status_date=item.status_date or 0,
        qty=item.qty,
        remaining=item.remaining,
        last_dispensed=item.date_of_lastdispense,
    )
