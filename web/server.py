"""The web server: `python -m web.server [--host 127.0.0.1] [--port 8080]`.

Needs ONBOARD_DATABASE_URL, ONBOARD_SECRET_KEY and Temporal (`TEMPORAL_*`); any number may run side by side behind one
address. It creates the file named in ONBOARD_WEB_READY once it serves requests. SIGTERM and SIGINT end it after the
requests in progress.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from configuration.settings import Settings, SettingsProblem
from desk.connection import connect, require_namespace
from desk.problem import DeskProblem
from desk.service import Desk
from machine.exit import hard_exit
from store.database import DatabaseProblem, require_current
from store.database import connect as connect_database
from web.app import create_app
from web.connections import TimeLimitedProtocol

MAX_CONNECTIONS = 1_000
"""At the same time; idle ones are closed for new ones, and only if all are busy are more refused with 503."""
OTHER_FILES = 200
"""What the process may open besides connections of visitors."""
GRACE_SECONDS = 5
"""For requests in progress at shutdown."""


class Server(uvicorn.Server):
    """Creates the file `marker` once it serves requests."""

    marker: Path | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.marker is not None and self.started:
            await asyncio.to_thread(self.marker.touch)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if isinstance(self.config.app, FastAPI):
            # Open event streams would hold the shutdown up.
            self.config.app.state.services.change_feed.end()
        await super().shutdown(sockets)


async def serve(host: str, port: int) -> None:
    """Serves until told to end. Raises OSError if it cannot listen, and what the database and Temporal raise."""
    settings = Settings.load()
    settings.require_links()
    _allow_connections()
    await asyncio.to_thread(require_current, settings.required("database_url"))
    database = connect_database(settings.required("database_url"))
    # Connects when first used: pages and webhooks work while Temporal is down.
    client = await connect(settings=settings, identity=f"web {os.getpid()}", lazy=True)
    await require_namespace(client)
    server = Server(configuration(create_app(Desk(client, database, settings), settings), settings))
    if marker := os.environ.get("ONBOARD_WEB_READY"):
        server.marker = Path(marker)
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        await server.serve([listener])
    await database.dispose()


def configuration(app: object, settings: Settings) -> uvicorn.Config:
    """Returns uvicorn's configuration; no access log, which would contain tokens and names."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=TimeLimitedProtocol,
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=_max_connections(),
        timeout_keep_alive=10,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=32_768,
        lifespan="on",
    )


def _max_connections() -> int:
    """Returns MAX_CONNECTIONS, or fewer if the process may not open as many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if most == resource.RLIM_INFINITY else max(1, min(MAX_CONNECTIONS, most - OTHER_FILES))


def _allow_connections() -> None:
    """Lets the process open as many files as it may: many systems begin with fewer than it has connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m web.server", description="The web server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    given = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(serve(given.host, given.port))
    except (DeskProblem, SettingsProblem, DatabaseProblem) as problem:
        sys.stderr.write(f"{problem}\n")
        hard_exit(1)
    except OSError as error:
        sys.stderr.write(f"The web server cannot listen on {given.host}:{given.port} ({error.strerror}).\n")
        hard_exit(1)
    hard_exit(0)


if __name__ == "__main__":
    main()
