"""Plays IDEXX DataPoint on this machine: `python -m partners.simulators.datapoint --port 8090 --home DIRECTORY`.

It takes requests into its queue, mails the practice's contacts, shows them its form and its agreement, "installs",
and reports each step to the product by a signed webhook. Its index page and `/control` make it late, silent, doubled
or out of order. In automatic mode the practice's people are played as well; in manual mode they use the links in
their mails. Delays are those of the real thing, divided by `--speed`. Both options are what a new home begins with;
what was changed on the page since holds.

The secret that signs webhooks is ONBOARD_DATAPOINT_WEBHOOK_SECRET (`whsec_...`); mail leaves by ONBOARD_SMTP_URL, from
ONBOARD_DATAPOINT_SENDER. With `--api-url` and ONBOARD_API_TOKEN the data themselves are delivered; without, they are
only told of. It listens on 127.0.0.1 only and prints `listening on http://127.0.0.1:PORT` once it does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from partners.message import Sender
from partners.simulators import datapoint_control, datapoint_forms, datapoint_pages
from partners.simulators.datapoint_admin import Office
from partners.simulators.datapoint_delivery import Delivery
from partners.simulators.datapoint_mail import Letters
from partners.simulators.datapoint_page import page
from partners.simulators.datapoint_problem import NotFound, Refused
from partners.simulators.datapoint_progress import Program
from partners.simulators.datapoint_store import Store, StoreProblem
from partners.simulators.datapoint_webhooks import Webhooks
from partners.smtp import Smtp, TransportError

SECRET = "ONBOARD_DATAPOINT_WEBHOOK_SECRET"  # noqa: S105 - a name
TOKEN = "ONBOARD_API_TOKEN"  # noqa: S105 - a name
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def make_app(office: Office) -> FastAPI:
    """The stand-in's pages and its JSON side."""
    app = FastAPI(title="DataPoint (stand-in)", docs_url=None, redoc_url=None)
    app.state.office = office
    for module in (datapoint_control, datapoint_forms, datapoint_pages):
        app.include_router(module.router)

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        # A page of somebody else's, open in the same browser, must not press our buttons.
        if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _problem(request, 403, "This came from another site's page: use the stand-in's own.")
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return _problem(request, 404 if isinstance(error, NotFound) else 409, str(error))

    @app.exception_handler(TransportError)
    async def no_mail(request: Request, error: TransportError) -> Response:
        return _problem(request, 502, str(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        parts = [
            f"{'.'.join(str(step) for step in each['loc'][1:]) or 'the body'}:"
            f" {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()[:5]
        ]
        return _problem(request, 422, f"{'; '.join(parts)}.")

    return app


def _problem(request: Request, status: int, sentence: str) -> Response:
    if request.url.path.startswith(("/requests", "/control")):
        body = {"type": "about:blank", "status": status, "title": "Not done", "detail": sentence}
        return JSONResponse(body, status, media_type="application/problem+json")
    return page("problem.html", status, sentence=sentence)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Theirs raises the signal again afterwards, which would end the process by it instead of with status 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, setattr, self, "should_exit", True)
        yield


async def serve(wanted: argparse.Namespace) -> None:
    """Runs until SIGINT or SIGTERM. Raises OSError, StoreProblem or ValueError (each with a sentence) at the start."""
    sender = Sender(wanted.sender, "IDEXX DataPoint (stand-in)", wanted.sender)
    with socket.create_server(("127.0.0.1", wanted.port), backlog=128) as listener:
        here = f"http://127.0.0.1:{listener.getsockname()[1]}"
        letters = Letters(Smtp.from_url(wanted.smtp_url, sender), wanted.url or here)
        signature = _signature()
        store = Store(wanted.home, Program(speed=wanted.speed, automatic=wanted.automatic))
        webhooks = Webhooks(store, wanted.hooks_url, signature)
        token = os.environ.get(TOKEN, "")
        delivery = Delivery(wanted.api_url, token) if wanted.api_url and token else None
        office = Office(store, letters, webhooks, delivery)
        server = _Server(
            uvicorn.Config(make_app(office), log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        )
        async with asyncio.TaskGroup() as group:
            office.open(group)
            print(f"listening on {here}", flush=True)  # noqa: T201
            await server.serve([listener])
            office.close()
        await webhooks.close()
        store.close()


def _signature() -> Webhook:
    secret = os.environ.get(SECRET, "")
    if not secret:
        raise ValueError(f"{SECRET} is not set: give it the secret that the product checks webhooks with")
    try:
        return Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        raise ValueError(f"{SECRET} is no secret: it must be whsec_ and the base64 of 24 to 64 random bytes") from None


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
    """The process: 0 after a signal, 1 with one sentence if it cannot start."""
    wanted = _arguments()
    try:
        asyncio.run(serve(wanted))
    except (OSError, OverflowError, StoreProblem, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        sys.stderr.write(f"DataPoint's stand-in cannot start: {why.rstrip('.')}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
