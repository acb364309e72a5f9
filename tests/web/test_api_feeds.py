"""Feeds by the API: handed in as a stream, followed, listed."""

from __future__ import annotations

import gzip

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.records.clinics import patient
from tests.web.clinic_data import DataPractice, client, clinic
from tests.web.programs import program, token_of
from web import security

__all__ = ["clinic"]

BINARY = {"Content-Type": "application/octet-stream"}


async def test_a_feed_is_handed_in_and_followed(api: httpx2.AsyncClient, clinic: DataPractice) -> None:
    content = gzip.compress(clinic.export(client(1), patient(1, 1), patient(2, 9)))
    path = f"/api/practices/{clinic.id}/feeds"
    answer = await api.post(path, content=content, headers=BINARY, params={"name": "export.ndjson.gz"})
    assert (answer.status_code, answer.headers["location"]) == (202, f"{path}/1"), answer.text
    assert answer.json() == {"number": 1, "state": "received", "known": False, "waits_for": None}
    await clinic.feed(1)
    seen = (await api.get(f"{path}/1")).json()
    assert (seen["state"], seen["new_clients"], seen["new_patients"], seen["set_aside"]) == ("done", 1, 1, 1)
    assert (seen["name"], seen["by"], seen["size"]) == ("export.ndjson.gz", "local", len(content))
    again = await api.post(path, content=content, headers=BINARY)
    assert again.json() == {"number": 1, "state": "done", "known": True, "waits_for": None}


async def test_what_our_own_machine_passes_on_is_by_whoever_brings_it(
    api: httpx2.AsyncClient, clinic: DataPractice, web: str, database: AsyncEngine
) -> None:
    path, brought = f"/api/practices/{clinic.id}/feeds", {"by": "datapoint"}
    content = clinic.export(client(1))
    assert (await api.post(path, content=content, headers=BINARY, params=brought)).status_code == 202
    assert (await api.get(f"{path}/1")).json()["by"] == "datapoint"
    async with program(web, await token_of(database, "specialist", "write")) as other:
        answer = await other.post(path, content=content, headers=BINARY, params=brought)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/role"), answer.text
    await clinic.feed(1)


async def test_feeds_are_listed_in_pages(api: httpx2.AsyncClient, clinic: DataPractice) -> None:
    for number in range(1, 4):
        await clinic.import_rows(client(number))
    first = (await api.get(f"/api/practices/{clinic.id}/feeds", params={"limit": 2})).json()
    assert [feed["number"] for feed in first["items"]] == [3, 2]
    rest = (await api.get(first["next"])).json()
    assert ([feed["number"] for feed in rest["items"]], rest["next"]) == ([1], None)


async def test_what_cannot_be_taken_is_told(
    api: httpx2.AsyncClient, clinic: DataPractice, web: str, database: AsyncEngine
) -> None:
    path = f"/api/practices/{clinic.id}/feeds"
    for told, status, code in (
        (await api.post(path, content=b"", headers=BINARY), 422, "invalid"),
        (await api.post(path, json={}), 415, "media-type"),
        (await api.post("/api/practices/nowhere/feeds", content=b"x", headers=BINARY), 404, "not-found"),
        (await api.get(f"{path}/7"), 404, "not-found"),
        (await api.post(path, content=b"x", headers={**BINARY, "Authorization": "Bearer no"}), 401, "token"),
    ):
        assert (told.status_code, told.json()["type"]) == (status, f"/problems/{code}"), told.text
    async with program(web, await token_of(database, "viewer", "read")) as reader:
        assert (await reader.get(path)).json()["items"] == []
        assert (await reader.post(path, content=b"x", headers=BINARY)).status_code == 403


async def test_a_feed_may_be_large_but_not_endless(
    api: httpx2.AsyncClient, clinic: DataPractice, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = clinic.export(client(1, street="x" * 150), *(client(number) for number in range(2, 8_000)))
    assert len(content) > security.BODY_LIMIT
    path = f"/api/practices/{clinic.id}/feeds"
    assert (await api.post(path, content=content, headers=BINARY)).status_code == 202
    monkeypatch.setitem(security.BODY_LIMITS, "/api/practices/", 1_000_000)
    answer = await api.post(path, content=content, headers=BINARY)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/request-entity-too-large")
