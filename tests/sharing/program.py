"""The application over one database, asked in this process, and programs with members' tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from configuration.settings import Settings
from desk.lazy_connect import LazyConnect
from desk.service import Desk
from store.accounts.access import create_member_token
from tests.sharing.clinics import Group
from web.app import create_app
from web.rate_limits import Limits


@dataclass(frozen=True)
class Programs:
    """Temporal is not there: what these programs ask for needs none."""

    group: Group
    transport: httpx2.ASGITransport

    @asynccontextmanager
    async def at(self, clinic: str) -> AsyncIterator[httpx2.AsyncClient]:
        """A program that acts as the clinic's person, with addresses below the clinic's."""
        async with await self.program(clinic) as program:
            yield program

    async def program(self, clinic: str) -> httpx2.AsyncClient:
        token = await create_member_token(self.group.engine, self.group.people[clinic], "ana")
        headers = {"Authorization": f"Bearer {token}"}
        base = f"http://127.0.0.1/api/clinics/{clinic}"
        return httpx2.AsyncClient(transport=self.transport, base_url=base, headers=headers)


async def programs(group: Group, engine: AsyncEngine) -> Programs:
    if engine not in _applications:
        _applications[engine] = await _application(engine)
    app = _applications[engine]
    app.state.services = replace(app.state.services, limits=Limits())
    return Programs(group, httpx2.ASGITransport(app))


_applications: dict[AsyncEngine, FastAPI] = {}
"""An application prepares a route when it is first asked for, which costs more than most tests."""


async def _application(engine: AsyncEngine) -> FastAPI:
    settings = Settings(
        database_url=SecretStr(engine.url.render_as_string(hide_password=False)),
        secret_key=SecretStr("a-secret-key-for-tests-only-0123456789"),
        development=True,
        api_requests_a_minute=100_000,
    )
    nobody = await Client.connect("127.0.0.1:9", lazy=True, interceptors=[LazyConnect()])
    return create_app(Desk(nobody, engine, settings), settings)


JO = {
    **{"given_name": "Jo", "surname": "Hart", "street": "1 Elm St", "city": "Salem", "state": "IL"},
    **{"postcode": "62881", "phone": "(618) 555-0142", "email": "jo@mail.test"},
}

VISIT = {"kind": "exam", "text": "Healthy."}


async def added(clinic: httpx2.AsyncClient, **more: str | None) -> str:
    answer = await clinic.post("/clients", json=JO | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ids(clinic: httpx2.AsyncClient, name: str | None = None) -> list[str]:
    return [
        each["id"] for each in (await clinic.get("/clients", params={"name": name} if name else {})).json()["items"]
    ]
