"""The application over one database, asked in this process, and programs with members' tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from configuration.settings import Settings
from desk.lazy_connect import LazyConnect
from desk.service import Desk
from store.accounts.access import create_member_token
from tests.sharing.clinics import Group
from web.app import create_app


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


async def programs(group: Group, engine: AsyncEngine, url: str) -> Programs:
    settings = Settings(
        database_url=url,
        secret_key=SecretStr("a-secret-key-for-tests-only-0123456789"),
        development=True,
        api_requests_a_minute=100_000,
    )
    nobody = await Client.connect("127.0.0.1:9", lazy=True, interceptors=[LazyConnect()])
    return Programs(group, httpx2.ASGITransport(create_app(Desk(nobody, engine, settings), settings)))
