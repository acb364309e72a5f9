"""The catalogue of DataPoint's events, and the client that asks for a place in its queue (DP1)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

import partners.datapoint as module
from machine.ports import free_port
from partners.datapoint import (
    FACTS,
    DataPoint,
    DataPointError,
    Queued,
    read_event,
    write_event,
)
from partners.events import Event, EventProblem, UnknownEvent
from playbooks.datapoint import CONTACT_KNOWN, DATAPOINT
from tests.simulators.receiver import http_server
from tests.simulators.trial import RIVERSIDE

AT = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)


def body(kind: str = "eula.accepted", **changes: Any) -> str:
    data = {"practice_id": "riverside-vet", "version": "2026-01", "accepted_by": "Dana"}
    return json.dumps({"type": kind, "timestamp": "2026-11-22T10:12:00Z", "data": data} | changes)


def test_every_fact_of_the_playbook_has_one_event_and_a_line_in_the_table() -> None:
    # What the team told DataPoint is nothing that DataPoint reports.
    assert sorted(FACTS.values()) == sorted(fact.name for fact in DATAPOINT.facts if fact is not CONTACT_KNOWN)
    lines = [line.strip("| ").split(" | ") for line in (module.__doc__ or "").splitlines() if "` | `" in line]
    assert {kind.strip("`"): fact.strip("`") for kind, fact, _ in lines} == FACTS
    for _, fact, fields in lines:
        payload = DATAPOINT.fact(fact.strip("`")).payload
        described = [f"{name}{'' if field.is_required() else '?'}" for name, field in payload.model_fields.items()]
        assert fields == (", ".join(described) or "–")


def test_an_event_is_read_as_it_was_written() -> None:
    written = write_event("agent_installed", "riverside-vet", {"client_count": 12}, AT)
    assert read_event(written) == Event("agent.installed", "riverside-vet", "agent_installed", {"client_count": 12}, AT)


def test_what_a_partner_adds_is_ignored_and_what_it_leaves_empty_is_left_out() -> None:
    data = {"practice_id": "a", "client_count": None, "installer": "4.2"}
    event = read_event(body("agent.installed", data=data, id="evt_1").encode())
    assert event == Event("agent.installed", "a", "agent_installed", {}, AT)


def test_an_unknown_event_is_kept_with_what_it_says() -> None:
    assert read_event(body("connection.lost")) == UnknownEvent(
        "connection.lost", "riverside-vet", json.loads(body())["data"], AT
    )
    odd = {"practice_id": "No Id"}
    assert read_event(body("party.begun", timestamp="soon", data=odd)) == UnknownEvent("party.begun", None, odd, None)
    assert read_event('{"type": "party.begun", "data": 7}') == UnknownEvent("party.begun", None, {}, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        ("[" * 10_000, "is not JSON"),
        ('{"type": "eula.accepted", "data": {"practice_id": "\\ud800"}}', "is not JSON"),
        ("[]", "is not an object"),
        ("{}", "has no type"),
        ('{"type": 7}', "has no type"),
        (body(data=None), "of type eula.accepted is malformed: data"),
        (body(timestamp=None), "malformed: timestamp is missing"),
        (body(timestamp="2026-11-22T10:12"), "timestamp needs a time zone"),
        (body(timestamp="1026-11-22T10:12Z"), "timestamp must lie in the years"),
        (body(data={"version": "1"}), "data.practice_id is missing"),
        (body(data={"practice_id": "../x"}), "data.practice_id: '../x' must be 1 to 63 lower-case"),
        (body(data={"practice_id": "a", "version": "1"}), "malformed: accepted_by is missing"),
        (body("data.received", data={"practice_id": "a", "clients": 1.5}), "clients must be a whole number"),
        (body("data.received", data={"practice_id": "a", "clients": -1}), "clients must be at least 0"),
    ],
)
def test_a_malformed_event(content: str | bytes, said: str) -> None:
    with pytest.raises(EventProblem) as caught:
        read_event(content)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("status", "content", "permanent", "said"),
    [
        (422, '{"detail": "The name is missing."}', True, "(422: The name is missing); correct the practice"),
        (409, "", True, "(409: Conflict); correct the practice"),
        (503, "<h1>Sorry</h1>", False, "(503: Service Unavailable); we ask again"),
        (429, '"slowly"', False, "(429: Too Many Requests); we ask again"),
        (302, "", False, "(302: Found); we ask again"),
        (200, "{}", False, "not a receipt of its queue: practice_id is missing; queued_at is missing."),
        (200, "hello", False, "not a receipt of its queue"),
    ],
)
async def test_what_the_client_says_of_an_answer(status: int, content: str, permanent: bool, said: str) -> None:
    with pytest.raises(DataPointError) as caught:
        await answered(Response(content, status))
    assert caught.value.permanent is permanent
    assert said in str(caught.value)


async def test_a_receipt() -> None:
    receipt = Queued(practice_id="riverside-vet", queued_at=AT)
    assert await answered(Response(receipt.model_dump_json(), 201)) == receipt


async def test_the_client_without_datapoint() -> None:
    with pytest.raises(DataPointError, match=r"cannot be reached: .+; we ask again\.") as caught:
        await DataPoint(f"http://127.0.0.1:{free_port()}").request(RIVERSIDE)
    assert not caught.value.permanent
    with pytest.raises(DataPointError, match="cannot be reached"):
        await DataPoint("http://[").request(RIVERSIDE)


async def test_the_client_does_not_wait_for_ever() -> None:
    released = asyncio.Event()

    async def silent(_request: Request) -> Response:
        await released.wait()
        return Response()

    app = FastAPI()
    app.add_api_route("/requests", silent, methods=["POST"])
    async with http_server(app) as port:
        with pytest.raises(DataPointError, match="does not answer in time"):
            await DataPoint(f"http://127.0.0.1:{port}", timeout=0.2).request(RIVERSIDE)
        released.set()


async def answered(answer: Response) -> Queued:
    """What the client makes of this answer."""

    async def give(_request: Request) -> Response:
        return answer

    app = FastAPI()
    app.add_api_route("/requests", give, methods=["POST"])
    async with http_server(app) as port:
        return await DataPoint(f"http://127.0.0.1:{port}/").request(RIVERSIDE)
