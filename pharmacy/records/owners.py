"""Owners of pets and their links: each opens one client's own data, for a while, and nothing else (DP13)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import practice_links
from store.accounts.practice_links import Link

PATH = "/o/"
PURPOSE = "owner_page"
ROLE = "owner"
DAYS = 14
"""For how long an owner's link opens the page."""


async def issue(engine: AsyncEngine, practice: str, client: str, email: str | None, by: str) -> str:
    """The secret of a new link to a client's own data; nothing but its hash is kept. `by` is who gives it out."""
    secret = secrets.token_urlsafe(32)
    await practice_links.issue(
        engine,
        secret,
        onboarding=practice,
        run=client,
        role=ROLE,
        email=email or "",
        mail=f"given out by {by}",
        days=DAYS,
        purpose=PURPOSE,
    )
    return secret


async def find(engine: AsyncEngine, secret: str) -> Link | None:
    """The link with this secret, unless it is over; its `onboarding` is the practice, its `run` the client."""
    return await practice_links.find(engine, secret, PURPOSE)


async def good(engine: AsyncEngine, practice: str, client: str) -> list[Link]:
    """A client's links that are not over, the newest first."""
    now = datetime.now(UTC)
    found = await practice_links.of(engine, practice, client, PURPOSE)
    return [link for link in found if link.revoked_at is None and link.expires_at > now]


async def revoke(engine: AsyncEngine, practice: str, client: str) -> int:
    """Ends all links of a client at once. Says how many there were."""
    return await practice_links.revoke(engine, practice, client, ROLE, purpose=PURPOSE)
