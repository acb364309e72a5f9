"""The worker is killed in the middle of a comparison with ezyVet: the next one goes on behind the last batch."""

from __future__ import annotations

from sqlalchemy import insert

from desk import ezyvet_reconciliation
from integrations.ezyvet.findings import list_findings, list_runs
from pharmacy.prescriptions.tables import prescriptions
from tests.faults.cluster import Cluster
from tests.faults.ezyvet_practices import live_practice
from tests.prescriptions.life import approved
from tests.system.harness import Practice

COUNT = 250
READS = {"endpoint": "prescription", "method": "GET"}


async def test_a_comparison_goes_on_where_its_worker_was_killed(cluster: Cluster, practice: Practice) -> None:
    async with live_practice(cluster, practice) as live:
        desk, began = live.desk, len(cluster.said)
        ids = [f"{practice.id}-rx-{number:03}" for number in range(COUNT)]
        record = approved(practice=practice.id, patient="6").prescription
        rows = [
            {
                **{"practice": practice.id, "id": id, "patient": "6", "state": "open", "ezyvet": "sent", "version": 1},
                "record": record.model_copy(update={"id": id}).model_dump(mode="json"),
            }
            for id in ids
        ]
        async with desk.database.begin() as connection:
            await connection.execute(insert(prescriptions), rows)
        await live.break_next({"do": "hold", **READS})
        comparison = await ezyvet_reconciliation.start(desk, practice.id)
        await live.ezyvet.calls(practice.id, at_least=1, **READS)
        await live.break_next({"do": "hold", **READS})
        (await live.ezyvet.http.post("/control/release")).raise_for_status()
        await live.ezyvet.calls(practice.id, at_least=2, **READS)
        [run] = await list_runs(desk.database, practice.id)
        assert (run.position, run.compared, run.finished_at) == (ids[99], 100, None)
        cluster.signal("worker")
        await cluster.wait_for_output("worker was ended by SIGKILL", began)
        (await live.ezyvet.http.post("/control/release")).raise_for_status()
        await cluster.wait_for_output("worker is back", began)
        result = await comparison.result()
        assert (result.compared, result.agreed, result.problem) == (COUNT, 0, None)
        assert {each.subject for each in await list_findings(desk.database, practice.id)} == set(ids)
        calls = await live.ezyvet.calls(practice.id, **READS)
        assert len(calls) == 4, "three batches, and the second one twice"
        assert {call["method"] for call in await live.ezyvet.calls(practice.id)} == {"GET", "POST"}
        assert not await live.ezyvet.calls(practice.id, endpoint="externalprescription")
