"""The call log by the API: logged once by its key, listed in pages, taken back."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.web.programs import practice_file, program, token_of

CALL = {"direction": "incoming", "name": "Dana Reyes", "said": "Have you our data?"}


@pytest.fixture
async def path(api: httpx2.AsyncClient) -> str:
    """The address of the calls of a practice that has just been started."""
    file = practice_file()
    (await api.post("/api/onboardings", json=file)).raise_for_status()
    return f"/api/practices/{file['practice']['id']}/calls"


async def log(api: httpx2.AsyncClient, path: str, key: str = "", **more: Any) -> httpx2.Response:
    return await api.post(path, json=CALL | more, headers={"Idempotency-Key": key} if key else {})


async def test_a_call_is_logged_once_by_its_key(api: httpx2.AsyncClient, path: str) -> None:
    first = await log(api, path, key=path)
    assert first.status_code == 201, first.text
    assert {name: first.json()[name] for name in CALL} == CALL
    assert (first.json()["by"], first.json()["taken_back_by"]) == ("local", None)
    assert (await log(api, path, key=path)).json() == first.json()
    other = await log(api, path, key=path, said="Something else")
    assert (other.status_code, other.json()["type"]) == (409, "/problems/key-reused")
    await log(api, path)
    assert len((await api.get(path)).json()["items"]) == 2


async def test_calls_are_listed_in_pages_the_latest_first(api: httpx2.AsyncClient, path: str) -> None:
    for hour in (10, 12, 11):
        await log(api, path, at=f"2026-01-05T{hour}:00:00-06:00", said=str(hour))
    first = (await api.get(path, params={"limit": 2})).json()
    assert [each["said"] for each in first["items"]] == ["12", "11"]
    assert first["items"][0]["at"] == "2026-01-05T18:00:00Z"
    rest = (await api.get(first["next"])).json()
    assert ([each["said"] for each in rest["items"]], rest["next"]) == (["10"], None)


async def test_a_call_is_taken_back_and_stays(api: httpx2.AsyncClient, path: str) -> None:
    logged = (await log(api, path)).json()
    taken = await api.post(f"{path}/{logged['id']}/take-back", json={"why": "Another practice"})
    assert (taken.json()["taken_back_by"], taken.json()["taken_back_why"]) == ("local", "Another practice")
    assert (await api.get(path)).json()["items"] == [taken.json()]


async def test_what_cannot_be_is_told(api: httpx2.AsyncClient, path: str, web: str, database: AsyncEngine) -> None:
    for told, status, code in (
        (await log(api, path, said=" "), 422, "invalid"),
        (await log(api, path, direction="sideways"), 422, "invalid"),
        (await log(api, path, at="2096-01-01T10:00:00Z"), 422, "refused"),
        (await log(api, "/api/practices/nowhere/calls"), 404, "not-found"),
        (await api.get("/api/practices/nowhere/calls"), 404, "not-found"),
        (await api.post(f"{path}/999999999/take-back", json={"why": "x"}), 404, "not-found"),
    ):
        assert (told.status_code, told.json()["type"]) == (status, f"/problems/{code}"), told.text
    async with program(web, await token_of(database, "viewer", "read")) as reader:
        assert (await log(reader, path)).status_code == 403
