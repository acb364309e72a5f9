"""The one test prescription with which a practice sees that the connection works, before it is live.

It is recorded before it is sent, so that one whose answer is lost is looked up and never sent twice.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.choice_tables import trials
from integrations.ezyvet.patients import Match
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.errors import NotFound, Uncertain
from partners.ezyvet.guesses import CAN_DISABLE, LONGEST_WRITE_SECONDS, SETTLE_SECONDS
from store.database import at_once

PRODUCT = "TEST-PRESCRIPTION"
"""The reference of its one item."""


class TrialProblem(Exception):
    """It cannot be sent now; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Trial:
    """A test prescription that stands in ezyVet; `uid` is None while nobody knows whether it does.

    `age` is in seconds.
    """

    reference: str
    patient: str
    animal: int
    uid: str | None
    age: float


async def read_trial(engine: AsyncEngine, practice: str) -> Trial | None:
    """Returns the practice's test prescription; None if there is none, or none any more."""
    age = func.extract("epoch", func.clock_timestamp() - trials.c.sent_at).label("age")
    query = select(trials.c.reference, trials.c.patient, trials.c.animal, trials.c.uid, age)
    async with at_once(engine) as connection:
        row = (await connection.execute(query.where(trials.c.practice == practice))).mappings().first()
    return Trial(**{**row, "age": float(row["age"])}) if row else None


async def send_trial(
    engine: AsyncEngine, ezyvet: Ezyvet, practice: str, patient: str, match: Match, user: int, by: str, link: str | None
) -> Trial:
    """Sends it, unless it is there already; one for another patient is taken out first.

    Raises `TrialProblem`, and `EzyvetError`: nothing is there then.
    """
    before = await _settled(engine, ezyvet, practice)
    if before and before.patient == patient:
        return before
    if before:
        await take_out_trial(engine, ezyvet, practice)
    reference = f"test-{secrets.token_hex(8)}"
    values = {"reference": reference, "patient": patient, "animal": match.animal, "sent_by": by}
    statement = insert(trials).values(practice=practice, **values).on_conflict_do_nothing()
    async with at_once(engine) as connection:
        if await connection.scalar(statement.returning(trials.c.reference)) is None:
            raise TrialProblem("Somebody else is sending the test prescription just now; look again.")
    try:
        uid = await ezyvet.create(_body(match, user, reference, link))
    except Uncertain as problem:
        await asyncio.sleep(SETTLE_SECONDS)
        if settled := await _settled(engine, ezyvet, practice):
            return settled
        raise TrialProblem(f"ezyVet did not take the test prescription: {problem} Send it again.") from None
    except Exception:
        await _forget(engine, practice)
        raise
    await _adopt(engine, practice, uid)
    return Trial(reference, patient, match.animal, uid, 0.0)


async def take_out_trial(engine: AsyncEngine, ezyvet: Ezyvet, practice: str) -> None:
    """Disables the practice's test prescription (RX9), if there is one. Raises `EzyvetError` or `TrialProblem`."""
    trial = await _settled(engine, ezyvet, practice)
    if trial is None or trial.uid is None:
        return
    try:
        if CAN_DISABLE:
            await ezyvet.disable(trial.uid)
        else:
            ended = {"external_product_reference": PRODUCT, "status": "DECLINED_DR", "status_date": int(time.time())}
            await ezyvet.update(trial.uid, {"external_prescription_item_list": [ended]})
    except NotFound:
        # Somebody has disabled it there.
        pass
    await _forget(engine, practice)


async def _settled(engine: AsyncEngine, ezyvet: Ezyvet, practice: str) -> Trial | None:
    """Returns the test prescription that is there; one whose answer was lost is looked up first."""
    trial = await read_trial(engine, practice)
    if trial is None or trial.uid is not None:
        return trial
    if found := await ezyvet.find(trial.animal, trial.reference):
        await _adopt(engine, practice, found[0].uid)
        return await read_trial(engine, practice)
    if trial.age < LONGEST_WRITE_SECONDS:
        raise TrialProblem("It is not known yet whether ezyVet took the test prescription; look in a minute.")
    await _forget(engine, practice)
    return None


def _body(match: Match, user: int, reference: str, link: str | None) -> dict[str, Any]:
    item: dict[str, Any] = {
        "external_product_name": "Test prescription, please do not dispense",
        "external_product_reference": PRODUCT,
        "instructions": "A test of the connection. It is taken out again once you have seen it.",
        "price": 0,
        "qty": 1,
        "remaining": 0,
        **({"external_link": link} if link else {}),
    }
    return {
        "animal_id": match.animal,
        "contact_id": match.contact,
        "prescribing_vet_user_id": user,
        "date_of_prescription": int(time.time()),
        "external_reference": reference,
        "total_price": 0,
        "external_prescription_item_list": [item],
    }


async def _adopt(engine: AsyncEngine, practice: str, uid: str) -> None:
    async with at_once(engine) as connection:
        await connection.execute(update(trials).where(trials.c.practice == practice).values(uid=uid))


async def _forget(engine: AsyncEngine, practice: str) -> None:
    async with at_once(engine) as connection:
        await connection.execute(delete(trials).where(trials.c.practice == practice))
