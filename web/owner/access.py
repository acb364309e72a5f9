"""Finds the owner by the link, which is for one client of one practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy import select
from starlette.requests import Request

from pharmacy.records import owner_links
from pharmacy.records.clients import Client, load_client
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.difference_queries import open_differences_of_client
from pharmacy.records.differences import Difference
from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.tables import practices
from store.accounts.practice_links import Link
from web.practice.access import let_in
from web.services import Services, Web

BY = "owner"
"""Who made an owner's changes, in the records."""


@dataclass(frozen=True)
class Owner:
    """A client with a valid link. `asked` are the differences that they were asked to decide."""

    secret: str
    link: Link
    practice: str
    client: Client
    asked: tuple[Difference, ...]

    @property
    def here(self) -> str:
        return f"{owner_links.PATH}{self.secret}"


async def enter(request: Request, web: Web, token: str) -> Owner:
    """Returns the owner with this link. Raises `NoEntry`."""
    return await let_in(request, web, lambda: _owner(web, token))


Entered = Annotated[Owner, Depends(enter)]
"""A route's parameter: the owner of the link in the address."""


async def _owner(web: Services, secret: str) -> Owner | None:
    link = await owner_links.find_link(web.database, secret)
    if link is None:
        return None
    practice, id = link.onboarding, link.run
    try:
        found = await load_client(web.database, practice, id)
    except NoSuchRecord:
        return None
    differing = await open_differences_of_client(web.database, practice, id)
    asked = tuple(each for each in differing if each.state == "asked" and each.kind == "client")
    async with clinic_transaction(web.database, practice) as connection:
        name = await connection.scalar(select(practices.c.name).where(practices.c.id == practice))
    return Owner(secret, link, str(name), found, asked)
