"""Simulates IDEXX DataPoint on this machine: `python -m partners.simulators.datapoint --port 8090 --home DIRECTORY`.

It takes requests into its queue, mails the practice's contacts, shows them its form and its agreement, "installs",
and reports each step to the product by a signed webhook. Its index page and `/control` make it late, silent, doubled
or out of order. In automatic mode it also acts for the practice's people; in manual mode they use the links in their
mails. Delays are those of the real DataPoint, divided by `--speed`. `--speed` and `--automatic` are the settings of a
new home; later changes on the page win.

ONBOARD_DATAPOINT_WEBHOOK_SECRET (`whsec_...`) signs webhooks; mail leaves by ONBOARD_SMTP_URL, from
ONBOARD_DATAPOINT_SENDER. With `--api-url` and ONBOARD_API_TOKEN it delivers the feeds themselves; without, it only
reports them. It listens on 127.0.0.1 only and prints `listening on http://127.0.0.1:PORT` once it does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from pathlib import Path

import uvicorn
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from partners.message import Sender
from partners.simulators.datapoint.app import make_app
from partners.simulators.datapoint.feed_delivery import FeedDelivery
from partners.simulators.datapoint.mail import Mailer
from partners.simulators.datapoint.simulator import Simulator
from partners.simulators.datapoint.steps import SimulationSettings
from partners.simulators.datapoint.store import Store
from partners.simulators.datapoint.webhooks import Webhooks
from partners.simulators.serving import Server, StoreProblem
from partners.smtp import Smtp

SECRET = "ONBOARD_DATAPOINT_WEBHOOK_SECRET"  # noqa: S105 - a name
TOKEN = "ONBOARD_API_TOKEN"  # noqa: S105 - a name


async def serve(arguments: argparse.Namespace) -> None:
    """Runs until SIGINT or SIGTERM. Raises OSError, StoreProblem or ValueError (each with a sentence) at the start."""
    sender = Sender(arguments.sender, "IDEXX DataPoint (stand-in)", arguments.sender)
    with socket.create_server(("127.0.0.1", arguments.port), backlog=128) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        mailer = Mailer(Smtp.from_url(arguments.smtp_url, sender), arguments.url or address)
        signature = _signature()
        store = Store(arguments.home, SimulationSettings(speed=arguments.speed, automatic=arguments.automatic))
        webhooks = Webhooks(store, arguments.hooks_url, signature)
        token = os.environ.get(TOKEN, "")
        delivery = FeedDelivery(arguments.api_url, token) if arguments.api_url and token else None
        simulator = Simulator(store, mailer, webhooks, delivery)
        server = Server(
            uvicorn.Config(make_app(simulator), log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        )
        async with asyncio.TaskGroup() as group:
            simulator.start(group)
            print(f"listening on {address}", flush=True)  # noqa: T201
            await server.serve([listener])
            simulator.stop()
        await webhooks.close()
        store.close()


def _signature() -> Webhook:
    secret = os.environ.get(SECRET, "")
    if not secret:
        raise ValueError(f"{SECRET} is not set: give it the secret that the product checks webhooks with")
    try:
        return Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        raise ValueError(
            f"{SECRET} is not a secret: it must be whsec_ and the base64 of 24 to 64 random bytes"
        ) from None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    environment = os.environ
    parser.add_argument("--port", type=int, default=8090, help="of 127.0.0.1; 0 takes any that is free")
    parser.add_argument("--home", type=Path, required=True, help="the directory of its state")
    parser.add_argument("--url", help="where people reach it, if not at 127.0.0.1")
    parser.add_argument("--hooks-url", default="http://127.0.0.1:8080/hooks/datapoint", help="where webhooks go")
    parser.add_argument("--api-url", help="where feeds are handed in; without it data are only talked about")
    parser.add_argument("--smtp-url", default=environment.get("ONBOARD_SMTP_URL") or "smtp://127.0.0.1:1025")
    parser.add_argument("--sender", default=environment.get("ONBOARD_DATAPOINT_SENDER") or "no-reply@datapoint.example")
    parser.add_argument("--speed", type=_speed, default=1.0, help="divides delays; with 3600 an hour takes a second")
    parser.add_argument(
        "--automatic", action=argparse.BooleanOptionalAction, default=True, help="play the practice's people too"
    )
    return parser.parse_args()


def _speed(text: str) -> float:
    if not 0 < (speed := float(text)) <= 1e7:
        raise ValueError
    return speed


def main() -> int:
    """Returns the exit status: 0 after a signal, 1 with one sentence if it cannot start."""
    arguments = _arguments()
    try:
        asyncio.run(serve(arguments))
    except (OSError, OverflowError, StoreProblem, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        sys.stderr.write(f"DataPoint's stand-in cannot start: {why.rstrip('.')}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
