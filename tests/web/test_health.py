"""For machines that watch."""

from __future__ import annotations

import httpx2
import pytest
from pydantic import SecretStr

from configuration.settings import Settings
from desk.service import Desk
from store.accounts import access, accounts
from tests.patience import PATIENCE
from tests.web.browser import Browser
from tests.web.serving import serving
from web.app import create_app


@pytest.mark.usefixtures("patient_probes")
async def test_up_and_ready(browser: Browser) -> None:
    assert (await browser.get("/healthz")).json() == {"status": "ok"}
    assert (await browser.get("/readyz")).json() == {"status": "ok", "database": "ok", "temporal": "ok"}


async def test_the_figures_name_routes_and_never_addresses(browser: Browser) -> None:
    await browser.get("/welcome/a-secret-of-a-link")
    figures = (await browser.get("/metrics")).text
    assert 'onboard_http_requests_total{method="GET",route="/welcome/{token}",status="410"}' in figures
    assert "onboard_http_request_seconds_bucket" in figures
    assert "secret" not in figures


async def test_methods_are_not_made_up(browser: Browser) -> None:
    await browser.client.request("SHOUT", "/nothing")
    assert 'method="OTHER"' in (await browser.get("/metrics")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Host": "onboarding.pharmacy.test"},
        {"Authorization": "Bearer wrong", "X-Forwarded-For": "203.0.113.9"},
    ],
)
async def test_the_figures_are_not_for_everybody(desk: Desk, web_settings: Settings, headers: dict[str, str]) -> None:
    public = web_settings.model_copy(update={"public_url": "http://onboarding.pharmacy.test"})
    async with (
        serving(create_app(desk, public), public) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        assert (await client.get("/metrics", headers=headers)).status_code == 401
        assert (await client.get("/metrics")).status_code == 200
        mine = {**headers, "Authorization": f"Bearer {_token(public)}"}
        assert (await client.get("/metrics", headers=mine)).status_code == 200


async def test_a_person_may_read_them_with_a_token_for_reading(specialist: Browser, desk: Desk) -> None:
    person = await accounts.find(desk.database, specialist.handle)
    statuses = []
    for scope in ("read", "write"):
        token = await access.create_token(desk.database, person, scope, (scope,), None)
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.9"}
        statuses.append((await specialist.get("/metrics", headers=headers)).status_code)
    assert statuses == [200, 401]


def _token(settings: Settings) -> str:
    assert isinstance(settings.api_token, SecretStr)
    return settings.api_token.get_secret_value()
