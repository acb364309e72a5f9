"""The practices' sites in ezyVet: their credentials, encrypted, and how far each connection has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.tables import SiteState, sites
from partners.ezyvet.credentials import Credentials
from store.columns import storable
from store.database import at_once
from store.secrets.keyring import Keyring


class NoCredentials(Exception):
    """The practice has given no credentials, so its site cannot be called; the message is a sentence."""


@dataclass(frozen=True)
class Site:
    """How far a practice's connection is, since when, and why if that needs a reason.

    `id` names the site's database, which ezyVet's limits belong to; None without credentials.
    """

    practice: str
    state: SiteState = "no_credentials"
    since: datetime | None = None
    reason: str | None = None
    id: str | None = None

    @property
    def compared(self) -> bool:
        """Whether prescriptions are compared with it: it is live, or does not give us access any more."""
        return self.state in ("live", "revoked")


_SITE = (sites.c.practice, sites.c.state, sites.c.since, sites.c.reason, sites.c.site.label("id"))


async def read_site(engine: AsyncEngine, practice: str) -> Site:
    """Returns the practice's site; one without credentials if nothing is stored."""
    async with at_once(engine) as connection:
        row = (await connection.execute(select(*_SITE).where(sites.c.practice == practice))).mappings().first()
    return Site(**row) if row else Site(practice)


async def list_sites(engine: AsyncEngine) -> list[Site]:
    """Returns all sites by practice."""
    async with at_once(engine) as connection:
        return [Site(**row) for row in (await connection.execute(select(*_SITE).order_by(sites.c.practice))).mappings()]


async def compared_practices(engine: AsyncEngine) -> list[str]:
    """Returns the practices that are compared with their ezyVet every night."""
    return [each.practice for each in await list_sites(engine) if each.compared]


async def store_credentials(engine: AsyncEngine, keyring: Keyring, practice: str, credentials: Credentials) -> None:
    """Stores credentials that were tried; they replace earlier ones, and a site that was connected stays so."""
    values = {**_sealed(keyring, practice, credentials), "site": credentials.site}
    statement = insert(sites).values(practice=practice, state="credentials", **values)
    kept = case(
        (sites.c.state == "no_credentials", "credentials"),
        (sites.c.state == "revoked", func.coalesce(sites.c.before, "credentials")),
        else_=sites.c.state,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["practice"],
        set_={**values, "state": kept, "since": _since(kept), "reason": None, "before": None},
    )
    async with at_once(engine) as connection:
        await connection.execute(statement)


async def read_access(engine: AsyncEngine, keyring: Keyring, practice: str) -> tuple[Credentials, SiteState]:
    """Returns the practice's credentials and its site's state, and encrypts them anew if a newer key is in front.

    Raises `NoCredentials`, and `SealedError` if their key is missing.
    """
    query = select(sites.c.key, sites.c.sealed, sites.c.state)
    query = query.where(sites.c.practice == practice, sites.c.sealed.is_not(None))
    async with at_once(engine) as connection:
        row = (await connection.execute(query)).first()
        if row is None:
            raise NoCredentials(
                f"{practice} has given no credentials for ezyVet yet: run `onboard ezyvet connect {practice} FILE`."
            )
        credentials = Credentials.model_validate(from_json(keyring.open(row.key, row.sealed, _about(practice))))
        if row.key != keyring.first:
            newer = update(sites).where(sites.c.practice == practice, sites.c.sealed == row.sealed)
            await connection.execute(newer.values(**_sealed(keyring, practice, credentials)))
    return credentials, row.state


async def set_state(
    engine: AsyncEngine, practice: str, state: Literal["credentials", "testing", "live"], reason: str | None = None
) -> None:
    """Sets how far the connection of a site with credentials is; access that was revoked is given again by this."""
    statement = update(sites).where(sites.c.practice == practice, sites.c.sealed.is_not(None))
    values = {"state": state, "since": _since(state), "reason": _storable(reason), "before": None}
    async with at_once(engine) as connection:
        await connection.execute(statement.values(**values))


async def open_site(engine: AsyncEngine, practice: str) -> None:
    """Makes a site live that was not yet; one whose access is revoked is live once that is restored."""
    mine = sites.c.practice == practice
    tested = update(sites).where(mine, sites.c.state.in_(("credentials", "testing")))
    revoked = update(sites).where(mine, sites.c.state == "revoked")
    async with engine.begin() as connection:
        await connection.execute(tested.values(state="live", since=func.now(), reason=None, before=None))
        await connection.execute(revoked.values(before="live"))


async def revoke(engine: AsyncEngine, practice: str, reason: str) -> None:
    """Records that ezyVet does not give us access any more: what is to be sent waits."""
    before = case((sites.c.state == "revoked", sites.c.before), else_=sites.c.state)
    statement = update(sites).where(sites.c.practice == practice, sites.c.sealed.is_not(None))
    values = {"state": "revoked", "since": _since("revoked"), "reason": _storable(reason), "before": before}
    async with at_once(engine) as connection:
        await connection.execute(statement.values(**values))


async def restore(engine: AsyncEngine, practice: str) -> None:
    """Records that ezyVet lets us in again: the site is what it was before access was revoked."""
    before = func.coalesce(sites.c.before, "credentials")
    statement = update(sites).where(sites.c.practice == practice, sites.c.state == "revoked")
    async with at_once(engine) as connection:
        await connection.execute(statement.values(state=before, since=func.now(), reason=None, before=None))


async def forget_credentials(engine: AsyncEngine, practice: str, reason: str) -> None:
    """Deletes the practice's credentials, for a practice that leaves."""
    gone = {"state": "no_credentials", "since": func.now(), "reason": _storable(reason), "before": None}
    statement = update(sites).where(sites.c.practice == practice)
    async with at_once(engine) as connection:
        await connection.execute(statement.values(**gone, site=None, key=None, sealed=None))


async def keys_in_use(engine: AsyncEngine) -> set[str]:
    """Returns the names of the keys that sealed credentials."""
    async with at_once(engine) as connection:
        return set(await connection.scalars(select(sites.c.key).where(sites.c.key.is_not(None)).distinct()))


def _sealed(keyring: Keyring, practice: str, credentials: Credentials) -> dict[str, str | bytes]:
    return {"key": keyring.first, "sealed": keyring.seal(to_json(credentials.values), _about(practice))}


def _about(practice: str) -> bytes:
    # Sealed to its row: a value that is copied to another practice's row opens no more.
    return f"ezyvet credentials of {practice}".encode()


def _since(state: str | ColumnElement[str]) -> ColumnElement[datetime]:
    return case((sites.c.state == state, sites.c.since), else_=func.now())


def _storable(reason: str | None) -> str | None:
    return None if reason is None else storable(reason)
