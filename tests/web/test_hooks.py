"""DataPoint's events on their way in: verified, stored, answered, and recorded afterwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings, SettingsProblem
from desk.event_recorder import Drain
from desk.service import Desk
from playbooks.engine.onboarding import Report, Request
from store.database import connect
from store.inbox import inbox
from store.inbox.batching import EventBatcher
from store.inbox.inbox import Arrival
from tests.patience import PATIENCE
from tests.system.harness import eventually
from tests.web.browser import next_number
from tests.web.programs import NEXT_SECRET, SECRET, event, practice_file, signed, stored
from tests.web.serving import serving
from web.app import create_app

HOOK = "/hooks/datapoint"


@pytest.fixture
async def practice(desk: Desk) -> str:
    """A practice with an open onboarding."""
    given = practice_file(f"hook-{next_number()}")
    del given["playbook"]
    await desk.start("datapoint", Request.model_validate(given), "test")
    return str(given["practice"]["id"])


async def send(hooks: httpx2.AsyncClient, body: str | bytes, **how: Any) -> httpx2.Response:
    return await hooks.post(HOOK, content=body, headers=signed(body, **how))


async def settled(database: AsyncEngine, id: str) -> dict[str, Any]:
    """The event once it does not wait any more."""
    return (await eventually(lambda: stored(database, id), lambda seen: seen[0]["state"] != "new"))[0]


async def test_an_event_is_stored_and_then_recorded(
    hooks: httpx2.AsyncClient, desk: Desk, database: AsyncEngine, practice: str
) -> None:
    at = datetime.now(UTC) - timedelta(hours=3)
    answer = await send(hooks, event("invitation.sent", practice, at), id="evt_story")
    assert (answer.status_code, answer.json()) == (202, {"event": "evt_story", "outcome": "stored"})
    [waiting] = await stored(database, "evt_story")
    assert (waiting["state"], waiting["onboarding"], waiting["attempts"]) == ("new", f"datapoint/{practice}", 0)
    async with Drain(desk).running():
        done = await settled(database, "evt_story")
    assert (done["state"], done["error"], done["attempts"]) == ("recorded", None, 1)
    facts = (await desk.show(f"datapoint/{practice}")).facts
    [fact] = [fact for fact in facts if fact.implied_by is None]
    assert (fact.name, fact.by, fact.at) == ("invitation_sent", "DataPoint", at)


async def test_an_event_that_comes_again_has_no_second_effect(
    hooks: httpx2.AsyncClient, desk: Desk, database: AsyncEngine, practice: str
) -> None:
    body, id = event("technical_contact.designated", practice, name="Lee", email="lee@x.test"), "evt_again"
    answers = await asyncio.gather(*(send(hooks, body, id=id) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 202]
    async with Drain(desk).running():
        await settled(database, id)
        later = await send(hooks, body, id=id)
        assert (later.status_code, later.json()["outcome"]) == (200, "already_known")
    [once] = await stored(database, id)
    assert once["attempts"] == 1
    [fact] = [fact for fact in (await desk.show(f"datapoint/{practice}")).facts if fact.implied_by is None]
    assert not fact.superseded


async def test_out_of_order_and_late_events_are_fine(
    hooks: httpx2.AsyncClient, desk: Desk, database: AsyncEngine, practice: str
) -> None:
    begun = datetime.now(UTC) - timedelta(hours=9)
    kinds = ["request.queued", "invitation.sent", "eula.accepted", "agent.installed", "data.received"]
    for number, kind in reversed(list(enumerate(kinds))):
        more = {"version": "1", "accepted_by": "Dana"} if kind == "eula.accepted" else {}
        await send(hooks, event(kind, practice, begun + timedelta(hours=number), **more), id=f"{practice}-{number}")
    async with Drain(desk).running():
        rows = [await settled(database, f"{practice}-{number}") for number in range(5)]
    assert [row["state"] for row in rows] == ["recorded"] * 5
    seen = await desk.show(f"datapoint/{practice}")
    reported = sorted((fact.at, fact.name) for fact in seen.facts if fact.at)
    assert [name for _, name in reported] == [
        *("queued", "invitation_sent", "eula_accepted", "agent_installed", "data_received")
    ]


async def test_an_event_of_an_unknown_type_is_kept(
    hooks: httpx2.AsyncClient, database: AsyncEngine, practice: str
) -> None:
    answer = await send(hooks, event("lunch.served", practice, meal="soup"), id="evt_lunch")
    [kept] = await stored(database, "evt_lunch")
    assert (answer.status_code, kept["state"], kept["onboarding"]) == (202, "kept", f"datapoint/{practice}")
    assert kept["error"] == "Events of type lunch.served are not known."
    assert kept["payload"]["data"]["meal"] == "soup"


async def test_an_event_before_its_onboarding_is_kept_and_recorded_once_that_begins(
    hooks: httpx2.AsyncClient, desk: Desk, database: AsyncEngine
) -> None:
    name, id = f"early-{next_number()}", f"evt_early_{next_number()}"
    given = practice_file(name)
    del given["playbook"]
    await send(hooks, event("request.queued", name), id=id)
    async with Drain(desk).running():
        kept = await settled(database, id)
        assert (kept["state"], "There is no onboarding" in kept["error"]) == ("kept", True)
        await desk.start("datapoint", Request.model_validate(given), "test")
        done = await eventually(lambda: stored(database, id), lambda seen: seen[0]["state"] == "recorded")
    assert done[0]["error"] is None


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("eula.accepted", {"version": "1"}, "data.accepted_by is missing"),
        ("technical_contact.designated", {"name": "Lee", "email": "nobody"}, "is not an e-mail address"),
        ("data.received", {"clients": -1}, "must be at least 0"),
    ],
)
async def test_a_malformed_event_is_kept_with_the_reason(
    hooks: httpx2.AsyncClient, database: AsyncEngine, practice: str, kind: str, data: dict[str, Any], says: str
) -> None:
    id = f"evt_malformed_{next_number()}"
    assert (await send(hooks, event(kind, practice, **data), id=id)).status_code == 202
    [kept] = await stored(database, id)
    assert kept["state"] == "refused" and says.removeprefix("data.") in kept["error"]


async def test_a_contradiction_is_refused_with_the_sentence_and_those_behind_it_go_on(
    hooks: httpx2.AsyncClient, desk: Desk, database: AsyncEngine, practice: str
) -> None:
    await desk.record(
        f"datapoint/{practice}", "eula_accepted", Report(data={"version": "1", "accepted_by": "Dana"}, by="test")
    )
    await send(hooks, event("eula.accepted", practice, version="2", accepted_by="Eve"), id=f"{practice}-eula")
    await send(hooks, event("agent.installed", practice), id=f"{practice}-agent")
    async with Drain(desk).running():
        refused = await settled(database, f"{practice}-eula")
        assert (refused["state"], "contradicts" in refused["error"]) == ("refused", True)
        assert (await settled(database, f"{practice}-agent"))["state"] == "recorded"


async def test_an_event_from_a_clock_that_is_ahead_waits_until_its_time(
    hooks: httpx2.AsyncClient, desk: Desk, database: AsyncEngine, practice: str
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=62)
    await send(hooks, event("request.queued", practice, soon), id=f"{practice}-ahead")
    await send(hooks, event("invitation.sent", practice, soon + timedelta(days=1)), id=f"{practice}-far")
    async with Drain(desk).running():
        rows = await eventually(lambda: stored(database, f"{practice}-ahead"), lambda seen: seen[0]["attempts"] > 0)
        assert (rows[0]["state"], "is in the future" in rows[0]["error"]) == ("new", True)
        assert (await settled(database, f"{practice}-ahead"))["state"] == "recorded"
        assert (await settled(database, f"{practice}-far"))["state"] == "refused"


async def test_a_burst_is_stored_with_few_statements_and_each_told_the_truth(database: AsyncEngine) -> None:
    intake, mark = EventBatcher(), f"burst-{next_number()}"
    before = await commits(database)
    arrivals = [Arrival("datapoint", f"{mark}-{number % 40}", "x", {}, state="kept", error="-") for number in range(80)]
    new = await asyncio.gather(*(intake.store(database, arrival) for arrival in arrivals))
    assert sum(new) == 40 and len({arrivals[number].event for number in range(80) if new[number]}) == 40
    assert await commits(database) - before < 20


async def commits(database: AsyncEngine) -> int:
    async with database.connect() as connection:
        await connection.execute(text("SELECT pg_stat_force_next_flush()"))
        query = text("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        return int(await connection.scalar(query) or 0)


async def test_what_the_database_chokes_on_fails_alone(database: AsyncEngine) -> None:
    intake, mark = EventBatcher(), f"poison-{next_number()}"
    good = [Arrival("datapoint", f"{mark}-{number}", "x", {}, state="kept", error="-") for number in range(3)]
    poison = Arrival("datapoint", f"{mark}-poison", "x", {"a": "\0"}, state="kept", error="-")
    ends = await asyncio.gather(
        *(intake.store(database, each) for each in [good[0], poison, *good[1:]]), return_exceptions=True
    )
    assert [ends[0], *ends[2:]] == [True] * 3 and isinstance(ends[1], Exception)


async def test_nothing_is_answered_2xx_that_is_not_stored(hook_settings: Settings, desk: Desk, practice: str) -> None:
    away = connect("postgresql://nobody@127.0.0.1:1/none")
    app = create_app(Desk(desk.client, away, hook_settings), hook_settings)
    async with serving(app, hook_settings) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        answer = await send(client, event("request.queued", practice))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-down")
    assert int(answer.headers["retry-after"]) > 0


async def test_waiting_events_can_be_seen(hooks: httpx2.AsyncClient, database: AsyncEngine, practice: str) -> None:
    await send(hooks, event("request.queued", practice), id=f"{practice}-seen")
    assert (await inbox.claim(database, 1_000, timedelta(seconds=0.01)))[-1][-1].event == f"{practice}-seen"


@pytest.mark.parametrize("value", ["hush", "whsec_", "whsec_c2hvcnQ=", f"{SECRET},hush"])
def test_a_secret_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ONBOARD_DATAPOINT_WEBHOOK_SECRET", value)
    with pytest.raises(SettingsProblem) as caught:
        Settings.load()
    assert "must list secrets of whsec_" in str(caught.value) and "hush" not in str(caught.value)


def test_a_secret_may_lack_its_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_DATAPOINT_WEBHOOK_SECRET", SECRET.rstrip("="))
    assert SECRET.endswith("=")
    assert [each.get_secret_value() for each in Settings.load().datapoint_webhook_secret] == [SECRET]


def test_several_secrets_and_none_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBOARD_DATAPOINT_WEBHOOK_SECRET", f"{SECRET}, {NEXT_SECRET}")
    found = Settings.load()
    assert [each.get_secret_value() for each in found.datapoint_webhook_secret] == [SECRET, NEXT_SECRET]
    assert SECRET not in repr(found) and SECRET not in found.model_dump_json()
