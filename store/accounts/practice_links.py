"""The links to a practice's page: one for each mail to a contact, kept only as a hash, ended by time or by people.

The ledger, too, keeps mails without the secret: what stands in its place is `STAND_IN`. The secret is put in when the
mail goes out, and is worked out from SECRET_KEY and the mail's key, so that every copy of a mail carries the same.

Whether a link that is good still belongs to whoever holds the role is for its user to ask of the onboarding: contacts
are replaced there, and nothing here has to be told.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import Interval, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.tables import practice_links
from store.accounts.tokens import hash_of
from store.database import at_once
from store.prepared import Prepared

PATH = "/p/"
STAND_IN = "only-in-the-mail-itself"
PURPOSE = "practice_page"


@dataclass(frozen=True)
class Link:
    """A link, by its hash. `email` is whom it was written to, `mail` the key of the mail that carried it."""

    hash: str
    onboarding: str
    run: str
    role: str
    email: str
    mail: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


_COLUMNS = [practice_links.c[field.name] for field in fields(Link)]
_GIVEN = ("hash", "purpose", "onboarding", "run", "role", "email", "mail")
_ISSUE = Prepared(
    insert(practice_links)
    .values(
        {name: bindparam(name) for name in _GIVEN} | {"expires_at": func.now() + bindparam("lasts", type_=Interval)}
    )
    .on_conflict_do_nothing()
)


def secret_of(key: str, mail: str) -> str:
    """The secret in a mail's link: 256 bits that nobody can tell who does not have `key`."""
    made = hmac.new(key.encode(), f"practice link {mail}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def address(public_url: str, secret: str = STAND_IN) -> str:
    """Where the link leads."""
    return f"{public_url}{PATH}{secret}"


def filled_in(text: str, secret: str) -> str:
    """A mail's text with the secret in its place."""
    return text.replace(f"{PATH}{STAND_IN}", f"{PATH}{secret}")


async def issue(
    engine: AsyncEngine,
    secret: str,
    *,
    onboarding: str,
    run: str,
    role: str,
    email: str,
    mail: str,
    days: int,
    purpose: str = PURPOSE,
) -> None:
    """Makes a link good from now on, for `days`. Again, it changes nothing: it is not made longer, nor good again."""
    values = {"purpose": purpose, "onboarding": onboarding, "run": run, "role": role, "email": email, "mail": mail}
    await _ISSUE.run(engine, **values, hash=hash_of(secret), lasts=timedelta(days=days))


async def find(engine: AsyncEngine, secret: str, purpose: str = PURPOSE, *, over: bool = False) -> Link | None:
    """The link with this secret, unless it was made for something else, or is over (then all the same with `over`)."""
    links = practice_links.c
    good = [links.purpose == purpose]
    if not over:
        good += [links.expires_at > func.now(), links.revoked_at.is_(None)]
    async with at_once(engine) as connection:
        query = select(*_COLUMNS).where(links.hash == hash_of(secret), *good)
        row = (await connection.execute(query)).mappings().first()
    return Link(**row) if row else None


async def of(engine: AsyncEngine, onboarding: str, run: str, purpose: str = PURPOSE) -> list[Link]:
    """All links of one run of an onboarding, the newest first."""
    links = practice_links.c
    query = select(*_COLUMNS).where(links.purpose == purpose, links.onboarding == onboarding, links.run == run)
    async with at_once(engine) as connection:
        found = await connection.execute(query.order_by(links.created_at.desc(), links.hash))
        return [Link(**row) for row in found.mappings()]


async def revoke(
    engine: AsyncEngine, onboarding: str, run: str, role: str, email: str | None = None, purpose: str = PURPOSE
) -> int:
    """Ends the links of one role, of one person in it if `email` is given, at once. Says how many there were."""
    links = practice_links.c
    which = [links.onboarding == onboarding, links.run == run, links.role == role, links.revoked_at.is_(None)]
    if email is not None:
        which.append(links.email == email)
    ended = update(practice_links).where(links.purpose == purpose, *which).values(revoked_at=func.now())
    async with at_once(engine) as connection:
        return (await connection.execute(ended)).rowcount
