"""Who may ask for record sharing and confirm it, at the moment at which they do (RS1, RS2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.onboarding import Report
from playbooks.engine.transition import Refused
from store.accounts.clinics import Clinic, load_clinic
from store.accounts.members import Member, active_member
from store.accounts.problem import NoSuchClinic
from templates.filters import join_list

MOST = 20
"""Clinics in one request."""


async def check_request(engine: AsyncEngine, clinic: str, others: Sequence[str], person: str) -> list[Clinic]:
    """Returns the clinics, the one that asks first. Raises `Refused` with the reason (RS1, RS2).

    A clinic that does not exist and one of another owner are refused alike, so that nobody learns which exist.
    """
    await manager(engine, clinic, person, "ask for record sharing")
    own = await load_clinic(engine, clinic)
    wanted = [each for each in dict.fromkeys(others) if each != clinic]
    if not wanted:
        raise Refused(f"{own.name} cannot share with itself; name another clinic of {own.owner}.")
    if len(wanted) >= MOST:
        raise Refused(f"Name at most {MOST - 1} clinics at a time.")
    found = [each for name in wanted if (each := await _clinic(engine, name)) and same_owner(own, each)]
    if unknown := sorted(set(wanted) - {each.id for each in found}):
        names = join_list(f"'{each[:63]}'" for each in unknown)
        raise Refused(
            f"Records are shared only between clinics of the same owner; {own.owner} has no clinic {names} here."
            " Write to us if the owner on record is wrong."
        )
    return [own, *found]


async def manager(engine: AsyncEngine, clinic: str, person: str, act: str) -> Member:
    """Returns the active owner or admin of a clinic. Raises `Refused` for anybody else."""
    member = await active_member(engine, clinic, person)
    if member is None or not member.manages_people:
        name = (await load_clinic(engine, clinic)).name
        raise Refused(f"Only an active owner or admin of {name} can {act}; ask one of them to do it.")
    return member


def same_owner(one: Clinic, other: Clinic) -> bool:
    """Whether two clinics are of one legal entity; capitals and blanks do not matter."""
    return _plain(one.owner) == _plain(other.owner)


async def check_report(engine: AsyncEngine, identity: str, fact: str, report: Report) -> None:
    """Has what only a clinic's owner or admin can do reported by that person, and by nobody in their name (RS2)."""
    if fact not in ("requested", "preview_seen", "confirmed", "withdrawn"):
        return
    person = str(report.data.get("person"))
    if report.by != person:
        raise Refused("Only the clinic's own owner or admin can do that, once signed in; nobody can in their name.")
    clinic = str(report.data.get("clinic", identity.partition("/")[2]))
    await manager(engine, clinic, person, "do that")
    if fact == "requested":
        first, *others = report.data.get("clinics", [""])
        if first != clinic:
            raise Refused(f"The clinic that asks comes first in 'clinics'; that is '{clinic}'.")
        await check_request(engine, clinic, others, person)


async def _clinic(engine: AsyncEngine, id: str) -> Clinic | None:
    try:
        return await load_clinic(engine, id)
    except NoSuchClinic:
        return None


def _plain(owner: str) -> str:
    return " ".join(owner.casefold().split())
