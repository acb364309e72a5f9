"""Whether clinics have the task list across clinics: on, unless the pharmacy turned it off for their group (RS9).

A group is a clinic with all that it is connected with by sharing.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.audit import log
from store.accounts.clinics import clinic as load_clinic
from store.database import at_once

_OFF = text(
    "WITH RECURSIVE off(clinic) AS (SELECT clinic FROM task_sharing_off UNION "
    "SELECT s.other FROM shares s JOIN off ON s.clinic = off.clinic WHERE s.state = 'enabled') "
    "SELECT clinic FROM off WHERE clinic = ANY (:clinics)"
)
_TURN_OFF = text("INSERT INTO task_sharing_off (clinic, by) VALUES (:clinic, :by) ON CONFLICT DO NOTHING")
_TURN_ON = text(
    "WITH RECURSIVE grouped(clinic) AS (SELECT cast(:clinic AS text) UNION "
    "SELECT s.other FROM shares s JOIN grouped g ON s.clinic = g.clinic WHERE s.state = 'enabled') "
    "DELETE FROM task_sharing_off WHERE clinic IN (SELECT clinic FROM grouped)"
)


async def set_task_sharing(engine: AsyncEngine, clinic: str, on: bool, by: str) -> None:
    """Turns the list across clinics on or off for a clinic's group. Raises `NoSuchClinic`."""
    async with engine.begin() as connection:
        await load_clinic(connection, clinic, lock=True)
        if on:
            await connection.execute(_TURN_ON, {"clinic": clinic})
        else:
            await connection.execute(_TURN_OFF, {"clinic": clinic, "by": by})
        await log(connection, by, None, "task sharing changed", clinic=clinic, on=on)


async def switched_off(engine: AsyncEngine, clinics: Collection[str]) -> set[str]:
    """Returns those of these clinics whose tasks stand in no list across clinics."""
    async with at_once(engine) as connection:
        return set((await connection.execute(_OFF, {"clinics": list(clinics)})).scalars())
