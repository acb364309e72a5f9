"""The real Temporal server as we start it, and its namespace."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from machine import namespace
from machine.components import ExternalServers, Machine, start_components
from machine.home import Home
from machine.ports import free_port
from machine.problem import MachineProblem
from machine.servers import MAILBOX, TEMPORAL, TEMPORAL_VARIABLES
from machine.supervisor import Supervisor
from machine.temporal import TemporalServer, binary, without_temporal_variables
from tests.machine.trial_system import fresh_home
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with fresh_home() as place:
        place.create()
        yield place


@pytest_asyncio.fixture(scope="module")
async def machine(home: Home) -> AsyncIterator[Machine]:
    ports = {"temporal": free_port(), "temporal_ui": free_port(), "smtp": free_port()}
    async with Supervisor(home.logs, home.run / "children.json", print) as supervisor:
        made = Machine(home, supervisor, ports)
        with pytest.MonkeyPatch.context() as environment:
            for name in TEMPORAL_VARIABLES:
                environment.delenv(name, raising=False)
            await start_components(made, [TEMPORAL])
        yield made


def server(machine: Machine) -> TemporalServer:
    return TemporalServer(machine.home.temporal, machine.ports["temporal"], machine.ports["temporal_ui"])


async def cli(machine: Machine, *words: str) -> None:
    command = [str(binary()), "operator", "search-attribute", *words]
    process = await asyncio.create_subprocess_exec(
        *command, "--address", machine.addresses["temporal"], "--namespace", machine.addresses["namespace"]
    )
    assert await process.wait() == 0


async def test_the_namespace_keeps_ninety_days_and_finds_onboardings(machine: Machine) -> None:
    client = await Client.connect(machine.addresses["temporal"], namespace=machine.addresses["namespace"])
    assert machine.addresses["namespace"] == "onboarding"
    assert await namespace.retention(client) == timedelta(days=90)
    assert await namespace.compare_search_attributes(client) == ([], {})
    pair = SearchAttributePair(SearchAttributeKey.for_keyword("Stage"), "invitation")
    await client.start_workflow(
        "NobodyRunsThis", id="found", task_queue="nobody", search_attributes=TypedSearchAttributes([pair])
    )

    async def found() -> None:
        query = "Stage = 'invitation'"
        while [each.id async for each in client.list_workflows(query)] != ["found"]:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(found(), PATIENCE)


async def test_preparing_again_changes_nothing(machine: Machine) -> None:
    client = await server(machine).client()
    await namespace.ensure_retention(client)
    await namespace.add_search_attributes(client)
    assert await namespace.compare_search_attributes(client) == ([], {})


async def test_the_web_ui_answers(machine: Machine) -> None:
    def status() -> int:
        with urllib.request.urlopen(machine.addresses["temporal_ui"], timeout=PATIENCE) as answer:
            return int(answer.status)

    assert await asyncio.to_thread(status) == 200


async def test_an_attribute_of_another_type_is_refused_and_the_advice_works(machine: Machine) -> None:
    client = await server(machine).client()
    await cli(machine, "remove", "--name", "Sla", "--yes")
    await cli(machine, "create", "--name", "Sla", "--type", "Int")
    with pytest.raises(MachineProblem, match=r"Sla is Int and must be Keyword.*remove .*--name Sla"):
        await namespace.add_search_attributes(client)
    await cli(machine, "remove", "--name", "Sla", "--yes")
    await namespace.add_search_attributes(client)
    assert await namespace.compare_search_attributes(client) == ([], {})


async def test_a_port_taken_meanwhile_is_replaced(machine: Machine) -> None:
    taken = machine.ports["temporal"]
    machine.ports["smtp"] = taken
    await start_components(machine, [MAILBOX])
    assert machine.ports["smtp"] != taken
    assert machine.addresses["smtp"] == f"smtp://127.0.0.1:{machine.ports['smtp']}"


async def test_an_external_temporal_is_used_and_its_search_attributes_are_checked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", machine.addresses["temporal"])
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "onboarding")
    other = Machine(machine.home, machine.supervisor, {})
    before = machine.supervisor.pids()
    await start_components(other, [TEMPORAL])
    assert other.addresses == {"temporal": machine.addresses["temporal"], "namespace": "onboarding"}
    assert machine.supervisor.pids() == before
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "missing")
    with pytest.raises(
        MachineProblem, match=r"no namespace missing.*namespace create --namespace missing --retention 90d"
    ):
        await start_components(other, [TEMPORAL])
    other.time_travel = True
    with pytest.raises(MachineProblem, match="Time travel needs the Temporal that is started here"):
        await start_components(other, [TEMPORAL])


async def test_no_temporal_at_the_address_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    with pytest.raises(MachineProblem, match="Temporal does not answer as the settings TEMPORAL_ADDRESS"):
        await start_components(Machine(machine.home, machine.supervisor, {}), [TEMPORAL])


async def test_no_database_at_the_address_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    from machine import servers

    monkeypatch.setattr(servers, "EXTERNAL_TIMEOUT", 0.5)
    port = free_port()
    elsewhere = ExternalServers(database_url=f"postgresql://user:secret@127.0.0.1:{port}/pharmacy")
    with pytest.raises(MachineProblem, match=f"No database answers at 127.0.0.1:{port}/pharmacy") as raised:
        await start_components(Machine(machine.home, machine.supervisor, {}, external=elsewhere), [servers.DATABASE])
    assert "secret" not in str(raised.value)


def test_a_database_is_renamed_only_if_it_was_never_complete(tmp_path: Path) -> None:
    server = TemporalServer(tmp_path, 1, 2)
    server.database.write_text("half a schema")
    server.prepare()
    assert not server.database.exists()
    assert (tmp_path / "unfinished-temporal.db").read_text() == "half a schema"
    server.database.write_text("onboardings")
    server.mark_complete()
    server.prepare()
    assert server.database.read_text() == "onboardings"


def test_time_travel_is_off_unless_asked_for(tmp_path: Path) -> None:
    assert "SkippingEnabled" not in " ".join(TemporalServer(tmp_path, 1, 2).child().command)
    assert "SkippingEnabled=true" in " ".join(TemporalServer(tmp_path, 1, 2, time_travel=True).child().command)


def test_the_configured_program_is_used_or_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONBOARD_TEMPORAL_BINARY", sys.executable)
    assert binary() == Path(sys.executable)
    monkeypatch.setenv("ONBOARD_TEMPORAL_BINARY", str(tmp_path / "temporal"))
    with pytest.raises(MachineProblem, match="correct ONBOARD_TEMPORAL_BINARY"):
        binary()


def test_our_server_is_not_reached_with_another_ones_settings() -> None:
    kept = without_temporal_variables({"PATH": "/bin", "TEMPORAL_API_KEY": "secret", "TEMPORAL_PROFILE": "cloud"})
    assert kept == {"PATH": "/bin", "TEMPORAL_CONFIG_FILE": "/dev/null"}
