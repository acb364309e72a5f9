"""Secrets over the API and in the console: no answer, page, stored row or log has the plain text."""

from __future__ import annotations

import logging
import os
from base64 import urlsafe_b64encode

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from playbooks.registry import PLAYBOOKS
from tests.playbooks.trials.vault import VAULT
from tests.system.test_secrets import HUSH, HUSH2, stored
from tests.web.browser import Browser
from tests.web.conftest import API_TOKEN
from tests.web.programs import practice_file, program
from tests.web.serving import serving
from web.app import create_app


@pytest.fixture
async def address(api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an onboarding that is to be given a key."""
    monkeypatch.setitem(PLAYBOOKS, VAULT.name, VAULT)
    answer = await api.post("/api/onboardings", json=practice_file() | {"playbook": "vault"})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def test_the_api_answers_repeats_and_stores_no_secret(
    api: httpx2.AsyncClient, address: str, database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path, headers = f"{address}/facts/key_given", {"Idempotency-Key": "one-key"}
    body = {"data": {"client_id": "abc", "client_secret": HUSH}}
    answers = [await api.post(path, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    other = {"data": {"client_id": "abc", "client_secret": HUSH2}}
    answers += [await api.post(path, json=other, headers=headers), await api.post(path, json=other)]
    assert [answer.json()["type"] for answer in answers[2:]] == ["/problems/key-reused", "/problems/refused"]
    answers += [await api.get(address), await api.get(f"{address}/journal")]
    everywhere = [*(answer.text for answer in answers), await stored(database), caplog.text]
    for place in everywhere:
        assert HUSH not in place
        assert HUSH2 not in place


async def test_a_form_does_not_give_a_secret_back(address: str, specialist: Browser, database: AsyncEngine) -> None:
    home = address.removeprefix("/api")
    page = f"{home}/facts/key_given"
    assert 'name="d_client_secret" type="password"' in (await specialist.get(page)).text
    again = await specialist.submit(page, {"d_client_id": "", "d_client_secret": HUSH}, page)
    assert again.status_code == 422
    assert HUSH not in again.text
    given = {"d_client_id": "abc", "d_client_secret": HUSH}
    done = await specialist.submit(page, given, page, follow_redirects=True)
    assert "Recorded: key given." in done.text
    assert HUSH not in done.text
    assert HUSH not in await stored(database)


async def test_a_repeat_is_known_after_a_new_key_was_put_in_front(
    address: str, desk: Desk, web_settings: Settings
) -> None:
    old, new = (SecretStr(urlsafe_b64encode(os.urandom(32)).decode()) for _ in range(2))
    path, headers = f"{address}/facts/key_given", {"Idempotency-Key": "before-and-after"}
    body = {"data": {"client_id": "abc", "client_secret": HUSH}}
    answers = []
    for keys in ((old,), (new, old)):
        settings = web_settings.model_copy(update={"payload_keys": keys})
        app = create_app(Desk(desk.client, desk.database, settings), settings)
        async with serving(app, settings) as server, program(server, API_TOKEN) as api:
            answers += [await api.post(path, json=body, headers=headers), await api.post(path, json=body)]
    assert [answer.json()["outcome"] for answer in answers] == ["recorded", "already_known"] * 2
