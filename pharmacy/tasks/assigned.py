"""What is assigned to a person, over the clinics that they may enter (RS9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import member_transaction
from pharmacy.tasks.switch import switched_off
from pharmacy.tasks.tasks import Task, list_assigned
from store.accounts.members import Member


@dataclass(frozen=True)
class Choice:
    """The clinics of a list: those `shown`, and those `left_out` as their group has no list across clinics."""

    shown: tuple[Member, ...]
    left_out: tuple[Member, ...]

    @property
    def notice(self) -> str | None:
        if not self.left_out:
            return None
        names = ", ".join(each.clinic_name for each in self.left_out)
        return f"Task sharing is turned off: switch to {names} to see the tasks there."


async def choose(
    engine: AsyncEngine, memberships: Sequence[Member], present: str | None, chosen: Collection[str]
) -> Choice:
    """Returns which of the chosen clinics a list shows to who is signed in to `present`.

    Without a choice these are the clinic signed in to, or all without one.
    """
    default = [present] if present else _ids(memberships)
    wanted = [each for each in memberships if each.clinic in (chosen or default)]
    off = await switched_off(engine, [*_ids(wanted), *([present] if present else [])])
    if present is None and len(wanted) == 1:
        present = wanted[0].clinic
    shown = [each for each in wanted if each.clinic == present or not off & {each.clinic, present}]
    return Choice(tuple(shown), tuple(each for each in wanted if each not in shown))


async def assigned_to(
    engine: AsyncEngine, person: str, choice: Choice, present: str | None, limit: int, offset: int = 0
) -> list[Task]:
    """Returns a person's tasks at these clinics, as far as they may still enter them."""
    if not choice.shown:
        return []
    async with member_transaction(engine, person, *_ids(choice.shown)) as (connection, clinics):
        return await list_assigned(connection, person, clinics, present, limit, offset)


def _ids(memberships: Sequence[Member]) -> list[str]:
    return [each.clinic for each in memberships]
