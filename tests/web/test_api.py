"""The API as programs use it: a practice's whole way, lists, repeats."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.onboarding_detail import OnboardingDetail
from desk.service import Desk
from playbooks.datapoint import DATAPOINT
from playbooks.engine.checks import NAME, PART_NAME
from playbooks.registry import PLAYBOOKS
from tests.system.harness import eventually
from tests.web.browser import next_number
from tests.web.programs import practice_file, program, token_of

NO_NUMBER = {"name": "Lee Park", "email": "lee@riverside.test", "phone": "ask the desk"}
NO_NUMBER_SAID = "Phone: 'ask the desk' has no telephone number; write one, as in 312 555 0100, or leave it empty."


@pytest.fixture
async def started(api: httpx2.AsyncClient) -> str:
    """The address of an onboarding."""
    answer = await api.post("/api/onboardings", json=practice_file())
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def record(api: httpx2.AsyncClient, address: str, fact: str, key: str | None = None, **data: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return await api.post(f"{address}/facts/{fact}", json={"data": data}, headers=headers)


async def test_a_practice_from_start_to_data(api: httpx2.AsyncClient) -> None:
    given = practice_file(assignee="ana")
    name = given["practice"]["id"]
    answer = await api.post("/api/onboardings", json=given)
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/onboardings/datapoint/{name}")
    assert answer.json()["id"] == f"datapoint/{name}"
    address = answer.headers["location"]
    queued = await record(api, address, "queued")
    assert (queued.status_code, queued.json()["stage"]) == (200, "invitation")
    assert (await record(api, address, "queued")).json()["outcome"] == "already_known"
    held = await api.post(
        f"{address}/commands/hold", json={"why": "They move house", "until": "2030-01-04T09:00:00-06:00"}
    )
    assert (held.status_code, held.json()["status"]) == (200, "on_hold")
    await api.post(f"{address}/commands/resume", json={"why": "They are back"})
    received = await record(api, address, "data_received", clients=3000, patients=5000)
    assert received.json()["outcome"] == "recorded"

    shown = (await api.get(address)).json()
    assert OnboardingDetail.model_validate(shown).missing == (
        "practice_information_given",
        "technical_contact_designated",
        "eula_accepted",
    )
    assert [fact["name"] for fact in shown["facts"] if not fact["implied_by"]] == ["queued", "data_received"]
    lines = await eventually(lambda: get(api, f"{address}/journal"), lambda seen: len(seen["items"]) >= 5)
    assert [line["name"] for line in lines["items"][:4]] == ["start", "queued", "hold", "resume"]
    assert {line["by"] for line in lines["items"] if line["kind"] in ("fact", "command")} == {"local"}


async def test_a_mail_is_held_and_sent(api: httpx2.AsyncClient, started: str) -> None:
    chosen = {"queue_confirmation": {"hold": True, "paragraph": "We call you on Friday."}}
    wrong = await api.post(f"{started}/facts/queued", json={"mail": {"data_received": {"hold": True}}})
    assert wrong.status_code == 422
    assert "This sends no mail 'data_received' to the practice" in wrong.json()["detail"]
    long = {"queue_confirmation": {"paragraph": "x" * 1001}}
    assert (await api.post(f"{started}/facts/queued", json={"mail": long})).status_code == 422
    recorded = await api.post(f"{started}/facts/queued", json={"mail": chosen})
    assert recorded.json()["stage"] == "invitation"
    shown = await eventually(lambda: get(api, started), lambda seen: [m["state"] for m in seen["mails"]] == ["held"])
    assert shown["mails"][0]["kind"] == "queue_confirmation"
    await api.post(f"{started}/commands/send_held", json={"why": "They know now"})
    await eventually(lambda: get(api, started), lambda seen: [m["state"] for m in seen["mails"]] == ["sent"])


async def test_an_integration_with_a_hyphen_in_its_name_is_used_as_any(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/api/onboardings", json=practice_file() | {"playbook": "datapoint-reconnection"})
    address = answer.headers["location"]
    assert address.startswith("/api/onboardings/datapoint-reconnection/")
    lost = await record(api, address, "connection_lost", reason="silent")
    assert (lost.status_code, lost.json()["stage"]) == (200, "technical_contact")
    named = await record(api, address, "technical_contact_designated", name="Lee Park", email="lee@park.test")
    assert (named.status_code, named.json()["stage"]) == (200, "check")
    noted = await api.post(f"{address}/commands/note", json={"why": "They move house"})
    assert (noted.status_code, noted.json()["outcome"]) == (200, "recorded")
    assert (await get(api, address))["stage"] == "check"
    lines = await eventually(lambda: get(api, f"{address}/journal"), lambda seen: len(seen["items"]) >= 4)
    assert [line["name"] for line in lines["items"] if line["kind"] != "alert"][:2] == ["start", "connection_lost"]


async def test_the_addresses_take_every_name_that_a_playbook_may_have(api: httpx2.AsyncClient) -> None:
    paths = (await get(api, "/api/openapi.json"))["paths"]
    [change] = [methods["post"] for path, methods in paths.items() if path.endswith("/facts/{fact}")]
    patterns = {each["name"]: each["schema"]["pattern"] for each in change["parameters"] if each["in"] == "path"}
    for playbook in PLAYBOOKS.values():
        assert re.search(patterns["playbook"], playbook.name)
        assert all(re.search(patterns["fact"], fact.name) for fact in playbook.facts)
    for name in ("a", "shop-2", "dp_9", "x" * 63):
        assert NAME.fullmatch(name) and re.search(patterns["playbook"], name)
    for name in ("step_2_done", "x" * 63):
        assert PART_NAME.fullmatch(name) and re.search(patterns["fact"], name)
    assert not re.search(patterns["fact"], "Queued")


async def get(api: httpx2.AsyncClient, address: str) -> Any:
    answer = await api.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_did_it_is_who_holds_the_token(web: str, started: str, database: AsyncEngine) -> None:
    async with program(web, await token_of(database, "specialist", "read", "record")) as theirs:
        await record(theirs, started, "queued")
        [fact] = (await get(theirs, started))["facts"]
        assert fact["by"].startswith("specialist-")


async def test_the_list_is_paged_and_each_comes_once(api: httpx2.AsyncClient, desk: Desk) -> None:
    mark = f"paged{next_number()}"
    names = [f"{mark}-{number}" for number in range(5)]
    for name in names:
        assert (await api.post("/api/onboardings", json=practice_file(name))).status_code == 201
    address = f"/api/onboardings?search={mark}&limit=2&order=name&status=open&status=on_hold"
    await eventually(lambda: get(api, f"/api/onboardings?search={mark}"), lambda seen: len(seen["items"]) == 5)
    found, pages = [], 0
    while address:
        page = await get(api, address)
        found += [row["practice"] for row in page["items"]]
        address, pages = page["next"], pages + 1
    assert (found, pages) == (names, 3)


async def test_filters_narrow_the_list(api: httpx2.AsyncClient, started: str) -> None:
    name = started.rpartition("/")[2]
    await record(api, started, "queued")

    async def names(**filters: str) -> list[str]:
        return [
            row["practice"]
            for row in (await api.get("/api/onboardings", params={"search": name, **filters})).json()["items"]
        ]

    await eventually(lambda: names(stage="invitation"), lambda seen: seen == [name])
    assert await names(waiting_on="datapoint", sla="on_track", playbook="datapoint", due_before="2098-01-01T00:00Z")
    for other in ({"stage": "queue_entry"}, {"waiting_on": "team"}, {"sla": "breached"}, {"status": "complete"}):
        assert await names(**other) == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "greater than or equal to 1"),
        ("limit=201", "less than or equal to 200"),
        ("sla=late", "'none', 'on_track'"),
        ("search=%00", "control characters"),
        ("after=made-up", "'after' does not continue a list"),
        ("after=WyJkdWUiLCJpbmZpbml0eSIsIngiLCJ5Il0", "'after' does not continue a list"),
        ("assigne=ana", "There is no parameter 'assigne' here; there are playbook, stage"),
    ],
)
async def test_a_wrong_filter_is_refused_in_a_sentence(api: httpx2.AsyncClient, query: str, says: str) -> None:
    answer = await api.get(f"/api/onboardings?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["type"] == "/problems/invalid" and says in answer.json()["detail"]


async def test_a_cursor_of_another_order_is_refused(api: httpx2.AsyncClient) -> None:
    for _ in range(2):
        await api.post("/api/onboardings", json=practice_file())
    page = await eventually(lambda: get(api, "/api/onboardings?limit=1&order=name"), lambda seen: bool(seen["next"]))
    answer = await api.get(page["next"].replace("order=name", "order=due"))
    assert (answer.status_code, "begin the list again" in answer.text) == (422, True)


async def test_the_journal_is_paged(api: httpx2.AsyncClient, started: str) -> None:
    for word in ("one", "two", "three"):
        await api.post(f"{started}/commands/note", json={"why": word})
    await eventually(lambda: get(api, f"{started}/journal"), lambda seen: len(seen["items"]) == 4)
    first = await get(api, f"{started}/journal?limit=3")
    rest = await get(api, first["next"])
    assert [line["why"] for line in [*first["items"], *rest["items"]]] == [None, "one", "two", "three"]
    assert rest["next"] is None


async def test_rules_and_figures(api: httpx2.AsyncClient, started: str) -> None:
    playbooks = {each["name"]: each for each in (await get(api, "/api/playbooks"))["items"]}
    assert playbooks.keys() == PLAYBOOKS.keys()
    assert [fact["name"] for fact in playbooks["datapoint"]["facts"]] == [fact.name for fact in DATAPOINT.facts]
    assert len(DATAPOINT.facts) == 10
    await eventually(lambda: get(api, "/api/report?playbook=datapoint"), lambda seen: seen["totals"]["open"] > 0)
    later = await get(api, "/api/report?since=2098-01-01T00:00:00Z")
    assert later["totals"]["started"] == 0


@pytest.mark.parametrize("what", ["start", "fact", "command"])
async def test_the_same_key_gets_the_same_answer(api: httpx2.AsyncClient, started: str, what: str) -> None:
    key = {"Idempotency-Key": f"key-{next_number()}"}
    path, body, other = {
        "start": ("/api/onboardings", practice_file(), practice_file()),
        "fact": (f"{started}/facts/queued", {}, {"at": "2026-11-20T15:00:00Z"}),
        "command": (f"{started}/commands/note", {"why": "Once"}, {"why": "Twice"}),
    }[what]
    first = await api.post(path, json=body, headers=key)
    again = await api.post(path, json=body, headers=key)
    assert first.status_code in (200, 201)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("location") == first.headers.get("location")
    conflict = await api.post(path, json=other, headers=key)
    assert (conflict.status_code, conflict.json()["type"]) == (409, "/problems/key-reused")


async def test_many_at_once_under_one_key_are_one(api: httpx2.AsyncClient, started: str) -> None:
    key = {"Idempotency-Key": f"key-{next_number()}"}
    answers = await asyncio.gather(
        *(api.post(f"{started}/commands/note", json={"why": "Once"}, headers=key) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 409)
    lines = await eventually(lambda: get(api, f"{started}/journal"), lambda seen: len(seen["items"]) >= 2)
    assert [line["why"] for line in lines["items"] if line["name"] == "note"] == ["Once"]


async def test_a_refusal_is_repeated_as_well(api: httpx2.AsyncClient, started: str) -> None:
    key = {"Idempotency-Key": f"key-{next_number()}"}
    first = await api.post(f"{started}/commands/resume", json={"why": "Now"}, headers=key)
    await api.post(f"{started}/commands/hold", json={"why": "Wait", "until": "2030-01-01T00:00:00Z"})
    again = await api.post(f"{started}/commands/resume", json={"why": "Now"}, headers=key)
    assert (first.status_code, again.status_code, again.content) == (422, 422, first.content)
    assert first.headers["content-type"] == again.headers["content-type"] == "application/problem+json"


async def test_keys_of_two_people_are_two(web: str, started: str, database: AsyncEngine) -> None:
    key = {"Idempotency-Key": f"key-{next_number()}"}
    for why in ("Ana's", "Bo's"):
        async with program(web, await token_of(database, "specialist", "write")) as theirs:
            answer = await theirs.post(f"{started}/commands/note", json={"why": why}, headers=key)
            assert answer.json()["outcome"] == "recorded"


async def test_it_is_open_already(api: httpx2.AsyncClient, started: str) -> None:
    answer = await api.post("/api/onboardings", json=practice_file(started.rpartition("/")[2]))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-open")
    assert "onboard" not in answer.json()["detail"].replace("/", "").removeprefix("datapoint")


async def test_one_that_is_there_already_is_started_with_a_warning(api: httpx2.AsyncClient, started: str) -> None:
    first = started.rpartition("/")[2]
    await eventually(lambda: get(api, f"/api/onboardings?search={first}"), lambda seen: len(seen["items"]) == 1)
    given = practice_file(primary_contact={"name": "D. Reyes", "email": f"Dana@{first}.test"})
    answer = await api.post("/api/onboardings", json=given)
    assert (answer.status_code, answer.json()["warnings"]) == (
        201,
        [f"It is probably there already: Practice {first} (datapoint/{first}) has the same e-mail address."],
    )
    assert (await api.post("/api/onboardings", json=practice_file())).json()["warnings"] == []


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/facts/unheard_of", {}, 422, "is not a fact of the DataPoint playbook"),
        ("/facts/eula_accepted", {"data": {"version": 1}}, 422, "version must be text"),
        ("/facts/queued", {"at": "2098-01-01T00:00:00Z"}, 422, "is in the future"),
        ("/facts/queued", {"at": "2026-11-20T15:00:00"}, 422, "needs a time zone"),
        ("/facts/queued", {"by": "somebody else"}, 422, "By is not a known field"),
        ("/commands/unheard_of", {"why": "Because"}, 422, "is not a command"),
        ("/commands/hold", {"until": "2030-01-01T00:00:00Z"}, 422, "Why is missing"),
        ("/commands/hold", {"why": "Because"}, 422, "Say until when"),
        ("/commands/note", {"why": "Because", "until": "2030-01-01T00:00:00Z"}, 422, "note takes no 'until'"),
        ("/commands/note", ["why"], 422, "Must be an object"),
        ("/commands/correct_contact", {"why": "Because", "contact": NO_NUMBER}, 422, NO_NUMBER_SAID),
        ("/facts/technical_contact_designated", {"data": NO_NUMBER}, 422, NO_NUMBER_SAID),
    ],
)
async def test_a_wrong_change_is_refused_in_a_sentence(
    api: httpx2.AsyncClient, started: str, path: str, body: Any, status: int, says: str
) -> None:
    answer = await api.post(f"{started}{path}", json=body)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["detail"], answer.json()["detail"]


async def test_a_start_needs_a_telephone_with_a_number_or_none(api: httpx2.AsyncClient) -> None:
    given = practice_file()
    answer = await api.post("/api/onboardings", json={**given, "primary_contact": NO_NUMBER})
    assert (answer.status_code, NO_NUMBER_SAID in answer.json()["detail"]) == (422, True)


async def test_where_nothing_is(api: httpx2.AsyncClient) -> None:
    for path in ("datapoint/nobody", "datapoint/nobody/journal", "elsewhere/riverside-vet"):
        answer = await api.get(f"/api/onboardings/{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), path
    assert (await record(api, "/api/onboardings/datapoint/nobody", "queued")).status_code == 404
