"""Whoever can sign in, and people of the team with their roles and scopes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import Select, exists, select

from playbooks.engine.model import Side
from playbooks.registry import PLAYBOOKS
from store.accounts.tables import members, users

Role = Literal["viewer", "specialist", "manager", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each role includes those before it."""

Scope = Literal["read", "record", "steer", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a token may be for: to see, to report facts, to start and steer onboardings, both of these, to administer."""

LOCAL = "local"
"""The handle of who uses the API token of a system on one machine."""

PARTNERS = {party.name for each in PLAYBOOKS.values() for party in each.parties if party.side is Side.PARTNER}
TAKEN = frozenset({"system", "owner", "me", *PARTNERS})
"""Handles with another meaning in the journal or in filters."""


MEMBER = "member:"
"""What the handle of a practice's person begins with."""


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in: of the team, or of practices."""

    handle: str
    name: str
    email: str
    has_password: bool = False

    @property
    def of_team(self) -> bool:
        return not self.handle.startswith(MEMBER)

    @property
    def signs_in_as(self) -> str:
        return self.handle if self.of_team else self.email


@dataclass(frozen=True)
class Person:
    """Somebody of the team. `scopes` limit a person who comes with an API token; None: signed in, without limits.

    `handle` is the `by` of all that the person does.
    """

    handle: str
    name: str
    email: str
    role: Role
    active: bool = True
    time_zone: str | None = None
    out_of_office_until: datetime | None = None
    deputy: str | None = None
    has_password: bool = False
    created_at: datetime | None = None
    scopes: frozenset[Scope] | None = None

    def may(self, role: Role) -> bool:
        return self.active and ROLES.index(self.role) >= ROLES.index(role)

    def has_scope(self, scope: Scope) -> bool:
        within = {scope, "write"} if scope in ("record", "steer") else {scope}
        return self.scopes is None or bool(within & self.scopes)

    def is_out(self, now: datetime | None = None) -> bool:
        return self.out_of_office_until is not None and (now or datetime.now(UTC)) < self.out_of_office_until


LOCAL_ADMIN = Person(LOCAL, "This machine", "", "admin", scopes=frozenset(SCOPES))

_FIELDS = (
    *("handle", "name", "email", "role", "active", "time_zone"),
    *("out_of_office_until", "deputy", "created_at"),
)


_HAS_PASSWORD = users.c.password_hash.is_not(None).label("has_password")


def person_columns() -> Select[Any]:
    """Selects people of the team only."""
    return select(*(users.c[name] for name in _FIELDS), _HAS_PASSWORD).where(users.c.role.is_not(None))


def account_columns() -> Select[Any]:
    """Selects everybody."""
    return select(users.c.handle, users.c.name, users.c.email, users.c.active, _HAS_PASSWORD)


def member_columns() -> Select[Any]:
    """Selects people of practices who belong to at least one."""
    belongs = exists().where(members.c.person == users.c.handle, members.c.active)
    return account_columns().where(users.c.role.is_(None), belongs)


def account_of(row: Any) -> Account:
    return Account(**{name: row[name] for name in ("handle", "name", "email", "has_password")})


def person_of(row: Any, scopes: Collection[Scope] | None = None) -> Person:
    values = {name: row[name] for name in (*_FIELDS, "has_password")}
    return Person(**values, scopes=None if scopes is None else frozenset(scopes))
