"""RX: connecting a practice's ezyVet by the API, against ezyVet's simulator over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.service import Desk
from tests.simulators.ezyvet.running import RunningEzyvet
from tests.system.test_secrets import stored
from tests.web.conftest import API_TOKEN
from tests.web.programs import practice_file, program
from tests.web.serving import serving
from web.app import create_app


@pytest.fixture
async def api(ezyvet_web: tuple[str, Desk]) -> AsyncIterator[httpx2.AsyncClient]:
    """A program with the machine's own token."""
    async with program(ezyvet_web[0], API_TOKEN) as client:
        yield client


@pytest.fixture
async def practice(api: httpx2.AsyncClient) -> str:
    """A practice that is to be connected with ezyVet."""
    file = practice_file() | {"playbook": "ezyvet"}
    (await api.post("/api/onboardings", json=file)).raise_for_status()
    return str(file["practice"]["id"])


@pytest.fixture
async def site(ezyvet: RunningEzyvet, practice: str) -> dict[str, Any]:
    """Its site there."""
    return await ezyvet.seed(practice)


def file_of(site: dict[str, Any], **changed: str) -> dict[str, str]:
    """The credentials file of a site."""
    return {"client_id": site["client_id"], "client_secret": site["client_secret"], "site_uid": site["uid"], **changed}


async def put(api: httpx2.AsyncClient, practice: str, path: str, body: object) -> httpx2.Response:
    return await api.put(f"/api/practices/{practice}/ezyvet/{path}", json=body)


async def shown(api: httpx2.AsyncClient, practice: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/api/onboardings/ezyvet/{practice}")).json()
    return found


async def test_rx1_credentials_that_work_are_stored_and_recorded(
    api: httpx2.AsyncClient,
    desk: Desk,
    database: AsyncEngine,
    practice: str,
    site: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await put(api, practice, "credentials", file_of(site))
    assert (answer.status_code, answer.content) == (204, b"")
    seen = await shown(api, practice)
    assert seen["stage"] == "prescribers"
    recorded = [each["name"] for each in seen["facts"] if each["by"] == "local"]
    assert recorded == ["credentials_received", "connection_verified"]
    assert (await put(api, practice, "credentials", file_of(site))).status_code == 204, "again, nothing changes"
    history = await desk.client.get_workflow_handle(f"ezyvet/{practice}").fetch_history()
    everywhere = [await stored(database), *map(str, history.events), caplog.text, str(seen)]
    for place in everywhere:
        assert site["client_secret"] not in place
        assert site["client_id"] not in place


@pytest.mark.parametrize(
    ("changed", "state", "why"),
    [
        ({"client_secret": "wrong"}, "live", "refuses the credentials (401"),
        ({"site_uid": "elsewhere"}, "live", "refuses the credentials (401"),
        ({}, "revoked", "refuses the credentials (401"),
        ({}, "expired", "knows no such site (404)"),
    ],
)
async def test_rx1_credentials_that_do_not_work_are_refused_with_what_ezyvet_says(
    api: httpx2.AsyncClient,
    ezyvet: RunningEzyvet,
    practice: str,
    site: dict[str, Any],
    changed: dict[str, str],
    state: str,
    why: str,
) -> None:
    await ezyvet.control("POST", f"/sites/{site['uid']}", {"state": state})
    answer = await put(api, practice, "credentials", file_of(site, **changed))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/refused")
    assert why in answer.json()["detail"]
    assert site["client_secret"] not in answer.text
    assert (await shown(api, practice))["facts"] == []
    users = await api.get(f"/api/practices/{practice}/ezyvet/users")
    assert (users.status_code, "no credentials" in users.json()["detail"]) == (422, True)


async def test_rx1_what_is_no_credentials_is_refused_without_repeating_it(
    api: httpx2.AsyncClient, practice: str
) -> None:
    for wrong in ({}, {"client_id": 5}, {"client_id": "hush-hush", "client_secret": "hush-hush", "site": "hush-hush"}):
        answer = await put(api, practice, "credentials", wrong)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
        assert "hush-hush" not in answer.text
    given = {"client_id": "a", "client_secret": "b", "site_uid": "c"}
    assert (await put(api, "unheard-of", "credentials", given)).status_code == 404


async def test_rx10_prescribers_are_active_vet_users(
    api: httpx2.AsyncClient, practice: str, site: dict[str, Any]
) -> None:
    await put(api, practice, "credentials", file_of(site))
    users = (await api.get(f"/api/practices/{practice}/ezyvet/users")).json()["users"]
    assert users == [
        {"id": 10, "name": "Vera Okafor", "active": True, "vet": True},
        {"id": 11, "name": "Tom Nguyen", "active": False, "vet": False},
        {"id": 12, "name": "Reception", "active": True, "vet": False},
        {"id": 13, "name": "Wim de Vries", "active": True, "vet": True},
    ]

    async def choose(vet: str, user: object) -> str:
        answer = await put(api, practice, f"prescribers/{vet}", {"ezyvet_user_id": user})
        return "" if answer.status_code == 204 else f"{answer.status_code} {answer.json()['detail']}"

    assert await choose("dr-okafor", 10) == ""
    assert "422 dr-nguyen: the ezyVet user 11 (Tom Nguyen) is switched off" in await choose("dr-nguyen", 11)
    assert "422 desk: the ezyVet user 12 (Reception) is not a vet" in await choose("desk", 12)
    assert "422 dr-wim: the ezyVet user 10 (Vera Okafor) is dr-okafor already" in await choose("dr-wim", 10)
    assert "422" in await choose("dr-wim", 999)
    assert "422" in await choose("dr-wim", "10")
    assert await choose("dr-wim", 13) == ""


async def test_an_ezyvet_that_is_away_asks_for_patience(
    ezyvet_web: tuple[str, Desk], api: httpx2.AsyncClient, practice: str, site: dict[str, Any]
) -> None:
    await put(api, practice, "credentials", file_of(site))
    desk = ezyvet_web[1]
    settings = desk.settings.model_copy(update={"ezyvet_url": "http://127.0.0.1:9"})
    app = create_app(Desk(desk.client, desk.database, settings), settings)
    async with serving(app, settings) as address, program(address, API_TOKEN) as other:
        refused = await put(other, practice, "credentials", file_of(site))
        assert (refused.status_code, "cannot be reached" in refused.json()["detail"]) == (422, True)
        users = await other.get(f"/api/practices/{practice}/ezyvet/users")
        assert (users.status_code, users.headers["Retry-After"]) == (503, "5")
