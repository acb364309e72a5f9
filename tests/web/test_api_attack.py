"""Tokens that are not good enough, methods that are not offered, and input that is meant to harm."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.problem import NoAnswer
from desk.service import Desk
from playbooks.engine.onboarding import Command
from store.accounts.people import Role, Scope
from store.inbox import idempotency
from store.inbox.idempotency import Answer, KeyReused, KeyUnderWay
from tests.patience import PATIENCE
from tests.system.harness import eventually
from tests.web.browser import Browser, next_number
from tests.web.conftest import API_TOKEN
from tests.web.programs import practice_file, program, token_of
from tests.web.serving import serving
from web.api.bodies import CommandOrder
from web.api.callers import MAX_FAILURES
from web.app import create_app
from web.rate_limits import WINDOW, Limits

LIST = "/api/onboardings"


@pytest.fixture
async def address(api: httpx2.AsyncClient) -> str:
    """The address of an onboarding."""
    return str((await api.post(LIST, json=practice_file())).headers["location"])


@pytest.fixture
async def unasked(desk: Desk, web_settings: Settings) -> AsyncIterator[str]:
    """The address of an application that nobody has asked yet: all tests come from one address."""
    async with serving(create_app(desk, web_settings), web_settings) as one:
        yield one


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer onb_guessed"},
        {"Authorization": f"Basic {API_TOKEN}"},
        {"Authorization": API_TOKEN},
        {"Authorization": f"Bearer {API_TOKEN}x"},
        {"Authorization": f"Bearer {API_TOKEN[:-1]}"},
        {"Authorization": "Bearer ünlike".encode("latin-1")},
        {"Authorization": "Bearer ' OR 1=1 --"},
        {"X-API-Key": API_TOKEN},
        {"Cookie": f"session={API_TOKEN}; Authorization=Bearer {API_TOKEN}"},
    ],
)
async def test_without_a_valid_token_nothing_is_told(unasked: str, header: dict[str, Any]) -> None:
    async with httpx2.AsyncClient(base_url=unasked, headers=header, timeout=PATIENCE) as anybody:
        for path in (LIST, "/api/playbooks", "/api/report", f"{LIST}/datapoint/riverside-vet"):
            answer = await anybody.get(path)
            assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token"), path
            assert answer.headers["www-authenticate"] == 'Bearer realm="api"'
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"].startswith("Send 'Authorization: Bearer'")
        assert (await anybody.post(LIST, json=practice_file())).status_code == 401


async def test_whoever_is_signed_in_in_a_browser_is_nobody_here(specialist: Browser) -> None:
    assert (await specialist.get("/account")).status_code == 200
    assert (await specialist.get(LIST)).status_code == 401
    assert (await specialist.client.post(LIST, json=practice_file())).status_code == 401


@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "Authorization"])
async def test_a_token_in_an_address_is_refused(web: str, database: AsyncEngine, name: str) -> None:
    token = await token_of(database, "specialist", "read", "write")
    async with httpx2.AsyncClient(base_url=web, timeout=PATIENCE) as anybody:
        answer = await anybody.get(LIST, params={name: token})
        assert (answer.status_code, "revoke it" in answer.json()["detail"]) == (401, True)
        assert token not in answer.text
        answer = await anybody.post(LIST, params={name: token}, json=practice_file())
        assert answer.status_code == 401
    async with program(web, token) as theirs:
        assert (await theirs.get(LIST, params={name: token})).status_code == 422


RIGHTS: list[tuple[Role, tuple[Scope, ...], str]] = [
    ("specialist", ("read",), "read"),
    ("specialist", ("record",), "record"),
    ("specialist", ("steer",), "start steer"),
    ("specialist", ("write",), "record start steer"),
    ("specialist", ("read", "record", "steer"), "read record start steer"),
    ("admin", ("admin",), ""),
    ("viewer", ("read", "record", "steer", "write", "admin"), "read"),
]


@pytest.mark.parametrize("role, scopes, allowed", RIGHTS)
async def test_a_token_is_good_for_what_it_is_for(
    web: str, database: AsyncEngine, address: str, role: Role, scopes: tuple[Scope, ...], allowed: str
) -> None:
    async with program(web, await token_of(database, role, *scopes)) as theirs:
        answers = {
            "read": [await theirs.get(LIST), await theirs.get(address), await theirs.get("/api/report")],
            "record": [await theirs.post(f"{address}/facts/queued", json={})],
            "start": [await theirs.post(LIST, json=practice_file())],
            "steer": [await theirs.post(f"{address}/commands/note", json={"why": "Because"})],
        }
    for what, several in answers.items():
        for answer in several:
            assert answer.status_code == (403 if what not in allowed.split() else answer.status_code), what
            assert answer.is_success is (what in allowed.split()), what
            if not answer.is_success:
                assert answer.json()["type"] in ("/problems/scope", "/problems/role")


async def test_methods_that_are_not_offered_do_nothing(api: httpx2.AsyncClient, address: str) -> None:
    offered = {
        LIST: {"GET", "POST"},
        address: {"GET"},
        f"{address}/journal": {"GET"},
        f"{address}/facts/queued": {"POST"},
        f"{address}/commands/withdraw": {"POST"},
        "/api/playbooks": {"GET"},
        "/api/report": {"GET"},
    }
    for path, methods in offered.items():
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods:
            answer = await api.request(method, path, json={"why": "Because"})
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, methods), (method, path)
    assert (await api.get(address)).json()["status"] == "open"
    assert [fact["name"] for fact in (await api.get(address)).json()["facts"]] == []


async def test_a_method_in_a_header_or_a_body_counts_for_nothing(api: httpx2.AsyncClient, address: str) -> None:
    path = f"{address}/commands/withdraw"
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert (await api.get(path, headers={name: "POST"})).status_code == 405
    assert (await api.request("GET", address, json={"_method": "POST", "why": "Because"})).status_code == 200
    assert (await api.get(address)).json()["status"] == "open"


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", None])
async def test_what_a_foreign_page_could_send_is_refused(
    api: httpx2.AsyncClient, address: str, media: str | None
) -> None:
    headers = {} if media is None else {"Content-Type": media}
    answer = await api.post(f"{address}/commands/note", content=b'{"why": "Because"}', headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/media-type")


RUBBISH: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"data": {"clients": NaN}}',
    b'{"data": {"clients": 1e999}}',
    b'{"data": {"clients": ' + b"9" * 5000 + b"}}",
    b'{"data": {"clients": ' + b"9" * 30 + b"}}",
    b'{"data": {"clients": -1}}',
    b'{"data": {"clients": "3"}}',
    b'{"data": {"clients": true}}',
    b'{"data": {"clients": 3.5}}',
    b'{"data": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    b'{"data": ' + b"[" * 150 + b"]" * 150 + b"}",
    b'{"data": {"clients\\u0000": 1}}',
    b'{"data": {"clients\\ud800": 1}}',
    b'{"data": {"\\u202e": 1}}',
    b'{"data": {}, "at": "0001-01-01T00:00:00Z"}',
    b'{"data": {}, "at": "9999-12-31T23:59:59-14:00"}',
    b'{"data": {}, "at": 1700000000}',
    b'{"data": {}, "at": "2026-11-20T15:00:00+99:99"}',
    b"""{"data": {"clients": "1; DROP TABLE onboardings"}}""",
    b'{"data": {}, "by": "somebody else"}',
    b'{"__proto__": {"by": "x"}}',
]


@pytest.mark.parametrize("body", RUBBISH, ids=[repr(body[:40]) for body in RUBBISH])
async def test_rubbish_is_refused_and_nothing_recorded(api: httpx2.AsyncClient, address: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.post(f"{address}/facts/data_received", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert len(answer.json()["detail"]) < 2000
    assert (await api.get(address)).json()["facts"] == []


HARMFUL = [
    "'; DROP TABLE onboardings; --",
    "%",
    "_%\\",
    "{{7*7}}${7*7}",
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "../../etc/passwd",
    "\u202egnp.exe",
]


def _texts(value: Any) -> list[str]:
    """Returns all texts in a value of JSON."""
    if isinstance(value, dict):
        value = list(value.values())
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize("word", HARMFUL)
async def test_harmful_words_are_words(api: httpx2.AsyncClient, address: str, word: str) -> None:
    def there() -> Awaitable[Any]:
        return api.get(LIST, params={"search": address.rpartition("/")[2]})

    await eventually(there, lambda answer: len(answer.json()["items"]) == 1)
    found = (await api.get(LIST, params={"search": word})).json()["items"]
    assert address.removeprefix(f"{LIST}/") not in [item["id"] for item in found]
    for item in found:
        practice = (await api.get(f"{LIST}/{item['id']}")).json()
        assert any(word.lower() in text.lower() for text in _texts(practice))
    assert (await api.get(LIST, params={"search": word, "assignee": word, "stage": word})).json()["items"] == []
    given = practice_file()
    given["practice"]["name"] = f"{word} clinic"
    started = await api.post(LIST, json=given)
    if started.status_code == 422:
        return
    shown = await api.get(started.headers["location"])
    assert shown.json()["practice"]["name"] == f"{word} clinic"
    assert shown.headers["content-type"] == "application/json" and shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "place",
    [
        "%00",
        "%0d%0aSet-Cookie:%20a=b",
        "..%2f..%2fetc",
        "%ed%a0%80",
        "%ff",
        "a" * 64,
        "A",
        "a b",
        "a%2fb",
        "{x}",
        "%25",
    ],
)
async def test_places_that_cannot_be(api: httpx2.AsyncClient, place: str) -> None:
    for path in (f"{LIST}/datapoint/{place}", f"{LIST}/{place}/riverside-vet", f"{LIST}/datapoint/{place}/journal"):
        answer = await api.get(path)
        assert answer.status_code in (404, 422), path
        assert "set-cookie" not in answer.headers and answer.headers["content-type"] == "application/problem+json"
    answer = await api.post(f"{LIST}/datapoint/{place}/facts/queued", json={})
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize("id", ["a\r\nSet-Cookie: a=b", "a/../b", "a?b", "a#b", "%0d%0a", "a\u0000", "A", "", "a" * 64])
async def test_a_practice_cannot_lead_astray(api: httpx2.AsyncClient, id: str) -> None:
    given = practice_file()
    given["practice"]["id"] = id
    answer = await api.post(LIST, json=given)
    assert answer.status_code == 422
    assert "location" not in answer.headers and "set-cookie" not in answer.headers


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "é", "a\tb"])
async def test_a_key_that_is_none(api: httpx2.AsyncClient, address: str, key: str) -> None:
    headers = {b"Content-Type": b"application/json", b"Idempotency-Key": key.encode("latin-1")}
    answer = await api.post(f"{address}/commands/note", content=b'{"why": "Because"}', headers=headers)
    assert (answer.status_code, "Idempotency-Key" in answer.json()["detail"]) == (422, True)


async def test_a_body_that_is_too_large(api: httpx2.AsyncClient, address: str) -> None:
    answer = await api.post(f"{address}/commands/note", json={"why": "x" * 1_000_001})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


async def test_whoever_asks_too_much_is_told_when_to_go_on(
    desk: Desk, web_settings: Settings, database: AsyncEngine
) -> None:
    few = web_settings.model_copy(update={"api_requests_a_minute": 6})
    async with serving(create_app(desk, few), few) as served:
        async with program(served, await token_of(database, "viewer", "read")) as eager:
            answers = [await eager.get("/api/playbooks") for _ in range(8)]
        async with program(served, await token_of(database, "viewer", "read")) as other:
            assert (await other.get("/api/playbooks")).status_code == 200
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == [
        *(f"r={left}" for left in (5, 4, 3, 2, 1, 0, 0, 0))
    ]
    assert all(answer.headers["ratelimit-policy"] == '"default";q=6;w=60' for answer in answers)
    assert "retry-after" not in answers[0].headers
    assert 8 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].json()["type"] == "/problems/rate"


async def test_guessing_tokens_is_slowed_down_and_keeps_nobody_else_out(
    desk: Desk, web_settings: Settings, database: AsyncEngine
) -> None:
    async with serving(create_app(desk, web_settings), web_settings) as served:
        async with program(served, "onb_guessed") as guesser:
            statuses = [(await guesser.get("/api/playbooks")).status_code for _ in range(MAX_FAILURES + 20)]
        async with program(served, await token_of(database, "viewer", "read")) as theirs:
            assert (await theirs.get("/api/playbooks")).status_code == 200
    # What is asked slowly, as by a busy machine, refills the bucket meanwhile.
    assert statuses[:MAX_FAILURES] == [401] * MAX_FAILURES
    assert 429 in statuses[MAX_FAILURES : MAX_FAILURES + 10]


def test_a_bucket_refills_steadily_and_never_overflows() -> None:
    now = 1000.0
    limits = Limits(clock=lambda: now)
    assert [limits.take("ana", 60).wait for _ in range(62)] == [0] * 60 + [1, 1]
    assert limits.take("bo", 60).wait == 0
    now += 5
    assert [limits.take("ana", 60).wait for _ in range(6)] == [0] * 5 + [1]
    now += 10 * WINDOW
    assert limits.take("ana", 60).left == 59


def test_many_callers_do_not_fill_the_memory() -> None:
    limits = Limits(clock=lambda: 0.0, max_callers=100)
    for number in range(1000):
        limits.take(f"caller {number}", 60)
    assert len(limits._buckets) == 100


async def test_a_request_whose_process_died_can_be_repeated_after_a_while(database: AsyncEngine) -> None:
    owner, key = "ana", f"key-{next_number()}"
    assert await idempotency.begin(database, owner, key, "hash") is None
    with pytest.raises(KeyUnderWay):
        await idempotency.begin(database, owner, key, "hash")
    with pytest.raises(KeyReused):
        await idempotency.begin(database, owner, key, "another")
    await passes(database, key, 61)
    assert await idempotency.begin(database, owner, key, "hash") is None
    await idempotency.finish(database, owner, key, Answer(200, {"b": 1, "a": "\u0000"}, {}))
    assert await idempotency.begin(database, owner, key, "hash") == Answer(200, {"b": 1, "a": "\u0000"}, {})
    await passes(database, key, 23 * 3600)
    with pytest.raises(KeyReused):
        await idempotency.begin(database, owner, key, "another")
    await passes(database, key, 2 * 3600)
    assert await idempotency.begin(database, owner, key, "another") is None


async def test_old_answers_are_cleared_away(database: AsyncEngine) -> None:
    keys = [f"old-{next_number()}" for _ in range(5)]
    for key in keys:
        await idempotency.begin(database, "ana", key, "hash")
        await passes(database, key, 25 * 3600)
    await idempotency.begin(database, "ana", f"new-{next_number()}", "hash")
    async with database.connect() as connection:
        left = await connection.scalars(text("SELECT key FROM idempotency"))
        assert not set(left) & set(keys)


async def passes(database: AsyncEngine, key: str, seconds: int) -> None:
    async with database.begin() as connection:
        await connection.execute(
            text("UPDATE idempotency SET created_at = created_at - make_interval(secs => :s) WHERE key = :key"),
            {"s": seconds, "key": key},
        )


async def test_what_could_not_be_tried_may_be_asked_again(
    desk: Desk, web_settings: Settings, api: httpx2.AsyncClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    command = Desk.command

    async def away_at_first(self: Desk, identity: str, name: str, order: Command) -> Any:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise NoAnswer("Temporal does not answer.")
        return await command(self, identity, name, order)

    monkeypatch.setattr(Desk, "command", away_at_first)
    key = {"Idempotency-Key": f"key-{next_number()}"}
    answers = [await api.post(f"{address}/commands/note", json={"why": "Once"}, headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert (asked, int(answers[0].headers["retry-after"]) > 0) == (2, True)


def test_a_command_takes_over_the_api_what_it_takes_elsewhere() -> None:
    # Whom a note mentions is read from the note.
    assert set(CommandOrder.model_fields) == set(Command.model_fields) - {"by", "key", "mentions"}
