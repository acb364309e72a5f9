"""The API answers as its OpenAPI document says, and never with a fault of ours, whatever it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from pydantic import SecretStr

from configuration.settings import Settings
from desk.service import Desk
from integrations.ezyvet import budget
from integrations.ezyvet.limits import Limits
from tests.patience import PATIENCE
from tests.signing import mail, signed
from tests.simulators.ezyvet.running import ezyvet_running
from tests.web.clinic.test_members import CLINIC
from tests.web.conftest import API_TOKEN
from tests.web.ezyvet_patients import enter_patients
from tests.web.programs import SECRET, practice_file
from tests.web.schemathesis import operations, run, succeeded
from tests.web.serving import serving
from web.api import callers
from web.api.answers import KINDS
from web.api.calls import EXAMPLE as CALL
from web.api.calls import MISTAKE
from web.api.ezyvet import CREDENTIALS
from web.api.feed_examples import FILE
from web.api.prescription_examples import PRESCRIPTION, PRODUCT
from web.app import create_app


@pytest.fixture(scope="module")
async def served(desk: Desk, web_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        # Requests are made up faster than ezyVet takes them.
        patch.setattr(budget, "Limits", partial(Limits, per_endpoint=1_000_000, per_site=1_000_000))
        async with ezyvet_running(tmp_path_factory.mktemp("ezyvet")) as simulated:
            await simulated.control("POST", "", {"speed": 1e4})
            given = {name: value for name, value in CREDENTIALS.items() if name.startswith("client")}
            await simulated.seed(CREDENTIALS["site_uid"], **given)
            settings = web_settings.model_copy(
                update={
                    "datapoint_webhook_secret": (SecretStr(SECRET),),
                    "api_requests_a_minute": 1_000_000,
                    "ezyvet_url": simulated.url,
                    "ezyvet_partner_id": "example-partner",
                }
            )
            async with serving(create_app(Desk(desk.client, desk.database, settings), settings), settings) as address:
                yield address


@pytest.fixture(scope="module")
async def document(served: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as client:
        found: dict[str, Any] = (await client.get("/api/openapi.json")).json()
    return found


async def test_no_fault_and_no_answer_that_is_not_documented(
    served: str, tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MAX_FAILURES", 1_000_000)
    await enter_patients(desk.database, "riverside-vet")
    async with httpx2.AsyncClient(
        base_url=served, headers={"Authorization": f"Bearer {API_TOKEN}"}, timeout=PATIENCE
    ) as client:
        await client.post("/api/onboardings", json=practice_file("riverside-vet"))
        await client.post("/api/onboardings", json=practice_file("riverside-vet") | {"playbook": "ezyvet"})
        await client.put("/api/practices/riverside-vet/ezyvet/credentials", json=CREDENTIALS)
        octets = {"Content-Type": "application/octet-stream"}
        await client.post("/api/practices/riverside-vet/feeds?name=export.ndjson", content=FILE, headers=octets)
        await client.put("/api/products/carprofen-75", json=PRODUCT)
        await hand_in_email(client)
        await log_a_call(client)
        opened = await client.post("/api/prescriptions", json=PRESCRIPTION)
        assert opened.status_code == 201, opened.text
    report = await run(served, API_TOKEN, tmp_path, "--exclude-tag", "members", prescription=opened.json()["id"])
    assert await succeeded(served) >= (await operations(served, "members"))[1], report


async def log_a_call(client: httpx2.AsyncClient) -> None:
    """A call, which is taken back: the document does not know its ID."""
    logged = await client.post("/api/practices/riverside-vet/calls", json=CALL)
    assert logged.status_code == 201, logged.text
    mistake = await client.post(f"{logged.request.url}/{logged.json()['id']}/take-back", json=MISTAKE)
    assert mistake.status_code == 200, mistake.text


async def hand_in_email(client: httpx2.AsyncClient) -> None:
    """A request for record sharing whose key is in no DNS, so that a person decides about it."""
    for clinic in ("mail-north", "mail-south"):
        account = {**CLINIC, "account_email": f"boss@{clinic}.test"}
        (await client.put(f"/api/clinics/{clinic}", json=account)).raise_for_status()
    owner = {"name": "Robin Ames", "role": "owner"}
    (await client.put("/api/clinics/mail-north/members/boss@mail-north.test", json=owner)).raise_for_status()
    raw = signed(mail("boss@mail-north.test", "Please share with mail-south."), "mail-north.test")
    answer = await client.post("/api/sharing/emails", content=raw, headers={"Content-Type": "message/rfc822"})
    assert answer.status_code == 202, answer.text
    decision = f"/api/sharing/emails/{answer.json()['id']}/decision"
    (await client.post(decision, json={"accept": False, "why": "They know of nothing."})).raise_for_status()


async def test_every_example_is_what_it_is_an_example_of(document: dict[str, Any]) -> None:
    """Those of requests are sent by the test above; these are of answers and problems."""
    seen = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media in (content for part in parts for content in part.get("content", {}).values()):
                schema = {**media["schema"], "components": document["components"]}
                for example in media.get("examples", {}).values():
                    name = example.get("$ref", "").rpartition("/")[2]
                    shown = document["components"]["examples"][name] if name else example
                    jsonschema_rs.validator_for(schema).validate(shown["value"])
                    seen += 1
            assert operation["summary"] and operation["responses"], (method, path)
    assert seen > 50


async def test_only_the_api_and_the_hooks_are_told_of(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith(("/api/", "/hooks/")) for path in document["paths"])
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["security"], operation["summary"]


async def test_every_kind_of_problem_is_explained_where_its_type_leads(served: str) -> None:
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as client:
        for kind, (status, text) in KINDS.items():
            answer = await client.get(f"/problems/{kind}")
            assert answer.status_code == 200 and text in answer.text and str(status) in answer.text
        assert (await client.get("/problems/unheard-of")).status_code == 404
