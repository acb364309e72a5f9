"""The client against a server that answers anything: what each answer is to us, and what it must never repeat."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from partners.ezyvet.client import Ezyvet
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import (
    AccessRevoked,
    EzyvetError,
    Garbage,
    Invalid,
    NotFound,
    RateLimited,
    SiteGone,
    TokenRefused,
    Unavailable,
    Uncertain,
    WrongCredentials,
)
from partners.ezyvet.http import MOST_BYTES, Http
from tests.ezyvet.canned import Canned, Received, Reply, canned, error, http, jwt, rows, token

TOKEN = jwt()
SECRETS = {"client_id": "id-elm", "client_secret": "s3cr3t", "site_uid": "site-elm", "partner_id": "partner-1"}
CREDENTIALS = Credentials.model_validate(SECRETS)
HTML = http(200, b"<!DOCTYPE html><p>Please sign in</p>", kind="text/html")
CREATED: dict[str, Any] = {
    "meta": {},
    "items": [],
    "messages": [{"level": "info", "type": "Success", "text": "Created", "fields": {"prescription_uid": "rx-1"}}],
}
BODY = {"animal_id": 6, "external_prescription_item_list": [{"price": Decimal("20.00"), "qty": Decimal("1.5")}]}


def client(server: Canned, timeout: float = 15.0) -> Ezyvet:
    return Ezyvet(partial(Http(server.url, timeout).send, token=TOKEN))


def always(sent: bytes | None) -> Reply:
    return lambda _: sent


async def failure(reply: bytes | None, call: str = "users", *given: Any, within: float = 15.0) -> EzyvetError:
    """The error of one call, which was sent once and whose message repeats no token."""
    async with canned(always(reply)) as server:
        with pytest.raises(EzyvetError) as caught:
            await getattr(client(server, within), call)(*given)
        assert len(server.received) == 1
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


async def test_strings_of_v1_and_types_of_v2_are_read_alike() -> None:
    v1 = {"id": "10", "active": "1", "first_name": "Ana", "last_name": "Ruiz", "is_vet": "1", "email": "unknown"}
    v2 = {"id": 10, "active": True, "first_name": "Ana", "last_name": "Ruiz", "is_vet": True}
    for record in (v1, v2):
        async with canned(always(rows("user", record))) as server:
            (user,) = await client(server).users()
        assert (user.id, user.active, user.name, user.vet) == (10, True, "Ana Ruiz", True)


async def test_what_is_missing_is_an_empty_string() -> None:
    record = {"id": "5", "prescription_id": "7", "active": "0", "qty": "3.0000", "remaining": "", "status_date": ""}
    async with canned(always(rows("prescriptionitem", record))) as server:
        (item,) = await client(server).items(7)
    assert (item.active, item.qty, item.remaining, item.status_date, item.status) == (False, Decimal(3), None, None, "")


async def test_pages_are_followed_by_their_total_however_short_they_are() -> None:
    def reply(received: Received) -> bytes:
        page = int(received.target.partition("page=")[2].partition("&")[0])
        return rows("user", {"id": str(page)}, {"id": "3"}, page=page, pages=3)

    async with canned(reply) as server:
        assert [user.id for user in await client(server).users()] == [1, 3, 2]
        assert len(server.received) == 3


async def test_an_empty_result_has_no_pages() -> None:
    async with canned(always(rows("animal", pages=0))) as server:
        assert await client(server).animal(6) is None


async def test_a_filter_that_ezyvet_ignores_finds_no_strangers() -> None:
    mine = {"id": "1", "uid": "rx-1", "animal_id": "6", "external_reference": "ours"}
    others = {**mine, "id": "2", "animal_id": "7"}, {**mine, "id": "3", "external_reference": "theirs"}
    async with canned(always(rows("prescription", mine, *others))) as server:
        assert [each.uid for each in await client(server).find(6, "ours")] == ["rx-1"]
        assert server.received[0].target.startswith("/v1/prescription?animal_id=6&external_reference=ours&page=1&")


async def test_a_create_answers_the_uid_and_sends_numbers() -> None:
    async with canned(always(http(200, CREATED))) as server:
        assert await client(server).create(BODY) == "rx-1"
        (received,) = server.received
    assert (received.method, received.target) == ("POST", "/v1/externalprescription")
    assert received.body["external_prescription_item_list"] == [{"price": 20, "qty": 1.5}]
    assert received.headers["user-agent"].startswith("practice-onboarding/")
    assert received.headers["authorization"] == f"Bearer {TOKEN}"


async def test_changing_and_disabling_take_the_uid() -> None:
    async with canned(always(http(200, CREATED))) as server:
        await client(server).update("rx-1", {"external_prescription_item_list": []})
        server.reply = always(http(204, b""))
        await client(server).disable("rx-1")
        calls = [(each.method, each.target) for each in server.received]
    assert calls == [(verb, "/v1/externalprescription/rx-1") for verb in ("PATCH", "DELETE")]


READS: list[tuple[bytes, type[EzyvetError], str]] = [
    (error(401, "Unauthorized"), TokenRefused, "give us access again"),
    (error(403, "Scope read-user is missing"), AccessRevoked, "with all its scopes"),
    (error(404, "Not found"), SiteGone, "it has expired"),
    (http(404, b"<p>gone</p>", kind="text/html"), SiteGone, "it has expired"),
    (error(422, "Unknown filter"), Invalid, "Unknown filter"),
    (error(200, "Unknown filter"), Invalid, "200: Unknown filter"),
    (error(500, "Oops"), Unavailable, "ask again"),
    (http(503, b"busy", kind="text/plain"), Unavailable, "ask again"),
    (HTML, Garbage, "makes no sense"),
    (http(200, []), Garbage, "makes no sense"),
    (http(200, {"items": {}}), Garbage, "no list of items"),
    (http(200, {"items": [1]}), Garbage, "not objects"),
    (rows("user", {"id": "many"}), Garbage, "a record has no usable id"),
    (rows("user", pages=10_000), Garbage, "10000 pages"),
    (http(302, b"", location="https://elsewhere.example/"), Garbage, "we do not follow"),
    (http(200, b" " * (MOST_BYTES + 1)), Garbage, "too long"),
    (b"", Unavailable, "breaks off"),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{}", Unavailable, "breaks off"),
    (b"\0\1\2\r\n\r\n", Unavailable, "breaks off"),
    (http(400, {"id": "error_7", "status": 400, "detail": "No such filter"}), Invalid, "No such filter"),
]


@pytest.mark.parametrize(("reply", "expected", "text"), READS)
async def test_what_a_read_fails_with(reply: bytes, expected: type[EzyvetError], text: str) -> None:
    found = await failure(reply)
    assert type(found) is expected
    assert text in str(found)


WRITES: list[tuple[bytes | None, type[EzyvetError]]] = [
    (error(401, "Unauthorized"), TokenRefused),
    (error(403, "Forbidden"), AccessRevoked),
    (error(404, "Not found"), SiteGone),
    (error(422, "Animal not found", {"animal_id": "unknown"}), Invalid),
    (error(200, "Animal not found", {"animal_id": "unknown"}), Invalid),
    (error(500, "Oops"), Uncertain),
    (http(302, b"", location="/elsewhere"), Uncertain),
    (HTML, Uncertain),
    (http(200, {"meta": {}, "items": [], "messages": []}), Uncertain),
    (http(200, b""), Uncertain),
    (http(200, b" " * (MOST_BYTES + 1)), Uncertain),
    (b"", Uncertain),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{}", Uncertain),
]


@pytest.mark.parametrize(("reply", "expected"), WRITES)
async def test_what_a_create_fails_with_and_that_it_is_sent_once(
    reply: bytes | None, expected: type[EzyvetError]
) -> None:
    found = await failure(reply, "create", BODY)
    assert type(found) is expected
    if isinstance(found, Invalid):
        assert found.fields == {"animal_id": "unknown"}
        assert found.transaction == "tx-1"
    if isinstance(found, Uncertain):
        assert not found.timed_out


async def test_no_answer_in_time_leaves_a_write_uncertain_and_a_read_unavailable() -> None:
    write = await failure(None, "create", BODY, within=0.2)
    assert isinstance(write, Uncertain)
    assert write.timed_out
    assert isinstance(await failure(None, within=0.2), Unavailable)


async def test_a_write_that_was_never_sent_is_not_uncertain() -> None:
    async with canned(always(b"")) as server:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        await client(server).create(BODY)


async def test_a_record_that_is_gone_is_not_the_site() -> None:
    for reply in (error(404, "Not found"), error(200, "Prescription rx-1 not found")):
        assert isinstance(await failure(reply, "disable", "rx-1"), NotFound)
        assert isinstance(await failure(reply, "update", "rx-1", {}), NotFound)
    assert isinstance(await failure(error(200, "Product not found"), "update", "rx-1", {}), Invalid)


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (error(429, "Too many requests recently. Try again in 17 seconds."), 17),
        (error(429, "Too many requests recently. Try again in 17 seconds.", [], x_ratelimit_reset="20"), 20),
        (error(429, "Too many requests recently", [], x_ratelimit_reset="9"), 9),
        (error(429, "Too many requests recently", [], retry_after="8"), 8),
        (error(200, "Too many requests recently. Try again in 1 second."), 1),
        (http(429, b"<p>slow down</p>", kind="text/html"), 60),
        (error(429, "Try again in 999999999 seconds"), 3600),
        (error(429, "Try again in 0 seconds"), 1),
    ],
)
async def test_a_limit_says_its_seconds(reply: bytes, seconds: int) -> None:
    for call, given in (("users", ()), ("create", (BODY,))):
        found = await failure(reply, call, *given)
        assert isinstance(found, RateLimited)
        assert found.seconds == seconds


async def test_a_token_is_asked_for_with_six_fields_and_says_itself_how_long_it_is_good() -> None:
    async with canned(always(token(jwt(43_200)))) as server:
        found = await Http(server.url).fetch_token(CREDENTIALS)
        (received,) = server.received
    assert (received.method, received.target) == ("POST", "/v1/oauth/access_token")
    assert received.body.keys() == {*SECRETS, "grant_type", "scope"}
    assert received.body["grant_type"] == "client_credentials"
    assert "write-externalprescription" in received.body["scope"].split(",")
    assert {name: received.body[name] for name in SECRETS} == SECRETS
    assert found.lifetime == timedelta(hours=12)
    assert found.value.get_secret_value() not in repr(found)


@pytest.mark.parametrize("value", ["opaque", "a.b.c", "a.e30.c", jwt(-5), f"x.{'A' * 9}.y"])
async def test_a_token_that_says_nothing_has_no_lifetime(value: str) -> None:
    async with canned(always(token(value))) as server:
        found = await Http(server.url).fetch_token(CREDENTIALS)
    assert (found.value.get_secret_value(), found.lifetime) == (value, None)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (error(401, "client_secret s3cr3t of id-elm is wrong"), WrongCredentials),
        (error(400, "site_uid site-elm?"), WrongCredentials),
        (error(404, "No such site"), SiteGone),
        (error(429, "Too many requests recently. Try again in 5 seconds."), RateLimited),
        (error(503, "s3cr3t"), Unavailable),
        (HTML, Garbage),
        (http(200, {"access_token": 7}), Garbage),
        (error(200, "s3cr3t"), Garbage),
        (http(302, b"", location="/x"), Garbage),
        (b"", Unavailable),
        (None, Unavailable),
    ],
)
async def test_what_a_token_request_fails_with_repeats_no_secret(
    reply: bytes | None, expected: type[EzyvetError]
) -> None:
    async with canned(always(reply)) as server:
        with pytest.raises(EzyvetError) as caught:
            await Http(server.url, timeout=15.0 if reply is not None else 0.2).fetch_token(CREDENTIALS)
    assert type(caught.value) is expected
    assert not [value for value in SECRETS.values() if value in str(caught.value)]
