"""ezyVet's simulator told to do wrong: what the caller gets, and whether the prescription is there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from partners.simulators.ezyvet.faults import Fault, Faults
from partners.simulators.ezyvet.store import Store
from tests.simulators.ezyvet.running import Client, text_of


async def held(client: Client) -> int:
    return len((await client.held())["prescriptions"])


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
async def test_the_connection_is_cut(client: Client, when: str, there: int) -> None:
    await client.fault("cut", when=when, method="POST", next=1)
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        await client.create()
    assert await held(client) == there
    assert (await client.create()).status_code == 200
    [cut, _] = await client.running.calls(client.site, endpoint="externalprescription")
    assert (cut["status"], cut["fault"], cut["counted_at"] is not None) == (None, f"cut {when}", bool(there))


async def test_a_create_that_was_cut_may_be_accepted_later(client: Client) -> None:
    await client.fault("late", method="POST", next=1, seconds=0.2)
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        await client.create()
    await client.running.calls(client.site, endpoint="externalprescription", at_least=1, answered=True)
    assert await held(client) == 1


async def test_the_connection_is_cut_in_the_middle_of_the_answer(client: Client) -> None:
    await client.fault("half_answer", when="after", next=1)
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        await client.create()
    assert await held(client) == 1


@pytest.mark.parametrize(
    ("fault", "status", "content"),
    [
        ({"do": "429", "seconds": 7}, 429, "Too many requests recently. Please try again in 7 seconds."),
        ({"do": "500"}, 500, "An internal error occurred."),
        ({"do": "500", "status": 503}, 503, "An internal error occurred."),
        ({"do": "html"}, 200, "<h1>Scheduled maintenance</h1>"),
        ({"do": "html", "status": 502}, 502, "<h1>Scheduled maintenance</h1>"),
        ({"do": "empty"}, 200, ""),
        ({"do": "other_json"}, 200, '{"status":"ok"}'),
    ],
)
@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
async def test_other_answers(
    client: Client, fault: dict[str, Any], status: int, content: str, when: str, there: int
) -> None:
    await client.fault(**fault, when=when, next=1)
    answer = await client.create()
    assert answer.status_code == status
    assert content in answer.text
    assert answer.headers.get("x-ratelimit-reset") == ("7" if status == 429 else None)
    assert await held(client) == there


async def test_a_slow_answer_is_given_up_and_accepted_all_the_same(client: Client) -> None:
    await client.fault("hold", when="before", method="POST", next=1)
    creating = asyncio.create_task(client.create())
    await client.running.calls(client.site, endpoint="externalprescription", at_least=1)
    creating.cancel()
    assert await held(client) == 0
    await client.running.http.post("/control/release")
    await client.running.calls(client.site, endpoint="externalprescription", at_least=1, answered=True)
    assert await held(client) == 1


async def test_slow_and_then_wrong(client: Client) -> None:
    await client.fault("slow", seconds=0.01, next=1)
    await client.fault("500", next=1)
    assert (await client.create()).status_code == 500
    [call] = await client.running.calls(client.site, endpoint="externalprescription")
    assert call["fault"] == "slow before, 500 before"
    assert call["answered_at"] - call["at"] >= 0.01


async def test_only_the_calls_that_are_named(client: Client) -> None:
    await client.fault("500", endpoint="user", next=2)
    assert (await client.create()).status_code == 200
    assert [(await client.call("GET", "user")).status_code for _ in range(3)] == [500, 500, 200]
    await client.fault("500", endpoint="oauth/access_token", next=1)
    assert (await client.running.token(client.seeded)).status_code == 500


async def test_waiting_for_calls_that_do_not_come(client: Client) -> None:
    path = f"/control/sites/{client.site}/calls?endpoint=user&at_least=1&seconds=0.01"
    answer = await client.running.http.get(path)
    assert (answer.status_code, answer.json()["detail"]) == (409, "Only 0 such calls came within 0.01 s.")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"do": "explode"}, "do: Input should be"),
        ({"do": "cut", "next": 1, "probability": 0.5}, "give either next or probability"),
        ({"do": "half_answer"}, "a half answer comes after"),
    ],
)
async def test_faults_that_cannot_be(client: Client, fault: dict[str, Any], text: str) -> None:
    answer = await client.running.http.post("/control/faults", json=fault)
    assert answer.status_code == 422
    assert text in answer.json()["detail"]


def test_by_chance_it_is_the_same_for_the_same_seed_also_across_restarts(tmp_path: Path) -> None:
    def draw(home: Path, count: int) -> list[bool]:
        store = Store(home)
        faults = Faults(store)
        if not faults.all():
            faults.add(Fault(do="cut", probability=0.3, seed=7))
        happened = [bool(faults.next("a", "user", "GET")) for _ in range(count)]
        store.close()
        return happened

    at_once = draw(tmp_path / "a", 50)
    assert draw(tmp_path / "b", 20) + draw(tmp_path / "b", 30) == at_once
    assert 0 < sum(at_once) < len(at_once)


async def test_errors_of_the_controls(client: Client) -> None:
    for path, status in (("/control/sites/nobody", 404), (f"/control/sites/{client.site}/appointment/1", 404)):
        assert (await client.running.http.post(path, json={})).status_code == status
    path = f"/control/sites/{client.site}/animal/6"
    answer = await client.running.http.post(path, json={"id": 7})
    assert (answer.status_code, "cannot be changed" in answer.json()["detail"]) == (409, True)
    assert text_of(await client.create(animal_id=7)) == "No active animal has the id 7."
