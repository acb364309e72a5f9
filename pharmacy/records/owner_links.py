"""Links for owners: each opens one client's own data for a limited time, and nothing else (DP13)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts import practice_links
from store.accounts.practice_links import Link

PATH = "/o/"
PURPOSE = "owner_page"
ROLE = "owner"
VALID_DAYS = 14


async def issue_link(engine: AsyncEngine, practice: str, client: str, email: str | None, by: str) -> str:
    """Creates a link to a client's own data and returns its token, of which only the hash is stored."""
    token = secrets.token_urlsafe(32)
    await practice_links.issue(
        engine,
        token,
        onboarding=practice,
        run=client,
        role=ROLE,
        email=email or "",
        mail=f"given out by {by}",
        days=VALID_DAYS,
        purpose=PURPOSE,
    )
    return token


async def find_link(engine: AsyncEngine, token: str) -> Link | None:
    """Returns the valid link of this token, or None; its `onboarding` is the practice, its `run` the client."""
    return await practice_links.find(engine, token, PURPOSE)


async def valid_links(engine: AsyncEngine, practice: str, client: str) -> list[Link]:
    now = datetime.now(UTC)
    links = await practice_links.of(engine, practice, client, PURPOSE)
    return [link for link in links if link.revoked_at is None and link.expires_at > now]


async def revoke_links(engine: AsyncEngine, practice: str, client: str) -> int:
    """Revokes all links of a client. Returns how many there were."""
    return await practice_links.revoke(engine, practice, client, ROLE, purpose=PURPOSE)
