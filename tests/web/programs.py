"""Programs that use the API and send events: their tokens, their signatures, and the onboardings they speak of."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks.webhooks import Webhook

from store.accounts import access, accounts, one_time_links
from store.accounts.people import Role, Scope
from tests.patience import PATIENCE
from tests.web.browser import PASSWORD, next_number

SECRET = f"whsec_{base64.b64encode(b'the secret that DataPoint and we share').decode()}"
NEXT_SECRET = f"whsec_{base64.b64encode(b'the secret that will replace it soon').decode()}"
FOREIGN_SECRET = f"whsec_{base64.b64encode(b'a secret that nobody here has heard of').decode()}"


async def token_of(database: AsyncEngine, role: Role, *scopes: Scope) -> str:
    """The API token of a new person with this role."""
    handle = f"{role}-{next_number()}"
    person = accounts.new_person(handle=handle, name=handle, email=f"{handle}@pharmacy.test", role=role)
    await one_time_links.use(database, await one_time_links.invite(database, person, "test"), PASSWORD)
    return await access.create_token(database, await accounts.find(database, handle), "A program", scopes, None)


def program(web: str, token: str) -> httpx2.AsyncClient:
    """A program with this token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=web, headers=headers, timeout=PATIENCE, verify=False)


def practice_file(practice: str | None = None, **more: Any) -> dict[str, Any]:
    """What starts an onboarding: of a practice of its own, if none is named."""
    name = practice or f"api-{next_number()}"
    return {
        "playbook": "datapoint",
        "practice": {"id": name, "name": f"Practice {name}", "time_zone": "America/Chicago", "country": "US"},
        "primary_contact": {"name": "Dana Reyes", "email": f"dana@{name}.test"},
        **more,
    }


def event(kind: str, practice: str, at: datetime | None = None, **data: Any) -> str:
    """The body of an event of DataPoint."""
    when = (at or datetime.now(UTC)).isoformat()
    return json.dumps({"type": kind, "timestamp": when, "data": {"practice_id": practice, **data}})


def signed(
    body: str | bytes, secret: str = SECRET, id: str | None = None, at: datetime | None = None
) -> dict[str, str]:
    """The headers with which a body is sent."""
    id, at = id or f"evt_{next_number()}", at or datetime.now(UTC)
    told = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, at, told),
    }


async def stored(database: AsyncEngine, id: str) -> list[dict[str, Any]]:
    """The events with this identifier in the inbox."""
    async with database.connect() as connection:
        rows = await connection.execute(text("SELECT * FROM inbox WHERE event = :id"), {"id": id})
        return [dict(row) for row in rows.mappings()]
