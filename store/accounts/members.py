"""The people of practices: who belongs to which, in which role, and who stands in for a vet.

One person signs in by one account, with one password, at all their practices, and has a role in each. Every change is
on record. A membership is never deleted: prescriptions name the vet by the member's handle.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal, get_args

from pydantic import StringConstraints
from sqlalchemy import RowMapping, Select, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from store.accounts.access import session_rows, token_rows
from store.accounts.accounts import member_account, set_name
from store.accounts.audit import log
from store.accounts.clinics import clinic
from store.accounts.people import TAKEN, Account, account_of, member_columns
from store.accounts.problem import AccountProblem, Deactivated, NoSuchMember
from store.accounts.tables import clinics, delegates, members, users
from store.database import at_once

MemberRole = Literal["owner", "admin", "vet", "staff"]
MEMBER_ROLES: tuple[MemberRole, ...] = get_args(MemberRole)
MemberHandle = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class Membership(Frozen):
    """What is on record about a person at a clinic. Without a `handle`, one is made of the address.

    A vet whom the practice's prescriptions name already is given the handle that they name.
    """

    name: Line
    role: MemberRole
    active: bool = True
    handle: MemberHandle | None = None


@dataclass(frozen=True)
class Member:
    """A person at one clinic. `person` is the account; `handle` names them within the clinic.

    `writes`: whether they decide about prescriptions, as a vet or as a vet's delegate. `place` is that of the clinic
    among those of its owner, the oldest first; it is read with somebody's own memberships alone.
    """

    clinic: str
    clinic_name: str
    time_zone: str
    person: str
    handle: str
    name: str
    email: str
    role: MemberRole
    active: bool
    has_password: bool
    writes: bool
    place: int = field(default=0, compare=False)

    @property
    def account(self) -> Account:
        return Account(self.person, self.name, self.email, self.has_password)

    @property
    def manages_people(self) -> bool:
        return self.active and self.role in ("owner", "admin")


async def put_member(
    engine: AsyncEngine, clinic_id: str, email: str, given: Membership, by: str, *, rename: bool = True
) -> tuple[Member, bool]:
    """Adds a person to a clinic, or changes the membership. Returns it, and whether the person was let in just now.

    A person who has an account keeps their name unless `rename`: it stands at their other clinics too. Raises
    `NoSuchClinic`, and `AccountProblem` for a handle that is taken or would change, and for who is deactivated unless
    `given` says whether they are active.
    """
    async with engine.begin() as connection:
        await clinic(connection, clinic_id, lock=True)
        account = await member_account(connection, email, given.name)
        if rename:
            await set_name(connection, account.handle, given.name)
        before = await _find(connection, clinic_id, members.c.person == account.handle)
        values = {"role": given.role, "active": given.active}
        if before is None:
            handle = await _free_handle(connection, clinic_id, email, given.handle)
            key = {"clinic": clinic_id, "person": account.handle, "handle": handle}
            await connection.execute(insert(members).values(**key, **values))
        elif not before.active and "active" not in given.model_fields_set:
            who = f"{before.email} belongs to {account.name}"
            raise Deactivated(f"{who}, who is on the list as {before.role} and deactivated")
        elif given.handle not in (None, before.handle):
            raise AccountProblem(
                f"{given.name} is {before.handle} at this clinic; prescriptions use that handle, so it cannot change."
            )
        else:
            mine = members.c.clinic == clinic_id, members.c.person == account.handle
            await connection.execute(update(members).where(*mine).values(**values, updated_at=func.now()))
        after = await _find(connection, clinic_id, members.c.person == account.handle)
        assert after is not None
        if after != before:
            await log(connection, by, account.handle, "member changed", clinic=clinic_id, **values)
    return after, after.active and not (before and before.active)


async def members_of(engine: AsyncEngine, clinic_id: str) -> list[Member]:
    """Returns everybody of a clinic, active ones first, by name."""
    query = _members().where(members.c.clinic == clinic_id)
    return await _all(engine, query.order_by(members.c.active.desc(), users.c.name, members.c.handle))


async def member_names(engine: AsyncEngine, clinic_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """Returns the names of everybody who belongs or belonged to these clinics, by clinic and handle."""
    query = _members().where(members.c.clinic.in_(set(clinic_ids)))
    return {(each.clinic, each.handle): each.name for each in await _all(engine, query)}


async def memberships_of(engine: AsyncEngine, person: str) -> list[Member]:
    """Returns the clinics that a person may enter, by name."""
    return await _all(engine, _memberships().where(members.c.person == person))


async def left_clinics(engine: AsyncEngine, person: str) -> list[str]:
    """Returns the names of the clinics of somebody who may enter none of them any longer; else nothing."""
    found = await _all(engine, _members().where(members.c.person == person).order_by(clinics.c.name))
    return [] if any(each.active for each in found) else [each.clinic_name for each in found]


async def memberships_by_session(engine: AsyncEngine, secret: str) -> list[Member]:
    """Returns the clinics that whoever is signed in may enter, by name; none if the session has ended."""
    found = await session_rows(engine, secret, _memberships())
    return [_member(row) for row in found[0]] if found else []


async def memberships_by_token(engine: AsyncEngine, secret: str) -> list[Member]:
    """Returns the clinics that a token's holder may enter, by name; none if the token is invalid."""
    return [_member(row) for row in await token_rows(engine, secret, _memberships())]


async def active_member(engine: AsyncEngine, clinic_id: str, person: str) -> Member | None:
    async with at_once(engine) as connection:
        return await _find(connection, clinic_id, (members.c.person == person) & members.c.active)


async def member_called(engine: AsyncEngine, clinic_id: str, handle: str) -> Member:
    """Returns the member with this handle, also one who is not let in any more. Raises `NoSuchMember`."""
    async with at_once(engine) as connection:
        found = await _find(connection, clinic_id, members.c.handle == handle)
    if found is None:
        raise NoSuchMember("Nobody of that name belongs to this practice.")
    return found


async def member_by_email(engine: AsyncEngine, clinic_id: str, email: str) -> Member:
    """Returns the active member with this address. Raises `NoSuchMember`."""
    async with at_once(engine) as connection:
        found = await _find(connection, clinic_id, (func.lower(users.c.email) == email.lower()) & members.c.active)
    if found is None:
        raise NoSuchMember("Nobody with this address belongs to this clinic.")
    return found


async def account_with(engine: AsyncEngine, email: str) -> Account | None:
    """Returns the account with this address if the person belongs to any clinic."""
    query = member_columns().where(func.lower(users.c.email) == email.strip().lower())
    async with at_once(engine) as connection:
        row = (await connection.execute(query)).mappings().first()
    return account_of(row) if row else None


async def vets_decided_for(engine: AsyncEngine, member: Member) -> set[str]:
    """Returns the handles of the vets in whose name a member decides: their own if they are a vet, and those that named
    them as delegate."""
    return (await vets_decided_for_at(engine, [member]))[member.clinic]


async def vets_decided_for_at(engine: AsyncEngine, memberships: Collection[Member]) -> dict[str, set[str]]:
    """Returns the same for several memberships of one person, by clinic."""
    found = {each.clinic: {each.handle} if each.role == "vet" else set() for each in memberships}
    vet = (members.c.clinic == delegates.c.clinic) & (members.c.handle == delegates.c.vet) & members.c.active
    named = select(delegates.c.clinic, delegates.c.vet).join(members, vet & (members.c.role == "vet"))
    mine = tuple_(delegates.c.clinic, delegates.c.delegate).in_([(each.clinic, each.handle) for each in memberships])
    async with at_once(engine) as connection:
        for clinic_id, handle in await connection.execute(named.where(mine)):
            found[clinic_id].add(handle)
    return found


async def delegates_of(engine: AsyncEngine, clinic_id: str, vet: str) -> set[str]:
    query = select(delegates.c.delegate).where(delegates.c.clinic == clinic_id, delegates.c.vet == vet)
    async with at_once(engine) as connection:
        return set((await connection.execute(query)).scalars())


async def set_delegates(engine: AsyncEngine, vet: Member, handles: Collection[str]) -> None:
    """Says who decides in a vet's name; only the vet says so. Raises `AccountProblem` for somebody who may not."""
    if vet.role != "vet":
        raise AccountProblem("Only a vet names delegates.")
    others = {each.handle for each in await members_of(engine, vet.clinic) if each.active} - {vet.handle}
    if unknown := set(handles) - others:
        raise AccountProblem(f"'{min(unknown)[:64]}' is not another person of this clinic.")
    key = {"clinic": vet.clinic, "vet": vet.handle}
    async with engine.begin() as connection:
        await connection.execute(delete(delegates).filter_by(**key))
        if handles:
            await connection.execute(insert(delegates), [{**key, "delegate": each} for each in sorted(set(handles))])
        await log(connection, vet.person, vet.person, "delegates named", clinic=vet.clinic, delegates=sorted(handles))


def _members() -> Select[Any]:
    names = ("clinic", "person", "handle", "role", "active")
    vet = members.alias("vet")
    named = exists().where(
        delegates.c.clinic == members.c.clinic,
        delegates.c.delegate == members.c.handle,
        (vet.c.clinic == delegates.c.clinic) & (vet.c.handle == delegates.c.vet),
        vet.c.active & (vet.c.role == "vet"),
    )
    return (
        select(
            *(members.c[name] for name in names),
            clinics.c.name.label("clinic_name"),
            clinics.c.time_zone,
            users.c.name,
            users.c.email,
            users.c.password_hash.is_not(None).label("has_password"),
            ((members.c.role == "vet") | named).label("writes"),
        )
        .join(clinics, clinics.c.id == members.c.clinic)
        .join(users, users.c.handle == members.c.person)
    )


def _memberships() -> Select[Any]:
    mine = members.c.active, users.c.role.is_(None)
    older = clinics.alias("older")
    place = select(func.count()).where(
        older.c.owner == clinics.c.owner,
        tuple_(older.c.created_at, older.c.id) < tuple_(clinics.c.created_at, clinics.c.id),
    )
    return (
        _members()
        .add_columns(place.scalar_subquery().label("place"))
        .where(*mine)
        .order_by(clinics.c.name, clinics.c.id)
    )


def _member(row: RowMapping) -> Member:
    return Member(**{each.name: row[each.name] for each in fields(Member)})


async def _all(engine: AsyncEngine, query: Select[Any]) -> list[Member]:
    async with at_once(engine) as connection:
        return [Member(**row) for row in (await connection.execute(query)).mappings()]


async def _find(connection: AsyncConnection, clinic_id: str, which: Any) -> Member | None:
    row = (await connection.execute(_members().where(members.c.clinic == clinic_id, which))).mappings().first()
    return Member(**row) if row else None


async def _free_handle(connection: AsyncConnection, clinic_id: str, email: str, wanted: str | None) -> str:
    taken = set((await connection.execute(select(members.c.handle).where(members.c.clinic == clinic_id))).scalars())
    if wanted is not None:
        if wanted in TAKEN:
            raise AccountProblem(f"Handle: '{wanted}' does not stand for a person; choose another.")
        if wanted in taken:
            raise AccountProblem(f"The handle '{wanted}' belongs to somebody else at this clinic.")
        return wanted
    plain = re.sub(r"[^a-z0-9.]+", "-", email.partition("@")[0].lower()).strip("-.")[:50] or "member"
    numbers = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (plain, *numbers) if each not in taken | TAKEN)
