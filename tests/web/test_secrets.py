"""Secrets over the API and in the console: no answer, page, stored row or log has the plain text."""

from __future__ import annotations

import logging

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.registry import PLAYBOOKS
from tests.playbooks.trials.vault import VAULT
from tests.system.test_secrets import HUSH, HUSH2, stored
from tests.web.browser import Browser
from tests.web.programs import practice_file


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
    assert [answer.json()["code"] for answer in answers[2:]] == ["key-reused", "refused"]
    answers += [await api.get(address), await api.get(f"{address}/journal")]
    everywhere = [*(answer.text for answer in answers), await stored(database), caplog.text]
    for place in everywhere:
        assert HUSH not in place
        assert HUSH2 not in place


async def test_a_form_does_not_give_a_secret_back(address: str, specialist: Browser) -> None:
    home = address.removeprefix("/api")
    page = await specialist.get(f"{home}/facts/key_given")
    assert 'name="d_client_secret" type="password"' in page.text
    given = {"d_client_id": "", "d_client_secret": HUSH, "key": "form"}
    again = await specialist.post(f"{home}/facts/key_given", given)
    assert again.status_code == 422
    assert HUSH not in again.text
