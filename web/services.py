"""What every route may need, made once when the application is built."""

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
from desk.change_feed import Pulse
from desk.service import Desk
from store.inbox.batching import Intake
from web.metrics import Metrics
from web.rate_limits import Limits


@dataclass(frozen=True)
class Services:
    """`secret` signs what visitors carry, `paths` are those of all pages, `https` tells how visitors come."""

    desk: Desk
    settings: Settings
    secret: str
    metrics: Metrics
    paths: frozenset[str] = frozenset()
    intake: Intake = field(default_factory=Intake)
    limits: Limits = field(default_factory=Limits)

    @property
    def database(self) -> AsyncEngine:
        return self.desk.database

    @cached_property
    def pulse(self) -> Pulse:
        """What changes in the journal, noticed once for all who look."""
        return Pulse(self.database)

    @cached_property
    def starter(self) -> Starter:
        """Starts the practices of the files that were given."""
        return Starter(self.desk)

    @property
    def https(self) -> bool:
        return (self.settings.public_url or "").startswith("https:")

    @property
    def mailbox(self) -> Path | None:
        """The Maildir of a system on one machine; None where mail goes elsewhere."""
        folder = self.settings.home / "mailbox"
        return folder if (folder / "new").is_dir() else None

    def temporal_ui(self, place: str = "workflows") -> str | None:
        """The address of a place in Temporal UI, below the namespace; None if it is not known where that is.

        `workflows/ID` is one onboarding (its slash written as %2F), `workflows?query=…` a list.
        """
        ui = self.settings.temporal_ui_url
        return f"{ui}/namespaces/{self.desk.client.namespace}/{place}" if ui else None


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that a request came to."""
    services: Services = connection.app.state.services
    return services


async def _given(connection: HTTPConnection) -> Services:
    # A dependency that is no coroutine would be sent to a thread, with every request.
    return services_of(connection)


Web = Annotated[Services, Depends(_given)]
"""For a route's parameter: `async def board(request: Request, web: Web)`."""
