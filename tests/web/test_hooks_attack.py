"""What does not come from DataPoint, or not now, or is no event, is refused and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from tests.patience import PATIENCE
from tests.web.browser import next_number
from tests.web.programs import FOREIGN_SECRET, NEXT_SECRET, SECRET, event, signed, stored
from tests.web.serving import serving
from web import security
from web.app import create_app

HOOK = "/hooks/datapoint"
LIMIT = security.BODY_LIMITS["/hooks/"]


@pytest.fixture
def id() -> str:
    return f"evt_attack_{next_number()}"


def good(id: str) -> tuple[str, dict[str, str]]:
    """An event that is as it should be, before somebody changes it."""
    body = event("request.queued", "riverside-vet")
    return body, signed(body, id=id)


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("webhook-id", "webhook-timestamp", "webhook-signature")),
        *({"webhook-signature": value} for value in ("", "v1", "v1,", "v1,AAAA", "v1,ünlike", "v1,===", "v1,a,b", ",")),
        {"webhook-signature": " ".join(["v1,AAAA"] * 500)},
        *({"webhook-timestamp": value} for value in ("", "now", "NaN", "1e400", "-1", "0", "99999999999999")),
        {"webhook-id": "another"},
        {"webhook-signature": signed(event("request.queued", "riverside-vet"), FOREIGN_SECRET)["webhook-signature"]},
    ],
)
async def test_a_signature_that_is_wrong_or_missing(
    hooks: httpx2.AsyncClient, database: AsyncEngine, id: str, change: dict[str, str | None]
) -> None:
    body, headers = good(id)
    wrong = {name.encode(): value.encode() for name, value in {**headers, **change}.items() if value is not None}
    answer = await hooks.post(HOOK, content=body, headers=wrong)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/signature"), answer.text
    assert answer.headers["www-authenticate"]
    assert await stored(database, id) == await stored(database, "another") == []


async def test_a_signature_of_the_right_version_counts_and_no_other(hooks: httpx2.AsyncClient, id: str) -> None:
    body, headers = good(id)
    right = headers["webhook-signature"]
    for given, status in {
        right.replace("v1,", "v2,"): 401,
        right.replace("v1,", "v1a,"): 401,
        f"v1a,xyz v1,AAAA {right}": 202,
    }.items():
        answer = await hooks.post(HOOK, content=body, headers={**headers, "webhook-signature": given})
        assert answer.status_code == status, given


async def test_a_body_that_was_changed_on_the_way(hooks: httpx2.AsyncClient, database: AsyncEngine, id: str) -> None:
    body, headers = good(id)
    for other in (body.replace("riverside-vet", "riverside-vex"), body + " ", body + "\xff", ""):
        assert (await hooks.post(HOOK, content=other, headers=headers)).status_code == 401
    assert await stored(database, id) == []


@pytest.mark.parametrize(
    ("unit", "said"), [(1_000, "in milliseconds"), (1.0, "a fraction"), (None, "a date")], ids=["ms", "float", "ISO"]
)
async def test_a_time_in_another_unit_is_named(
    hooks: httpx2.AsyncClient, id: str, unit: float | None, said: str
) -> None:
    body, headers = good(id)
    seconds = int(headers["webhook-timestamp"])
    written = datetime.fromtimestamp(seconds, UTC).isoformat() if unit is None else str(seconds * unit)
    answer = await hooks.post(HOOK, content=body, headers={**headers, "webhook-timestamp": written})
    assert (answer.status_code, f"webhook-timestamp is {said}" in answer.json()["detail"]) == (400, True)


async def test_a_body_in_another_encoding_is_named(hooks: httpx2.AsyncClient, id: str) -> None:
    body = '{"type": "request.queued", "data": {"practice_id": "zoé"}}'.encode("latin-1")
    answer = await hooks.post(HOOK, content=body, headers=good(id)[1])
    assert (answer.status_code, "not UTF-8" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("minutes", [-5.1, 5.1, -60 * 24, 60 * 24])
async def test_what_was_signed_long_ago_or_in_the_future(
    hooks: httpx2.AsyncClient, database: AsyncEngine, id: str, minutes: float
) -> None:
    body = event("request.queued", "riverside-vet")
    headers = signed(body, id=id, at=datetime.now(UTC) + timedelta(minutes=minutes))
    answer = await hooks.post(HOOK, content=body, headers=headers)
    assert (answer.status_code, "more than five minutes ago" in answer.json()["detail"]) == (401, True)
    assert await stored(database, id) == []


@pytest.mark.parametrize("minutes", [-4.8, 4.8])
async def test_clocks_may_differ_a_little(hooks: httpx2.AsyncClient, id: str, minutes: float) -> None:
    body = event("request.queued", "riverside-vet")
    headers = signed(body, id=id, at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert (await hooks.post(HOOK, content=body, headers=headers)).status_code == 202


async def test_a_replayed_event_changes_nothing(hooks: httpx2.AsyncClient, database: AsyncEngine, id: str) -> None:
    body, headers = good(id)
    first = await hooks.post(HOOK, content=body, headers=headers)
    other = event("data.received", "riverside-vet")
    replays = [
        await hooks.post(HOOK, content=body, headers=headers),
        await hooks.post(HOOK, content=other, headers=signed(other, id=id)),
    ]
    assert [answer.status_code for answer in (first, *replays)] == [202, 200, 200]
    [row] = await stored(database, id)
    assert row["type"] == "request.queued"


async def test_secrets_are_rotated_without_losing_an_event(
    hooks: httpx2.AsyncClient, desk: Desk, hook_settings: Settings, id: str
) -> None:
    async def statuses(client: httpx2.AsyncClient) -> list[int]:
        body = event("request.queued", "riverside-vet")
        return [
            (await client.post(HOOK, content=body, headers=signed(body, secret))).status_code
            for secret in (SECRET, NEXT_SECRET, FOREIGN_SECRET)
        ]

    assert await statuses(hooks) == [202, 202, 401]
    later = hook_settings.model_copy(update={"datapoint_webhook_secret": (SecretStr(NEXT_SECRET),)})
    async with (
        serving(create_app(desk, later), later) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        assert await statuses(client) == [401, 202, 401]


async def test_without_a_secret_nothing_is_believed(
    desk: Desk, web_settings: Settings, database: AsyncEngine, id: str
) -> None:
    none = web_settings.model_copy(update={"datapoint_webhook_secret": ()})
    body, headers = good(id)
    async with (
        serving(create_app(desk, none), none) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        for given in (headers, {}):
            answer = await client.post(HOOK, content=body, headers=given)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
            assert "ONBOARD" not in answer.text
    assert await stored(database, id) == []


async def test_a_body_that_is_too_large(hooks: httpx2.AsyncClient, database: AsyncEngine, id: str) -> None:
    body = event("lunch.served", "riverside-vet", menu="x" * LIMIT)
    headers = signed(body, id=id)
    assert (await hooks.post(HOOK, content=body, headers=headers)).status_code == 413

    async def in_pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(body), 50_000):
            yield body[place : place + 50_000].encode()

    # Chunked, it does not say beforehand how long it is.
    assert (await hooks.post(HOOK, content=in_pieces(), headers=headers)).status_code == 413
    assert await stored(database, id) == []


async def test_a_body_that_never_ends(
    hooks: httpx2.AsyncClient, database: AsyncEngine, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "BODY_SECONDS", 0.3)
    body, headers = good(id)
    lines = [f"POST {HOOK} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    answer = await raw(hooks, "\r\n".join(lines).encode() + b"\r\n\r\n" + body[:-1].encode())
    assert answer.startswith(b"HTTP/1.1 408 ") and b"connection: close" in answer.lower()
    assert await stored(database, id) == []


async def raw(hooks: httpx2.AsyncClient, sent: bytes) -> bytes:
    """What the server answers to these bytes until it closes the connection, or falls silent."""
    place = urlsplit(str(hooks.base_url))
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(sent)
    taken = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while piece := await reader.read(65536):
                taken += piece
                if b"\r\n\r\n" in taken and b"connection: close" not in taken.lower():
                    break
    finally:
        writer.close()
    return taken


RUBBISH: list[tuple[Any, int]] = [
    (b"", 400),
    (b"null", 400),
    (b"[]", 400),
    (b'"request.queued"', 400),
    (b"{", 400),
    (b"\x00", 400),
    (b"\xef\xbb\xbf{}", 400),
    (b"{}", 400),
    (b'{"type": null}', 400),
    (b'{"type": 7}', 400),
    (b'{"type": "  "}', 400),
    (b'{"type": "a\\u0000b"}', 400),
    (b'{"type": "a\\r\\nb"}', 400),
    (b'{"type": "%s"}' % (b"x" * 201), 400),
    (b'{"type": "\\ud800"}', 400),
    (b'{"type": "x", "a": NaN}', 400),
    (b'{"type": "x", "a": ' + b"9" * 5000 + b"}", 400),
    (b'{"type": "x", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
    (b'{"type": "x", "a": ' + b"[" * 150 + b"]" * 150 + b"}", 202),
    (b'{"type": "x", "a": 1e999, "b": -1e999, "c": 1e308, "d": ' + b"9" * 4000 + b"}", 202),
    (b'{"type": "x", "a\\u0000": "b\\u0000c", "b": ["\\u0000"], "c": {"\\u0000": null}}', 202),
    (b'{"type": "request.queued"}', 202),
    (b'{"type": "request.queued", "data": []}', 202),
    (b'{"type": "request.queued", "data": {"practice_id": ["x"]}}', 202),
    (b'{"type": "request.queued", "timestamp": 1e999, "data": {"practice_id": "x"}}', 202),
    (b'{"type": "request.queued", "timestamp": "9999-99-99", "data": {"practice_id": "../../x"}}', 202),
    (b"""{"type": "x'); DROP TABLE inbox; --", "data": {"practice_id": "x'; DROP TABLE inbox; --"}}""", 202),
    (
        b'{"type": "x", "type": "request.queued", "timestamp": "2026-11-20T00:00:00Z", "data": {"practice_id": "x"}}',
        202,
    ),
    (b'{"__proto__": {"a": 1}, "constructor": 1, "type": "${jndi:ldap://x}", "data": "{{7*7}}"}', 202),
]


@pytest.mark.parametrize("body, status", RUBBISH, ids=[repr(body[:40]) for body, _ in RUBBISH])
async def test_rubbish_with_a_right_signature(
    hooks: httpx2.AsyncClient, database: AsyncEngine, id: str, body: bytes, status: int
) -> None:
    answer = await hooks.post(HOOK, content=body, headers=signed(body, id=id))
    assert answer.status_code == status, answer.text
    rows = await stored(database, id)
    assert len(rows) == (1 if status == 202 else 0)
    for row in rows:
        assert row["state"] == "new" or row["error"]
        json.dumps(row["payload"])
    async with database.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM inbox")) is not None


@pytest.mark.parametrize("wrong", ["x" * 151, "a b", "é", "a\tb"])
async def test_an_identifier_that_is_none(hooks: httpx2.AsyncClient, database: AsyncEngine, wrong: str) -> None:
    body = event("request.queued", "riverside-vet")
    headers = {name.encode(): value.encode("latin-1") for name, value in signed(body, id=wrong).items()}
    answer = await hooks.post(HOOK, content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/event")
    assert await stored(database, wrong) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_another_method_does_nothing(
    hooks: httpx2.AsyncClient, database: AsyncEngine, id: str, method: str
) -> None:
    body, headers = good(id)
    answer = await hooks.request(method, HOOK, content=body, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert await stored(database, id) == []


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
async def test_a_method_in_a_header_counts_for_nothing(hooks: httpx2.AsyncClient, id: str, name: str) -> None:
    body, headers = good(id)
    assert (await hooks.get(HOOK, headers={**headers, name: "POST"})).status_code == 405
    answer = await hooks.post(f"{HOOK}?_method=DELETE", content=body, headers={**headers, name: "DELETE"})
    assert answer.status_code == 202


@pytest.mark.parametrize("sign", [b"\r\nSet-Cookie: a=b", b"\nSet-Cookie: a=b", b"\r\n\r\n<script>", b"\0"])
async def test_nobody_adds_a_header_to_an_answer(hooks: httpx2.AsyncClient, id: str, sign: bytes) -> None:
    body, headers = good(id)
    head = b"".join(
        name.encode() + b": " + value.encode() + (sign if name == "webhook-id" else b"") + b"\r\n"
        for name, value in headers.items()
    )
    length = f"Content-Length: {len(body)}\r\n".encode()
    sent = b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + length + head + b"\r\n" + body.encode()
    answer = await raw(hooks, sent)
    taken = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"set-cookie" not in taken and b"<script>" not in taken


async def test_a_browser_that_is_led_here_carries_nothing_that_counts(
    hooks: httpx2.AsyncClient, database: AsyncEngine, id: str
) -> None:
    body, headers = good(id)
    del headers["webhook-signature"]
    answer = await hooks.post(
        HOOK, content=body, headers={**headers, "Cookie": "session=x", "Authorization": "Bearer x"}
    )
    assert answer.status_code == 401 and await stored(database, id) == []
