"""Which ezyVet user each of a practice's vets is (RX10): chosen by a person, never guessed by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.choice_tables import prescribers
from partners.ezyvet.records import User
from store.columns import storable
from store.database import at_once


class UnfitUser(Exception):
    """The user cannot be this vet; the message is a sentence."""


@dataclass(frozen=True)
class Prescriber:
    """A vet, by the pharmacy's handle, and who that is in ezyVet: the user's id, and the name when it was chosen."""

    vet: str
    user: int
    name: str


async def list_prescribers(engine: AsyncEngine, practice: str) -> list[Prescriber]:
    """Returns the practice's vets who have a user, by handle."""
    columns = prescribers.c.vet, prescribers.c.user, prescribers.c.name
    query = select(*columns).where(prescribers.c.practice == practice).order_by(prescribers.c.vet)
    async with at_once(engine) as connection:
        return [Prescriber(**row) for row in (await connection.execute(query)).mappings()]


async def user_of(engine: AsyncEngine, practice: str, vet: str) -> int | None:
    """Returns the id of the vet's user in ezyVet; None if nobody has chosen one."""
    query = select(prescribers.c.user).where(prescribers.c.practice == practice, prescribers.c.vet == vet)
    async with at_once(engine) as connection:
        found: int | None = await connection.scalar(query)
    return found


async def choose_users(
    engine: AsyncEngine, practice: str, choices: Mapping[str, User | None], by: str
) -> dict[str, str | None]:
    """Stores the user of each of these vets; None leaves a vet without one. All or nothing.

    Returns the vets that have another user now, with the name of the one before.

    Raises `UnfitUser` for a user that cannot prescribe, or who is another vet already.
    """
    for vet, user in choices.items():
        if user and (why := unfit(user)):
            raise UnfitUser(f"{vet}: {why}")
    rows = [
        {"practice": practice, "vet": vet, "user": user.id, "name": storable(user.name), "chosen_by": by}
        for vet, user in choices.items()
        if user
    ]
    mine = prescribers.c.practice == practice
    try:
        async with engine.begin() as connection:
            before = {row.vet: row for row in await connection.execute(select(prescribers).where(mine))}
            ids = {vet: row.user for vet, row in before.items()}
            changed = {vet for vet, user in choices.items() if ids.get(vet) != (user.id if user else None)}
            await connection.execute(delete(prescribers).where(mine, prescribers.c.vet.in_(changed)))
            if new := [row for row in rows if row["vet"] in changed]:
                await connection.execute(insert(prescribers), new)
        return {vet: before[vet].name if vet in before else None for vet in sorted(changed)}
    except IntegrityError:
        raise UnfitUser(await _taken(engine, practice, choices)) from None


def unfit(user: User) -> str | None:
    """Returns why a user cannot prescribe, as a sentence; None if they can."""
    if not user.active:
        return f"the ezyVet user {_named(user)} is switched off; choose an active one."
    if not user.is_vet:
        return f"the ezyVet user {_named(user)} is not a vet; choose the vet's own user."
    if not (user.first_name and user.last_name):
        return (
            f"the ezyVet user {_named(user)} has no given and family name, as a user that several people share;"
            " choose the vet's own user."
        )
    return None


async def _taken(engine: AsyncEngine, practice: str, choices: Mapping[str, User | None]) -> str:
    others = {each.user: each.vet for each in await list_prescribers(engine, practice) if each.vet not in choices}
    vets: dict[int, str] = {}
    for vet, user in choices.items():
        if user and (other := others.get(user.id) or vets.get(user.id)):
            return f"{vet}: the ezyVet user {_named(user)} is {other} already; each vet has a user of their own."
        if user:
            vets[user.id] = vet
    return "Somebody else changed the prescribers just now; look again."


def _named(user: User) -> str:
    return f"{user.id} ({user.name})" if user.name else str(user.id)
