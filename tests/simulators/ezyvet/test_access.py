"""Who gets a token from ezyVet's simulator, how long it is good, and what it is good for."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.simulators.ezyvet.running import Client, RunningEzyvet, text_of


async def test_a_token_is_a_jwt_for_twelve_hours_whatever_expires_in_says(client: Client) -> None:
    answer = (await client.running.token(client.seeded)).json()
    payload = answer["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] - claims["iat"] == 43_200
    assert claims["site_uid"] == client.site
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 1_209_600)


async def test_a_new_token_ends_the_one_before_and_only_that(client: Client) -> None:
    other = await client.running.signed_in(f"{client.site}-other")
    await client.running.token(client.seeded)
    ended = await client.call("GET", "user")
    assert (ended.status_code, text_of(ended)) == (401, "The access token has expired or was revoked.")
    assert ended.json()["messages"][0]["fields"] == []
    assert (await other.call("GET", "user")).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"partner_id": None},
        {"partner_id": "another"},
        {"client_id": "another"},
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"grant_type": "password"},
        {"scope": ""},
        {"scope": "write-everything"},
        {"site_uid": None},
        {"site_uid": "another"},
    ],
)
async def test_anything_wrong_is_401(client: Client, changed: dict[str, Any]) -> None:
    assert (await client.running.token(client.seeded, **changed)).status_code == 401
    assert (await client.call("GET", "user")).status_code == 200, "the token stays good"


async def test_it_must_be_json(client: Client) -> None:
    fields = {name: client.seeded[name] for name in ("partner_id", "client_id", "client_secret")}
    form = {**fields, "grant_type": "client_credentials", "scope": "read-user", "site_uid": client.site}
    assert (await client.running.http.post("/v1/oauth/access_token", data=form)).status_code == 401


async def test_only_what_its_scopes_allow(client: Client) -> None:
    token = (await client.running.token(client.seeded, scope="read-user read-animal")).json()["access_token"]
    client.headers = {"authorization": f"Bearer {token}"}
    assert (await client.call("GET", "user")).status_code == 200
    assert text_of(await client.call("GET", "consult")) == "The access token has not the scope read-consult."
    assert (await client.create()).status_code == 403


async def test_it_expires_and_can_be_ended(client: Client) -> None:
    await client.running.control("POST", f"/sites/{client.site}", {"end_token": True})
    assert (await client.call("GET", "user")).status_code == 401
    await client.running.control("POST", f"/sites/{client.site}", {"token_seconds": 1})
    token = (await client.running.token(client.seeded)).json()["access_token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] - claims["iat"] == 1


@pytest.mark.parametrize(("state", "status"), [("revoked", 401), ("expired", 404)])
async def test_access_taken_back_and_a_trial_that_ended(client: Client, state: str, status: int) -> None:
    await client.running.control("POST", f"/sites/{client.site}", {"state": state})
    assert (await client.call("GET", "user")).status_code == status
    assert (await client.running.token(client.seeded)).status_code == status
    await client.running.control("POST", f"/sites/{client.site}", {"state": "live"})
    assert (await client.call("GET", "user")).status_code == 200


async def test_no_token_or_a_forged_one(ezyvet: RunningEzyvet, client: Client) -> None:
    token = client.headers["authorization"]
    for forged in ({}, {"authorization": "Bearer x"}, {"authorization": token[:-2] + "AA"}, {"authorization": "Basic"}):
        assert (await ezyvet.http.get("/v1/user", headers=forged)).status_code == 401


async def test_endpoints_that_are_not_there(client: Client) -> None:
    assert (await client.call("GET", "appointment")).status_code == 404
    assert (await client.call("GET", "user/10")).status_code == 404
    assert (await client.call("POST", "prescription", {})).status_code == 405
    assert (await client.call("GET", "externalprescription")).status_code == 405
