"""Simulates ezyVet on this machine: `python -m partners.simulators.ezyvet --port 8091 --home DIRECTORY`.

It answers ezyVet's API under `/v1/`, for as many practices' sites as `/control` seeds. It listens on 127.0.0.1 only
and prints `listening on http://127.0.0.1:PORT` once it does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from pathlib import Path

import uvicorn

from partners.simulators.ezyvet.app import make_app
from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.ezyvet.store import Store
from partners.simulators.serving import Server, StoreProblem

PARTNER_ID = "ONBOARD_EZYVET_PARTNER_ID"


async def serve(port: int, home: Path, partner_id: str) -> None:
    """Runs until SIGINT or SIGTERM. Raises OSError or StoreProblem (each with a sentence) at the start."""
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        store = Store(home)
        app = make_app(Simulator(store, partner_id))
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
        await Server(config).serve([listener])
        store.close()


def main() -> int:
    """Returns the exit status: 0 after a signal, 1 with one sentence if it cannot start."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=8091, help="of 127.0.0.1; 0 takes any that is free")
    parser.add_argument("--home", type=Path, required=True, help="the directory of its state")
    parser.add_argument("--partner-id", default=os.environ.get(PARTNER_ID) or "example-partner")
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.port, arguments.home, arguments.partner_id))
    except (OSError, OverflowError, StoreProblem) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        sys.stderr.write(f"ezyVet's stand-in cannot start: {why.rstrip('.')}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
