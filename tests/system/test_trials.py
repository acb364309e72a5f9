"""What only the tests' own playbooks need of the engine, on real servers: each way of going one test, and a history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from playbooks.engine.transition import Refused
from tests.system.harness import Practice, eventually


@pytest.mark.outcome("refused")
async def test_one_that_a_fact_ends_is_closed_with_its_outcome(practice: Practice) -> None:
    practice.playbook = "permit"
    await practice.start()
    await practice.record("applied")
    assert (await practice.record("turned_down", reason="No such street")).status == "refused"
    assert (await practice.handle.result())["status"] == "refused"
    seen = await practice.show()
    assert (seen.status, seen.stage, seen.headline) == ("refused", "decision", "Refused: turned down by the office")
    assert [(mail.kind, mail.state) for mail in seen.mails] == [("reminder", "sent")]
    with pytest.raises(Refused, match="was refused; start a new onboarding"):
        await practice.record("granted")
    await practice.start()
    assert (await practice.show()).status == "open"


@pytest.mark.outcome("launched")
async def test_a_launched_workflow_is_started_told_and_answers_by_a_fact(practice: Practice) -> None:
    practice.playbook = "storefront"
    await practice.start()
    await practice.record("designer_named", name="Bea", email="bea@design.test", products=10)
    handle = practice.desk.client.get_workflow_handle(f"preview/{practice.id}")
    await eventually(lambda: running(handle), bool)
    await practice.record("designer_named", name="Cal", email="cal@design.test", products=10)
    assert await handle.result() == ["Bea", "Cal"]
    seen = await practice.shown_when(lambda seen: seen.stage == "approval")
    (built,) = [fact for fact in seen.facts if fact.name == "preview_built"]
    assert (built.data, built.by) == ({"pages": 2}, "preview")
    assert (await practice.record("approved")).status == "complete"
    await practice.handle.result()
    shop = practice.desk.client.get_workflow_handle(f"shop/{practice.id}")
    assert await shop.result() == ["Cal"]


@pytest.mark.outcome("each-confirmed")
async def test_a_stage_waits_for_each_of_several_reports_of_one_fact(practice: Practice) -> None:
    practice.playbook = "alliance"
    await practice.start()
    for clinic in ("elm", "oak"):
        await practice.record("owner_known", clinic=clinic, name=clinic.title(), email=f"{clinic}@{practice.id}.test")
    await practice.record("requested", clinics=["elm", "oak"])
    await practice.record("confirmed", clinic="elm")
    assert (await practice.record("confirmed", clinic="elm")).outcome == "already_known"
    await practice.command("retract", fact="confirmed", of="elm")
    seen = await practice.show()
    assert (seen.missing, seen.missing_of) == (("confirmed",), {"confirmed": ("elm", "oak")})
    await practice.record("confirmed", clinic="oak")
    await practice.forward(timedelta(days=5))
    await practice.mailbox.wait_for(f"elm@{practice.id}.test", 2)
    assert (await practice.record("confirmed", clinic="elm")).status == "complete"
    await practice.handle.result()
    assert len(practice.mailbox.to(f"oak@{practice.id}.test")) == 1, "asked once, and not reminded"


@pytest.mark.outcome("cooled-off")
async def test_a_stage_ends_by_time_and_a_hold_stops_that(practice: Practice) -> None:
    practice.playbook = "pledge"
    await practice.start()
    await practice.record("pledged")
    with pytest.raises(Refused, match="recorded by the clock"):
        await practice.record("pledge_stands")
    coming = (await practice.show()).next
    assert coming
    assert coming.what == "Pledge stands"
    await practice.command("hold", until=coming.at + timedelta(days=1))
    await practice.forward(timedelta(hours=30))
    assert (await practice.show()).stage == "cooling_off"
    await practice.command("resume")
    await practice.forward(timedelta(hours=25))
    await practice.shown_when(lambda seen: seen.stage == "thanks")
    assert (await practice.record("thanked")).status == "complete"
    await practice.handle.result()


@pytest.mark.outcome("expired")
async def test_one_that_nobody_answers_expires(practice: Practice) -> None:
    practice.playbook = "pledge"
    await practice.start()
    await practice.forward(timedelta(days=20))
    assert (await practice.handle.result())["status"] == "expired"
    seen = await practice.show()
    assert (seen.status, seen.headline, seen.stage) == ("expired", "Expired: nobody pledged in time", "pledging")


async def running(handle: WorkflowHandle[Any, Any]) -> bool:
    try:
        return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    except RPCError as error:
        assert error.status is RPCStatusCode.NOT_FOUND
        return False
