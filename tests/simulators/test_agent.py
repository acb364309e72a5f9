"""The agent of a connected practice: it is seen, it delivers, and it goes silent (DP10)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from partners.datapoint import DELIVERED, HEARTBEAT, DataPoint, read_event
from partners.events import EventProblem, FeedEvent
from playbooks.feed_watch.values import Heartbeat, Records
from tests.simulators.receiver import http_server
from tests.simulators.trial import RIVERSIDE, RunningSimulator, Trial

PRACTICE = "/control/practices/riverside-vet"


async def changed(simulator: RunningSimulator, **change: Any) -> dict[str, Any]:
    answer = await simulator.http.post(PRACTICE, json=change)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def moved(simulator: RunningSimulator, days: float) -> None:
    now = datetime.fromisoformat((await simulator.practice())["now"])
    await changed(simulator, now=(now + timedelta(days=days)).isoformat())


async def test_it_is_seen_and_delivers_until_it_is_told_to_be_silent(trial: Trial) -> None:
    async with trial.running("--no-automatic", speed=1) as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await moved(simulator, 3)
        assert (await simulator.practice())["agent"]["next"] is None, "nothing is connected yet"
        await simulator.step("data_received", do=True)
        begun = datetime.fromisoformat((await simulator.practice())["now"])
        await moved(simulator, 4)
        await trial.receiver.until(lambda seen: len(seen.feed_events) == 10)
        feed_events = trial.receiver.feed_events
        hours = [round((event.at - begun) / timedelta(hours=1)) for event in feed_events if event.type == HEARTBEAT]
        assert hours == [12, 24, 36, 48, 60, 72, 84, 96]
        feeds = [event.report for event in feed_events if event.type == DELIVERED]
        assert [isinstance(feed, Records) and feed.clients for feed in feeds] == [3200, 3200]

        await changed(simulator, agent="no_feed")
        await moved(simulator, 4)
        await trial.receiver.until(lambda seen: len(seen.feed_events) == 18)
        assert {event.type for event in feed_events[10:]} == {HEARTBEAT}

        assert (await changed(simulator, agent="silent"))["agent"]["state"] == "silent"
        await moved(simulator, 30)
        (await simulator.http.post(f"{PRACTICE}/signs/heartbeat")).raise_for_status()
        await trial.receiver.until(lambda seen: len(seen.feed_events) > 18)
        assert len(feed_events) == 19, "only the one that was asked for"
        assert (await simulator.http.post(f"{PRACTICE}/signs/smoke")).status_code == 422


async def test_what_is_told_of_a_feed_is_what_was_delivered(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered: list[list[int]] = []

    async def take(request: Request) -> Response:
        with zipfile.ZipFile(io.BytesIO(await request.body())) as feed:
            tables = [feed.read(f"{name}.csv").decode().splitlines() for name in ("clients", "patients")]
        delivered.append([len(rows) - 1 for rows in tables])
        return Response(None, 202)

    product = FastAPI()
    product.add_api_route("/api/practices/riverside-vet/feeds", take, methods=["POST"])
    monkeypatch.setenv("ONBOARD_API_TOKEN", "a token for trials")
    async with (
        http_server(product) as port,
        trial.running("--no-automatic", "--api-url", f"http://127.0.0.1:{port}/api", speed=1) as simulator,
    ):
        await DataPoint(simulator.url).request(RIVERSIDE)
        await simulator.step("data_received", do=True)
        await moved(simulator, 5)
        await trial.receiver.until(lambda seen: [event.type for event in seen.feed_events].count(DELIVERED) == 2)
    feeds = [each.report for each in trial.receiver.feed_events if isinstance(each.report, Records)]
    assert [[feed.clients, feed.patients] for feed in feeds] == delivered[1:]
    assert delivered[0] != delivered[1], "the clinic lives on"


async def test_the_buttons_of_the_page(trial: Trial) -> None:
    async with trial.running("--no-automatic", speed=1) as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        assert "Its agent:" not in (await simulator.http.get("/")).text
        await simulator.step("data_received", do=True)
        for do, words in (("silent", "it is not seen"), ("feed", "Last delivery"), ("heartbeat", "Last seen")):
            page = await simulator.http.post("/practices/riverside-vet", data={"do": do}, follow_redirects=True)
            assert words in page.text
        await trial.receiver.until(lambda seen: len(seen.feed_events) == 2)


def test_what_the_events_say() -> None:
    def event(kind: str, **data: Any) -> FeedEvent:
        body = {"type": kind, "timestamp": "2026-11-20T10:00:00Z", "data": {"practice_id": "riverside-vet", **data}}
        found = read_event(json.dumps(body))
        assert isinstance(found, FeedEvent)
        return found

    assert isinstance(event(HEARTBEAT, clients="what a partner adds").report, Heartbeat)
    feed = event(DELIVERED, clients=12, last_changed_at="2026-11-19T10:00:00-06:00").report
    assert isinstance(feed, Records)
    assert (feed.clients, feed.changed_at) == (12, datetime.fromisoformat("2026-11-19T16:00:00+00:00"))
    with pytest.raises(EventProblem, match=r"feed\.delivered is malformed: data\.clients"):
        event(DELIVERED, clients=-1)
    with pytest.raises(EventProblem, match=r"agent\.heartbeat is malformed: data\.practice_id"):
        read_event('{"type": "agent.heartbeat", "timestamp": "2026-11-20T10:00:00Z", "data": {}}')
