"""ezyVet's simulator in this process, over real HTTP, with sites that know the ids of the source's example."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from partners.simulators.ezyvet.app import make_app
from partners.simulators.ezyvet.resources import SCOPES
from partners.simulators.ezyvet.samples import SAMPLE
from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.ezyvet.store import Store
from tests.patience import PATIENCE
from tests.simulators.receiver import http_server

EXAMPLE: dict[str, Any] = {
    "animal_id": 6,
    "consult_id": 15,
    "contact_id": 5,
    "prescribing_vet_user_id": 10,
    "date_of_prescription": 1720488651,
    "external_reference": "Test-reference5",
    "total_price": 20.00,
    "external_prescription_item_list": [
        {
            "external_product_name": "Test Product",
            "external_product_reference": "TestProd",
            "external_link": "https://www.ezyvet.com",
            "instructions": "Take one daily on an empty stomach",
            "price": 20.00,
            "qty": 3,
            "remaining": 0,
        }
    ],
}
"""Verbatim from the guide (RX12)."""


@dataclass
class RunningEzyvet:
    """`http` is a client of it; `url` is what the setting EZYVET_URL would be."""

    url: str
    http: httpx2.AsyncClient

    async def seed(self, site: str, **fields: Any) -> dict[str, Any]:
        """Seeds a site with the sample's records, or with `fields`; returns its credentials."""
        return await self.control("PUT", f"/sites/{site}", {"name": site, **SAMPLE.model_dump(), **fields})

    async def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = (await self.http.request(method, f"/control{path}", json=body)).raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    async def clear_faults(self) -> None:
        (await self.http.delete("/control/faults")).raise_for_status()

    async def fault(self, do: str, **fields: Any) -> None:
        """Makes calls of one site (or all) go wrong."""
        await self.control("POST", "/faults", {"do": do, **fields})

    async def calls(self, site: str, **query: Any) -> list[dict[str, Any]]:
        """The calls of a site; `at_least` waits for so many."""
        answer = await self.http.get(f"/control/sites/{site}/calls", params=query)
        found: list[dict[str, Any]] = answer.raise_for_status().json()["calls"]
        return found

    async def token(self, site: dict[str, Any], **changed: Any) -> httpx2.Response:
        """Asks for a token; `changed` are fields of the request, left out if None."""
        body = {
            **{name: site[name] for name in ("partner_id", "client_id", "client_secret")},
            **{"grant_type": "client_credentials", "scope": ",".join(SCOPES), "site_uid": site["uid"]},
            **changed,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return await self.http.post("/v1/oauth/access_token", json=given)

    async def signed_in(self, site: str, **fields: Any) -> Client:
        """A client of a site that is seeded for it."""
        seeded = await self.seed(site, **fields)
        token = (await self.token(seeded)).raise_for_status().json()["access_token"]
        return Client(self, seeded, {"authorization": f"Bearer {token}"})


def text_of(answer: httpx2.Response) -> str:
    """The text of the one message."""
    [message] = answer.json()["messages"]
    return str(message["text"])


def an_item(reference: str = "TestProd", **fields: Any) -> dict[str, Any]:
    """An item of a new prescription; `fields` are left out if None."""
    item = {**EXAMPLE["external_prescription_item_list"][0], "external_product_reference": reference, **fields}
    return {name: value for name, value in item.items() if value is not None}


@dataclass
class Client:
    """One that calls with a token of the site `seeded`."""

    running: RunningEzyvet
    seeded: dict[str, Any]
    headers: dict[str, str]

    async def call(self, method: str, path: str, body: object = None, **query: Any) -> httpx2.Response:
        return await self.running.http.request(method, f"/v1/{path}", json=body, params=query, headers=self.headers)

    async def create(self, **changed: Any) -> httpx2.Response:
        """The example, with `changed` fields, left out if None."""
        body = {name: value for name, value in {**EXAMPLE, **changed}.items() if value is not None}
        return await self.call("POST", "externalprescription", body)

    async def created(self, **changed: Any) -> str:
        """The new prescription's uid."""
        answer = (await self.create(**changed)).raise_for_status().json()
        return str(answer["messages"][0]["fields"]["prescription_uid"])

    async def items(self, uid: str) -> dict[str, dict[str, str]]:
        """The items of a prescription, by reference, read back as the product reads them."""
        [found] = (await self.call("GET", "prescription", uid=uid)).json()["items"]
        rows = (await self.call("GET", "prescriptionitem", prescription_id=found["prescription"]["id"])).json()["items"]
        return {row["prescriptionitem"]["external_product_reference"]: row["prescriptionitem"] for row in rows}

    @property
    def site(self) -> str:
        return str(self.seeded["uid"])

    async def fault(self, do: str, **fields: Any) -> None:
        await self.running.fault(do, site=self.site, **fields)

    async def update(self, uid: str, *items: dict[str, Any], **fields: Any) -> httpx2.Response:
        body = fields | ({"external_prescription_item_list": list(items)} if items else {})
        return await self.call("PATCH", f"externalprescription/{uid}", body)

    async def held(self) -> dict[str, Any]:
        """What the simulator holds of the site."""
        return await self.running.control("GET", f"/sites/{self.site}")


@asynccontextmanager
async def a_client(url: str) -> AsyncIterator[RunningEzyvet]:
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as http:
        yield RunningEzyvet(url, http)


@asynccontextmanager
async def ezyvet_running(home: Path) -> AsyncIterator[RunningEzyvet]:
    store = Store(home)
    simulator = Simulator(store, "example-partner")
    try:
        async with http_server(make_app(simulator)) as port, a_client(f"http://127.0.0.1:{port}") as running:
            try:
                yield running
            finally:
                # The server waits for the calls that it still answers.
                simulator.release()
    finally:
        store.close()
