"""The services that routes use, made once when the application is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from configuration.settings import Settings
from desk.bulk_start import Starter
from desk.change_feed import ChangeFeed
from desk.service import Desk
from pharmacy.prescriptions.register import changes as prescription_changes
from store.inbox.batching import EventBatcher
from web.metrics import Metrics
from web.rate_limits import Limits


@dataclass(frozen=True)
class Services:
    """`secret` signs cookies, `paths` are those of all pages, `https` is whether visitors come by https."""

    desk: Desk
    settings: Settings
    secret: str
    metrics: Metrics
    paths: frozenset[str] = frozenset()
    intake: EventBatcher = field(default_factory=EventBatcher)
    limits: Limits = field(default_factory=Limits)

    @property
    def database(self) -> AsyncEngine:
        return self.desk.database

    @cached_property
    def change_feed(self) -> ChangeFeed:
        return ChangeFeed(self.database)

    @cached_property
    def prescription_feed(self) -> ChangeFeed:
        """Tells changed prescriptions, as PRACTICE/ID."""
        return ChangeFeed(self.database, prescription_changes)

    @cached_property
    def starter(self) -> Starter:
        """Starts the practices of uploaded files."""
        return Starter(self.desk)

    @property
    def https(self) -> bool:
        return (self.settings.public_url or "").startswith("https:")

    @property
    def mailbox(self) -> Path | None:
        """The Maildir of a system on one machine; None where mail is sent to a real server."""
        folder = self.settings.home / "mailbox"
        return folder if (folder / "new").is_dir() else None

    def temporal_ui(self, place: str = "workflows") -> str | None:
        """Returns the address of a place in Temporal UI, below the namespace; None if no address is configured.

        `workflows/ID` is one onboarding (its slash written as %2F), `workflows?query=…` a list.
        """
        ui = self.settings.temporal_ui_url
        return f"{ui}/namespaces/{self.desk.client.namespace}/{place}" if ui else None


def services_of(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


async def _services(connection: HTTPConnection) -> Services:
    # FastAPI would run a dependency that is no coroutine in a thread, for every request.
    return services_of(connection)


async def _identity(playbook: str, practice: str) -> str:
    return f"{playbook}/{practice}"


Identity = Annotated[str, Depends(_identity)]
"""For a route whose path has `{playbook}/{practice}`: the onboarding's ID."""

Web = Annotated[Services, Depends(_services)]
"""For a route's parameter: `async def board(request: Request, web: Web)`."""
