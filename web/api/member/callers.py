"""Lets a member of a clinic in by their own token, and opens the database as that member may see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.clinic import member_transaction
from store.accounts.members import Member, memberships_by_token
from store.accounts.people import Account
from store.accounts.tokens import hash_of
from store.inbox.idempotency import Answer
from web.api.bodies import PRACTICE
from web.api.callers import bearer, check_quota, count_failure, refuse_unknown, unauthenticated
from web.api.idempotency import run_once
from web.problem import Problem
from web.services import services_of

ClinicId = Annotated[str, Path(pattern=PRACTICE, examples=["riverside-vet"])]


@dataclass(frozen=True)
class Visitor:
    """A person with a token, and their memberships of clinics that they may enter."""

    database: AsyncEngine
    memberships: tuple[Member, ...]

    @property
    def account(self) -> Account:
        return self.memberships[0].account

    def at(self, clinic: str) -> Member:
        """Returns the membership of a clinic. Raises `Problem` (404) if the person may not enter it."""
        for each in self.memberships:
            if each.clinic == clinic:
                return each
        raise Problem(404, "Not found", f"There is no clinic '{clinic[:64]}' that you may enter.", code="not-found")


@dataclass(frozen=True)
class Here:
    """A member at one clinic."""

    visitor: Visitor
    member: Member

    @property
    def clinic(self) -> str:
        return self.member.clinic

    @asynccontextmanager
    async def transaction(self, *others: str) -> AsyncIterator[AsyncConnection]:
        """Begins a transaction that sees and writes what the clinic may, and those named besides.

        Raises `Problem` (404) if the member has left, or may not enter one of the others.
        """
        named = {self.clinic, *(self.visitor.at(each).clinic for each in others)}
        async with member_transaction(self.visitor.database, self.member.person, *named) as (connection, clinics):
            if clinics != named:
                self.visitor.at("")
            yield connection


async def answer_once(
    request: Request, here: Here, key: str | None, order: BaseModel, act: Callable[[], Awaitable[BaseModel]]
) -> Response:
    """Answers with what was added or changed, carried out once for each Idempotency-Key."""

    async def answer(_: str | None) -> Answer:
        done = await act()
        return Answer(201 if request.method == "POST" else 200, done.model_dump(mode="json"), {})

    return await run_once(request, services_of(request), here.visitor.account, key, order, answer)


async def visitor(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]) -> Visitor:
    services = services_of(request)
    memberships = await memberships_by_token(services.database, given.credentials) if given else []
    if given is None or not memberships:
        count_failure(request)
        raise unauthenticated(request)
    limit = services.settings.api_requests_a_minute
    check_quota(request, services.limits.take(f"token {hash_of(given.credentials)}", limit))
    refuse_unknown(request)
    return Visitor(services.database, tuple(memberships))


Caller = Annotated[Visitor, Depends(visitor)]


async def here(visitor: Caller, clinic: ClinicId) -> Here:
    return Here(visitor, visitor.at(clinic))


AtClinic = Annotated[Here, Depends(here)]
