"""Requests that carry a key of their own: the same request again gets the same answer, and has no second effect.

A request is entered before it is carried out, and its answer beside it afterwards. One that was never answered,
because its process died, may be carried out again after a while.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.columns import Json
from store.database import at_once

KEPT_HOURS = 24
"""How long an answer is kept; a key may be used anew after that."""
LOOKED_AGAIN = 0.1
"""Seconds between two looks: another process may be doing it, and does not tell when it is done."""
GIVEN_UP_SECONDS = 60
"""After so long without an answer a request counts as never carried out: longer than any takes."""


class KeyReused(Exception):
    """The key was used for another request."""


class KeyUnderWay(Exception):
    """The request with this key is being carried out at the moment."""


@dataclass(frozen=True)
class Answer:
    """What was answered to a request: its status, its JSON, and those headers that belong to it."""

    status: int
    content: Any
    headers: dict[str, str]


async def once(
    engine: AsyncEngine,
    owner: str,
    key: str,
    request: str,
    act: Callable[[], Awaitable[Answer]],
    *,
    patience: float = 0.0,
) -> Answer:
    """What is answered to a request of somebody (`request` is its hash): `act` carries it out if it is the first.

    If `act` raises, nothing counts as asked, and it may be tried again. Raises `KeyReused`, and `KeyUnderWay` if the
    first is still being carried out after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            if previous := await begin(engine, owner, key, request):
                return previous
            break
        except KeyUnderWay:
            if time.monotonic() >= deadline:
                raise
        await asyncio.sleep(LOOKED_AGAIN)
    try:
        answer = await act()
    except BaseException:
        # It may have been carried out or not: the rules know it again by their own key.
        await asyncio.shield(forget(engine, owner, key))
        raise
    await asyncio.shield(finish(engine, owner, key, answer))
    return answer


async def count(engine: AsyncEngine, owner: str, within: timedelta) -> int:
    """How many requests of somebody came lately."""
    given = {"owner": owner, "within": within}
    async with at_once(engine) as connection:
        return await connection.scalar(_COUNT, given) or 0


async def begin(engine: AsyncEngine, owner: str, key: str, request: str) -> Answer | None:
    """Enters a request of somebody (`request` is its hash); its answer if it was carried out before.

    With None it is the caller's to carry out, and then to `finish` or `forget`. Raises `KeyReused`, `KeyUnderWay`.
    """
    given = {"owner": owner, "key": key, "request": request, "hours": KEPT_HOURS, "seconds": GIVEN_UP_SECONDS}
    async with at_once(engine) as connection:
        if (await connection.execute(_BEGIN, given)).first() is not None:
            return None
        found = (await connection.execute(_LOOK, given)).mappings().first()
    if found is None:
        # Forgotten in this very moment.
        raise KeyUnderWay
    if found["request"] != request:
        raise KeyReused
    if found["status"] is None:
        raise KeyUnderWay
    return Answer(found["status"], json.loads(found["body"]["content"]), found["body"]["headers"])


async def finish(engine: AsyncEngine, owner: str, key: str, answer: Answer) -> None:
    """Keeps the answer of a request that was carried out, or refused for good."""
    # As text: the database would bring the names into another order, and the same answer is the same in every byte.
    body = {"content": json.dumps(answer.content), "headers": answer.headers}
    async with at_once(engine) as connection:
        await connection.execute(_FINISH, {"owner": owner, "key": key, "status": answer.status, "body": body})


async def forget(engine: AsyncEngine, owner: str, key: str) -> None:
    """Takes an entry back: what was asked could not be tried, and may be asked again."""
    async with at_once(engine) as connection:
        await connection.execute(_FORGET, {"owner": owner, "key": key})


_BEGIN = text(
    """
    WITH old AS (
        DELETE FROM idempotency WHERE (owner, key) IN (
            SELECT owner, key FROM idempotency WHERE created_at < now() - make_interval(hours => :hours)
                AND (owner, key) <> (:owner, :key)
            ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO idempotency AS entry (owner, key, request) VALUES (:owner, :key, :request)
    ON CONFLICT (owner, key) DO UPDATE SET request = :request, status = NULL, body = NULL, created_at = now()
    WHERE entry.created_at < now() - make_interval(hours => :hours)
        OR entry.status IS NULL AND entry.request = :request
            AND entry.created_at < now() - make_interval(secs => :seconds)
    RETURNING 1
    """
)
_COUNT = text("SELECT count(*) FROM idempotency WHERE owner = :owner AND created_at > now() - :within")
_LOOK = text("SELECT request, status, body FROM idempotency WHERE owner = :owner AND key = :key")
_FINISH = text(
    "UPDATE idempotency SET status = :status, body = :body WHERE owner = :owner AND key = :key AND status IS NULL"
).bindparams(bindparam("body", type_=Json))
_FORGET = text("DELETE FROM idempotency WHERE owner = :owner AND key = :key AND status IS NULL")
