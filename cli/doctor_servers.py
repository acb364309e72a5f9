"""The checks of `onboard doctor` that ask a server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cli.doctor_check import Check
from machine import servers
from machine.problem import MachineProblem
from machine.workers import WORKER
from playbooks.plural import count_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from temporalio.client import Client

    from configuration.settings import Settings

MAX_CLOCK_SKEW = timedelta(seconds=5)
MAX_POLL_AGE = timedelta(seconds=90)
"""Every running worker has polled within this time, as a poll lasts a minute at most."""
TIMEOUT = 5.0
TEMPORAL_TIMEOUT = 12.0
"""Seconds; longer than `machine.servers.EXTERNAL_TIMEOUT`. The client itself would wait half a minute."""


async def server_checks(addresses: dict[str, Any], external_temporal: bool, settings: Settings) -> list[Check]:
    """Checks every server that has an address, and the external Temporal if there is one."""
    checks: list[Check] = []
    connected: set[str] | None = None
    if addresses.get("database"):
        found, connected = await _database(addresses["database"], settings)
        checks += found
    if external_temporal or addresses.get("temporal"):
        checks += await _temporal(addresses, external_temporal, settings.task_queue, connected)
    if addresses.get("smtp"):
        checks.append(await _mail_server(addresses["smtp"]))
    if addresses.get("web"):
        checks.append(await asyncio.to_thread(_web, addresses["web"]))
    return checks


async def _database(url: str, settings: Settings) -> tuple[list[Check], set[str] | None]:
    """Returns the checks, and the names of the workers that are connected; None if that is not known."""
    from sqlalchemy import text

    from cli.doctor_mail import mail_checks
    from integrations.registry import keys_in_use
    from store.database import DatabaseProblem, at_head, at_once, connect, connected
    from store.inbox import queries

    engine = connect(url, pool_size=1)
    try:
        async with at_once(engine) as connection:
            version = await connection.scalar(text("SHOW server_version"))
            skew = abs(datetime.now(UTC) - await connection.scalar(text("SELECT clock_timestamp()")))
        checks = [Check("database", True, f"PostgreSQL {version} answers."), _clock(skew)]
        workers = await connected(engine, WORKER)
        if not await asyncio.to_thread(at_head, url):
            sentence = "The tables are not of this version: run `onboard up`, which brings them up to date."
            return [*checks, Check("migrations", False, sentence)], workers
        checks.append(Check("migrations", True, "The tables are of this version."))
        checks += [
            *await mail_checks(engine, settings),
            _events((await queries.status(engine)).counts),
            _keys(settings, await keys_in_use(engine)),
        ]
    except DatabaseProblem as problem:
        return [Check("database", False, str(problem))], None
    finally:
        await engine.dispose()
    return checks, workers


def _events(counts: Mapping[str, int]) -> Check:
    from store.inbox.inbox import UNRECORDED

    if left := sum(counts.get(state, 0) for state in UNRECORDED):
        count = "1 event of a partner is" if left == 1 else f"{left} events of partners are"
        sentence = f"{count} not recorded: see `onboard inbox list`, then retry or dismiss."
        return Check("events", True, sentence)
    return Check("events", True, "All events of partners are recorded, or on their way.")


def _keys(settings: Settings, in_use: Collection[str]) -> Check:
    from store.secrets.keyring import secrets_keyring

    keyring = secrets_keyring(settings)
    if missing := set(in_use) - (keyring.names if keyring else set()):
        names = ", ".join(sorted(missing))
        sentence = f"Stored secrets need keys that are not set here ({names}): add them to ONBOARD_PAYLOAD_KEYS."
        return Check("keys", False, sentence)
    return Check("keys", True, "All stored secrets can be read.")


def _clock(skew: timedelta) -> Check:
    seconds = skew.total_seconds()
    if skew > MAX_CLOCK_SKEW:
        sentence = f"This machine's clock and the database's differ by {seconds:.0f} s: set both by NTP."
        return Check("clock", False, sentence)
    return Check("clock", True, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, as the database has it.")


async def _temporal(
    addresses: dict[str, Any], external: bool, task_queue: str, connected: set[str] | None
) -> list[Check]:
    try:
        async with asyncio.timeout(TEMPORAL_TIMEOUT):
            return await _ask_temporal(addresses, external, task_queue, connected)
    except TimeoutError:
        sentence = (
            f"It does not answer within {TEMPORAL_TIMEOUT:.0f} s: end `onboard up`, then start it with `onboard up`."
        )
        return [Check("temporal", False, sentence)]


async def _ask_temporal(
    addresses: dict[str, Any], external: bool, task_queue: str, connected: set[str] | None
) -> list[Check]:
    from temporalio.service import RPCError

    from cli.connect import silence_temporal
    from machine import namespace

    silence_temporal()
    try:
        client = await (servers.external_temporal() if external else _client(addresses))
        if not await namespace.exists(client):
            return [Check("temporal", False, _no_namespace(client))]
        checks = [Check("temporal", True, f"It answers at {client.service_client.config.target_host}.")]
        days = (await namespace.retention(client)).days
        kept = f"Namespace {client.namespace} keeps closed onboardings for {count_of(days, 'day')}"
        short = days < namespace.RETENTION.days
        advice = f": `temporal operator namespace update --namespace {client.namespace} --retention 90d`."
        checks.append(Check("namespace", not short, kept + (advice if short else ".")))
        try:
            await namespace.check_search_attributes(client)
            checks.append(Check("search attributes", True, "All are there, with the right types."))
        except MachineProblem as problem:
            checks.append(Check("search attributes", False, str(problem)))
        checks.append(await _worker(client, task_queue, connected))
    except MachineProblem as problem:
        return [Check("temporal", False, str(problem))]
    except (RPCError, RuntimeError) as error:
        return [Check("temporal", False, f"It does not answer ({str(error)[:200]}): start it with `onboard up`.")]
    if addresses.get("temporal_ui"):
        checks.append(await _web_ui(addresses["temporal_ui"]))
    return checks


async def _client(addresses: dict[str, Any]) -> Client:
    from temporalio.client import Client

    return await Client.connect(addresses["temporal"], namespace=addresses["namespace"], lazy=True)


def _no_namespace(client: Client) -> str:
    where = client.service_client.config.target_host
    return f"Nothing answers at {where}, or it has no namespace {client.namespace}: start it with `onboard up`."


async def _worker(client: Client, task_queue: str, connected: set[str] | None) -> Check:
    """Checks for workers that poll, and have a connection to the database, which a worker that dies loses at once."""
    from machine.namespace import last_polls

    polls = await last_polls(client, task_queue)
    recent = {name for name, at in polls.items() if datetime.now(UTC) - at < MAX_POLL_AGE}
    if connected is not None:
        recent &= connected
    if not recent:
        sentence = f"No worker asks for work in {task_queue}: start `onboard up`, or `python worker.py` elsewhere."
        return Check("worker", False, sentence)
    return Check("worker", True, f"{len(recent)} at work in the task queue {task_queue}.")


async def _web_ui(url: str) -> Check:
    host, _, port = url.removeprefix("http://").partition(":")
    answer = await _first_line(host, int(port), b"GET / HTTP/1.0\r\n\r\n")
    if answer is None or b"200" not in answer:
        return Check("temporal ui", False, f"{url} does not answer: look at the log temporal.log of the home.")
    return Check("temporal ui", True, f"{url} answers.")


async def _mail_server(url: str) -> Check:
    address = urlsplit(url)
    host, port = address.hostname or "localhost", address.port or (465 if address.scheme == "smtps" else 587)
    # A server that encrypts from the first byte sends no greeting before that.
    greets = address.scheme == "smtp"
    answer = await _first_line(host, port, b"", answers=greets)
    if answer is None or (greets and not answer.startswith(b"220")):
        advice = "start it, or correct ONBOARD_SMTP_URL; mail waits until then."
        return Check("mail server", False, f"{host}:{port} does not answer: {advice}")
    return Check("mail server", True, f"{host}:{port} answers.")


async def _first_line(host: str, port: int, request: bytes, *, answers: bool = True) -> bytes | None:
    """Returns the server's first line after `request`; empty if not `answers`; None if there is no connection."""
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request)
                return await reader.readline() if answers else b""
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None


def _web(address: str) -> Check:
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{address}/readyz", timeout=TIMEOUT):  # noqa: S310 - an address of this machine
            return Check("web", True, f"{address} answers.")
    except HTTPError:
        # The checks of the other servers say what it lacks.
        return Check("web", False, f"{address} answers, but not all that it needs does.")
    except (URLError, TimeoutError, ConnectionError):
        return Check("web", False, f"Nothing answers at {address}: see logs/web.log in the home.")
