"""The servers as parts: each is started here, or only used where one is named that runs elsewhere.

The settings DATABASE_URL and SMTP_URL name others, and so do Temporal's own variables.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from machine.child import Child
from machine.parts import Machine, Part
from machine.postgres import PostgresServer, answers
from machine.problem import Problem
from machine.temporal import NAMESPACE, TemporalServer, import_client

if TYPE_CHECKING:
    from temporalio.client import Client

PROJECT = Path(__file__).resolve().parent.parent
NAMED_BY = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
"""The variables of which any one means a Temporal that runs elsewhere."""
OTHERS_PATIENCE = 10.0
"""Seconds in which a server that is not ours must answer."""


async def start_database(machine: Machine) -> None:
    """Part `database`: PostgreSQL with the database `onboarding`."""
    given = machine.elsewhere.database_url
    if given:
        await _wait_for_others_database(given)
        machine.addresses["database"] = given
        return
    home = machine.home
    password = home.secret("database_password")
    server = PostgresServer(home.postgres, machine.ports["postgres"], password)
    account = await asyncio.to_thread(server.prepare)

    def child() -> Child:
        nonlocal server
        server = PostgresServer(home.postgres, machine.ports["postgres"], password)
        return server.child(account)

    await machine.start_child(child, ["postgres"])
    machine.addresses["database"] = server.url


async def start_temporal(machine: Machine) -> None:
    """Part `temporal`: the server with its UI, the namespace and the search attributes."""
    if uses_other_temporal():
        await _use_other_temporal(machine)
        return
    server = _temporal(machine)

    def child() -> Child:
        nonlocal server
        server = _temporal(machine)
        server.prepare()
        return server.child()

    # Both take a while: the import of the client, which the probe needs, and the server's own start.
    await asyncio.gather(import_client(), machine.start_child(child, ["temporal", "temporal_ui"]))
    await _prepare_namespace(await server.client(), ours=True)
    server.mark_complete()
    machine.addresses |= {"temporal": server.address, "temporal_ui": server.ui, "namespace": NAMESPACE}


async def start_mailbox(machine: Machine) -> None:
    """Part `mailbox`: the local mail server and its Maildir."""
    given = machine.elsewhere.smtp_url
    if given:
        machine.addresses["smtp"] = given
        return

    def child() -> Child:
        port = machine.ports["smtp"]
        return Child(
            name="mailbox",
            command=(
                *(sys.executable, "-m", "machine.mailbox"),
                *("--maildir", str(machine.home.mailbox), "--port", str(port)),
            ),
            ready=_at_once,
            environment=importable(os.environ),
            ports=(port,),
        )

    await machine.start_child(child, ["smtp"])
    machine.addresses |= {
        "smtp": f"smtp://127.0.0.1:{machine.ports['smtp']}",
        "mailbox": str(machine.home.mailbox),
    }


DATABASE = Part("database", start_database)
TEMPORAL = Part("temporal", start_temporal)
MAILBOX = Part("mailbox", start_mailbox)


def uses_other_temporal() -> bool:
    """Whether the environment names a Temporal that runs elsewhere."""
    return any(os.environ.get(name) for name in NAMED_BY)


async def other_temporal() -> Client:
    """A client of the Temporal that the environment names, in the namespace it names (else `onboarding`).

    Raises Problem if the settings are wrong or nothing answers.
    """
    from temporalio.client import Client
    from temporalio.envconfig import ClientConfig

    try:
        config = ClientConfig.load_client_connect_config()
        config.setdefault("namespace", NAMESPACE)
        return await asyncio.wait_for(Client.connect(**config), OTHERS_PATIENCE)
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise Problem(
            "Temporal does not answer as the settings TEMPORAL_ADDRESS or TEMPORAL_PROFILE say "
            f"({str(error)[:200] or 'time ran out'}): correct them, or unset them to have one started here."
        ) from error


def importable(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The environment in which a Python child finds the project's rooms, wherever it is started from."""
    path = os.pathsep.join(filter(None, [str(PROJECT), environment.get("PYTHONPATH")]))
    return dict(environment) | {"PYTHONPATH": path}


def _temporal(machine: Machine) -> TemporalServer:
    ports = machine.ports
    return TemporalServer(machine.home.temporal, ports["temporal"], ports["temporal_ui"], machine.time_travel)


async def _use_other_temporal(machine: Machine) -> None:
    if machine.time_travel:
        raise Problem(
            "Time travel needs the Temporal that is started here: unset TEMPORAL_ADDRESS and TEMPORAL_PROFILE, "
            "or leave out --time-travel."
        )
    client = await other_temporal()
    await _prepare_namespace(client, ours=False)
    machine.addresses |= {
        "temporal": client.service_client.config.target_host,
        "namespace": client.namespace,
    }


async def _prepare_namespace(client: Client, *, ours: bool) -> None:
    from machine import namespace

    if ours:
        await namespace.keep_for_retention(client)
    elif not await namespace.exists(client):
        raise Problem(
            f"Temporal has no namespace {client.namespace}, or does not let us use it: create it with `temporal "
            f"operator namespace create --namespace {client.namespace} --retention 90d`, or set TEMPORAL_NAMESPACE."
        )
    await namespace.add_search_attributes(client)


async def _wait_for_others_database(url: str) -> None:
    async def wait() -> None:
        while not await answers(url):  # noqa: ASYNC110 - a server that is not ours sends no event
            await asyncio.sleep(0.2)

    try:
        await asyncio.wait_for(wait(), OTHERS_PATIENCE)
    except TimeoutError:
        where = urlsplit(url)
        raise Problem(
            f"No database answers at {where.hostname}:{where.port or 5432}{where.path}: start it, correct "
            "ONBOARD_DATABASE_URL, or unset it to have one started here."
        ) from None


async def _at_once() -> bool:
    # The child listens only once it can take mail, and that it listens has been looked at.
    return True
