"""Sends a prescription's calls to the practice's ezyVet, each once (RX1), and finds out what became of a doubtful one.

A write is recorded before it is sent. If its outcome is not known - a cut connection, a time-out, a fault of ezyVet, a
process that died - nothing is sent until it has been read back. A known outcome is kept until the next write: a process
may die before its workflow has heard of it.

A creation that does not show is sent again, and ezyVet may still carry out the first one. So it is looked up once more
just before, and checked for a while afterwards: what came twice is disabled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet import attempts, patients, prescribers, sites
from integrations.ezyvet.bodies import Ids, create_body, update_body
from integrations.ezyvet.delays import NOT_CONNECTED, closed, delay_after
from integrations.ezyvet.doubt import (
    BEING_LOOKED_UP,
    GIVE_UP_SECONDS,
    LONGEST_DOUBT,
    LOOK_AT_LEISURE,
    LOOK_EVERY,
    WRITE_SECONDS,
    LookAgain,
    earlier_outcome,
    given_up,
    shows,
    wait_for,
)
from integrations.ezyvet.limits import Wait
from integrations.ezyvet.read_back import observed
from integrations.ezyvet.tables import AttemptState
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.errors import AccessRevoked, EzyvetError, Invalid, NotFound, SiteGone, Uncertain
from pharmacy.prescriptions.life.calls import (
    Accepted,
    Check,
    Create,
    Disable,
    Observed,
    Outcome,
    Stuck,
    Unsure,
    Update,
)
from store.secrets.keyring import SealedError
from workflows.prescription_contracts import Delivery

log = logging.getLogger("ezyvet")


class Unknown(Exception):
    """Something that ezyVet has to know is not known; the message is a sentence for a person."""


@dataclass(frozen=True)
class Sender:
    """Sends for one practice. Its calls also raise what the limits raise, before anything is sent."""

    database: AsyncEngine
    ezyvet: Ezyvet

    async def deliver(self, order: Delivery) -> Outcome:
        """Makes the call. `Waiting` while the site is not live; `Unsure` if it has to be looked up first."""
        attempt = await attempts.find(self.database, order.prescription)
        if outcome := earlier_outcome(order, attempt):
            return outcome
        site = await sites.read_site(self.database, order.practice)
        if site.state != "live":
            return closed(site)
        try:
            again = isinstance(order.call, Create) and order.maybe_twice
            there = await self._read_back(order, attempt) if again else None
            return there or await self._send(order)
        except NotFound as error:
            # It is disabled already.
            return Accepted() if isinstance(order.call, Disable) else Stuck(reason=str(error))
        except (Unknown, Invalid) as error:
            return Stuck(reason=str(error))
        except Uncertain as error:
            log.info("prescription %s: %s", order.prescription, error)
            return Unsure(reason="ezyVet did not say whether it has it, so we check.")
        except (AccessRevoked, SiteGone) as error:
            await sites.revoke(self.database, order.practice, str(error))
            return closed(await sites.read_site(self.database, order.practice))

    async def look_up(self, order: Delivery) -> Outcome:
        """Finds out what became of a doubtful call. Raises `LookAgain` while it is too early to tell."""
        attempt = await attempts.find(self.database, order.prescription)
        late = attempt is None or attempt.total > GIVE_UP_SECONDS
        try:
            there = await self._read_back(order, attempt)
        except (EzyvetError, sites.NoCredentials, SealedError) as error:
            if late:
                return _cannot_look(order, error)
            raise LookAgain(LOOK_EVERY / 2) from error
        except Wait as wait:
            if attempt is None or attempt.total + wait.seconds < LONGEST_DOUBT:
                raise
            return _cannot_look(order, wait)
        if attempt is None or not attempt.in_doubt:
            return there or Observed(uid=None)
        if there is None or not (late or shows(there, order.call)):
            wait_for(attempt)
        if there is None and (stuck := given_up(attempt)):
            return stuck
        state: AttemptState = "known" if there else "not_done"
        uid = there.uid if there else None
        await attempts.settle(self.database, order.prescription, attempt.asked_at, state, uid)
        return there or Observed(uid=None)

    async def _read_back(self, order: Delivery, attempt: attempts.Attempt | None) -> Observed | None:
        # As it was created, even if another animal was chosen for the patient since.
        animal = attempt.animal if attempt else None
        animal = animal or await patients.known_animal(self.database, order.practice, order.patient)
        found = await self.ezyvet.find(animal, order.prescription) if animal else []
        own = None if isinstance(order.call, Create) else order.call.uid
        return await observed(self.ezyvet, found, own) if found else None

    async def _send(self, order: Delivery) -> Outcome:
        match order.call:
            case Create() as create:
                ids = await self._ids(order, create)
                body = create_body(create, ids)
                return await self._write(order, lambda: self.ezyvet.create(body), ids.animal)
            case Update(uid=uid) as update:
                user = await self._user(order.practice, update.prescriber) if update.prescriber else None
                body = update_body(update, user)
                return await self._write(order, lambda: self.ezyvet.update(uid, body))
            case Disable(uid=uid):
                return await self._write(order, lambda: self.ezyvet.disable(uid))
            case Check():
                raise AssertionError("a check sends nothing for itself")

    async def _write(
        self, order: Delivery, write: Callable[[], Awaitable[str | None]], animal: int | None = None
    ) -> Outcome:
        """Makes a write whose outcome can be found out later."""
        about = self.database, order.prescription, order.asked_at
        state: AttemptState = "timed_out"
        try:
            # Counted from before the record: a process that was stopped in between sends nothing later.
            async with asyncio.timeout(WRITE_SECONDS):
                if not await attempts.begin(*about, animal):
                    return BEING_LOOKED_UP
                uid = await write()
        except TimeoutError:
            await attempts.settle(*about, "timed_out")
            raise Uncertain("ezyVet takes too long, so we check whether it was done.", timed_out=True) from None
        except Uncertain as error:
            state = "timed_out" if error.timed_out else "ended"
            await attempts.settle(*about, state)
            raise
        except (EzyvetError, Wait, sites.NoCredentials, SealedError):
            # Certainly not carried out. Of any other error that is not certain.
            await attempts.settle(*about, "not_done")
            raise
        await attempts.settle(*about, "known", uid)
        return Accepted(uid=uid)

    async def _ids(self, order: Delivery, call: Create) -> Ids:
        found = await patients.find_animal(self.database, self.ezyvet, order.practice, order.patient)
        if isinstance(found, patients.NoMatch):
            raise Unknown(found.reason)
        return Ids(found.animal, found.contact, await self._user(order.practice, call.prescriber))

    async def _user(self, practice: str, vet: str) -> int:
        user = await prescribers.user_of(self.database, practice, vet)
        if user is None:
            raise Unknown(f"{vet} is not an ezyVet user yet; the pharmacy's team chooses which one.")
        return user


async def withdraw(database: AsyncEngine, order: Delivery) -> Outcome | None:
    """Has the call never made. Returns what became of it if it was begun: `Unsure` if nobody knows."""
    if await attempts.withdraw(database, order.prescription, order.asked_at):
        return None
    return earlier_outcome(order, await attempts.find(database, order.prescription))


def _cannot_look(order: Delivery, why: Wait | EzyvetError | sites.NoCredentials | SealedError) -> Stuck:
    """Has a person look; once one was asked to, raises `LookAgain` until it can be looked up after all."""
    if order.with_person:
        raise LookAgain(LOOK_AT_LEISURE) from why
    because = NOT_CONNECTED if isinstance(why, sites.NoCredentials) else delay_after(why, 1).waiting
    reason = f"We could not check whether ezyVet has it. {because.reason}"
    return Stuck(reason=reason, unproven=True, looks_again=True)
