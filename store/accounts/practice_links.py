"""The links to a practice's page: one for each mail to a contact, stored as a hash; they expire or are revoked.

The ledger stores mails without the secret, with `PLACEHOLDER` in its place. When a mail is sent, the secret is derived
from SECRET_KEY and the mail's key, so that every copy of a mail has the same link. The caller checks that
the contact still has the role.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.tables import practice_links
from store.accounts.tokens import hash_of
from store.database import at_once

PATH = "/p/"
PLACEHOLDER = "only-in-the-mail-itself"
PURPOSE = "practice_page"
_SECRET = re.compile(r"[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class Link:
    """A link. `email` is the recipient, `mail` the key of the mail that contains it."""

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


def secret_of(key: str, mail: str) -> str:
    """Returns the secret of a mail's link: 256 bits derived with `key`."""
    made = hmac.new(key.encode(), f"practice link {mail}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def address(public_url: str, secret: str = PLACEHOLDER) -> str:
    return f"{public_url}{PATH}{secret}"


def with_secret(text: str, secret: str) -> str:
    return text.replace(PLACEHOLDER, secret)


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
    """Makes a link valid for `days`. Repeated, it neither prolongs the link nor makes it valid again."""
    values = {"hash": hash_of(secret), "purpose": purpose, "role": role, "email": email, "mail": mail}
    made = insert(practice_links).values(
        **values, onboarding=onboarding, run=run, expires_at=func.now() + timedelta(days=days)
    )
    async with at_once(engine) as connection:
        await connection.execute(made.on_conflict_do_nothing())


async def find(engine: AsyncEngine, secret: str, purpose: str = PURPOSE, *, over: bool = False) -> Link | None:
    """Returns the link with this secret and purpose, expired and revoked ones only with `over`."""
    if not _SECRET.fullmatch(secret):
        return None
    links = practice_links.c
    good = [links.purpose == purpose]
    if not over:
        good += [links.expires_at > func.now(), links.revoked_at.is_(None)]
    async with at_once(engine) as connection:
        query = select(*_COLUMNS).where(links.hash == hash_of(secret), *good)
        row = (await connection.execute(query)).mappings().first()
    return Link(**row) if row else None


async def of(engine: AsyncEngine, onboarding: str, run: str, purpose: str = PURPOSE) -> list[Link]:
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
