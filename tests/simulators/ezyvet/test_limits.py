"""Both limits of ezyVet's simulator, over a sliding window."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from partners.simulators.ezyvet.errors import TooManyRequests
from partners.simulators.ezyvet.limits import Limits
from tests.simulators.ezyvet.running import Client, ezyvet_running, text_of


def test_sixty_of_an_endpoint_in_any_minute() -> None:
    limits = Limits(speed=1)
    for second in range(60):
        limits.take("a", "user", float(second))
    with pytest.raises(TooManyRequests) as refused:
        limits.take("a", "user", 59.5)
    assert refused.value.seconds == 1
    limits.take("b", "user", 59.5)
    limits.take("a", "animal", 59.5)
    limits.take("a", "user", 60.0)
    with pytest.raises(TooManyRequests):
        limits.take("a", "user", 60.5)


def test_a_hundred_and_eighty_of_a_site_in_any_minute() -> None:
    limits = Limits(speed=1)
    for number in range(180):
        limits.take("a", f"endpoint-{number % 4}", 10.0)
    with pytest.raises(TooManyRequests) as refused:
        limits.take("a", "another", 12.5)
    assert refused.value.seconds == 58
    limits.take("a", "another", 70.0)


def test_a_refused_call_takes_no_place() -> None:
    limits = Limits(speed=60)
    for _ in range(60):
        limits.take("a", "user", 0.0)
    for _ in range(100):
        with pytest.raises(TooManyRequests):
            limits.take("a", "user", 0.5)
    limits.take("a", "user", 1.0)


async def create_at_once(client: Client, count: int) -> list[httpx2.Response]:
    return await asyncio.gather(*(client.create(external_reference=str(number)) for number in range(count)))


async def test_the_sixty_first_create_is_refused_and_counted(client: Client) -> None:
    answers = await create_at_once(client, 63)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers].count(200) == 60
    assert len(refused) == 3
    seconds = refused[0].headers["x-ratelimit-reset"]
    assert text_of(refused[0]) == f"Too many requests recently. Please try again in {seconds} seconds."
    assert 0 < int(seconds) <= 60
    assert (await client.call("GET", "user")).status_code == 200, "another endpoint has its own places"
    held = await client.held()
    assert len(held["prescriptions"]) == 60
    [counts] = [call for call in held["calls"] if call["endpoint"] == "externalprescription"]
    assert (counts["calls"], counts["counted"], counts["violations"]) == (63, 60, 3)
    assert held["most"]["externalprescription"] == 60


async def test_a_restart_forgets_no_call(tmp_path: Path) -> None:
    async with ezyvet_running(tmp_path) as running:
        client = await running.signed_in("riverside")
        await create_at_once(client, 60)
    async with ezyvet_running(tmp_path) as running:
        client.running = running
        assert (await client.create()).status_code == 429
        await running.control("POST", "", {"speed": 1e4})
        assert (await client.create()).status_code == 200
    async with ezyvet_running(tmp_path) as running:
        assert (await running.control("GET", ""))["speed"] == 1e4
