"""The components for the database, Temporal and the mailbox.

Each server is started here, unless an external one is named: by the settings DATABASE_URL and SMTP_URL, and for
Temporal by its own variables.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from machine.child import Child
from machine.components import Component, Machine
from machine.postgres import PostgresServer, answers
from machine.problem import MachineProblem
from machine.temporal import NAMESPACE, TemporalServer, import_client

if TYPE_CHECKING:
    from temporalio.client import Client

    from machine import namespace

PROJECT = Path(__file__).resolve().parent.parent
TEMPORAL_VARIABLES = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
"""Any one of these variables names an external Temporal."""
EXTERNAL_TIMEOUT = 10.0
"""Seconds in which an external server must answer."""


async def start_database(machine: Machine) -> None:
    """Component `database`: PostgreSQL with the database `onboarding`."""
    if url := machine.external.database_url:
        await _wait_for_external_database(url)
        machine.addresses["database"] = url
        return
    home = machine.home
    password = home.secret("database_password")
    server = PostgresServer(home.postgres, machine.ports["postgres"], password)
    user = await asyncio.to_thread(server.prepare)

    def child() -> Child:
        nonlocal server
        server = PostgresServer(home.postgres, machine.ports["postgres"], password)
        return server.child(user)

    await machine.start_child(child, ["postgres"])
    machine.addresses["database"] = server.url


async def start_temporal(machine: Machine) -> None:
    """Component `temporal`: the server with its UI, the namespace and the search attributes."""
    if uses_external_temporal():
        await _use_external_temporal(machine)
        return
    server = _temporal(machine)

    def child() -> Child:
        nonlocal server
        server = _temporal(machine)
        server.prepare()
        return server.child()

    # Both take a while: importing the client, which the probe needs, and the server's start.
    await asyncio.gather(import_client(), machine.start_child(child, ["temporal", "temporal_ui"]))
    await _prepare_namespace(await server.client(), ours=True)
    server.mark_complete()
    machine.addresses |= {"temporal": server.address, "temporal_ui": server.ui, "namespace": NAMESPACE}


async def start_mailbox(machine: Machine) -> None:
    """Component `mailbox`: the local mail server and its Maildir."""
    if url := machine.external.smtp_url:
        machine.addresses["smtp"] = url
        return

    def child() -> Child:
        port = machine.ports["smtp"]
        return Child(
            name="mailbox",
            command=(
                *(sys.executable, "-m", "machine.mailbox"),
                *("--maildir", str(machine.home.mailbox), "--port", str(port)),
            ),
            environment=with_project_path(os.environ),
            ports=(port,),
        )

    await machine.start_child(child, ["smtp"])
    machine.addresses |= {
        "smtp": f"smtp://127.0.0.1:{machine.ports['smtp']}",
        "mailbox": str(machine.home.mailbox),
    }


DATABASE = Component("database", start_database)
TEMPORAL = Component("temporal", start_temporal)
MAILBOX = Component("mailbox", start_mailbox)


def uses_external_temporal() -> bool:
    return any(os.environ.get(name) for name in TEMPORAL_VARIABLES)


async def external_temporal() -> Client:
    """A client of the Temporal and the namespace (else `onboarding`) that the environment names.

    Raises MachineProblem if the settings are wrong or nothing answers.
    """
    from temporalio.client import Client
    from temporalio.envconfig import ClientConfig

    try:
        config = ClientConfig.load_client_connect_config()
        config.setdefault("namespace", NAMESPACE)
        return await asyncio.wait_for(Client.connect(**config), EXTERNAL_TIMEOUT)
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise MachineProblem(
            "Temporal does not answer as the settings TEMPORAL_ADDRESS or TEMPORAL_PROFILE say "
            f"({str(error)[:200] or 'time ran out'}): correct them, or unset them to have one started here."
        ) from error


def with_project_path(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The environment with the project on PYTHONPATH, so that a child can import it from any directory."""
    path = os.pathsep.join(filter(None, [str(PROJECT), environment.get("PYTHONPATH")]))
    return dict(environment) | {"PYTHONPATH": path}


def _temporal(machine: Machine) -> TemporalServer:
    ports = machine.ports
    return TemporalServer(machine.home.temporal, ports["temporal"], ports["temporal_ui"], machine.time_travel)


async def _use_external_temporal(machine: Machine) -> None:
    if machine.time_travel:
        raise MachineProblem(
            "Time travel needs the Temporal that is started here: unset TEMPORAL_ADDRESS and TEMPORAL_PROFILE, "
            "or leave out --time-travel."
        )
    client = await external_temporal()
    await _prepare_namespace(client, ours=False)
    machine.addresses |= {
        "temporal": client.service_client.config.target_host,
        "namespace": client.namespace,
    }


async def _prepare_namespace(client: namespace.Client, *, ours: bool) -> None:
    from machine import namespace

    if ours:
        await namespace.ensure_retention(client)
    elif not await namespace.exists(client):
        raise MachineProblem(
            f"Temporal has no namespace {client.namespace}, or does not let us use it: create it with `temporal "
            f"operator namespace create --namespace {client.namespace} --retention 90d`, or set TEMPORAL_NAMESPACE."
        )
    await namespace.add_search_attributes(client)


async def _wait_for_external_database(url: str) -> None:
    async def wait() -> None:
        while not await answers(url):  # noqa: ASYNC110 - an external server sends no event
            await asyncio.sleep(0.2)

    try:
        await asyncio.wait_for(wait(), EXTERNAL_TIMEOUT)
    except TimeoutError:
        address = urlsplit(url)
        raise MachineProblem(
            f"No database answers at {address.hostname}:{address.port or 5432}{address.path}: start it, correct "
            "ONBOARD_DATABASE_URL, or unset it to have one started here."
        ) from None
