"""What differs between our prescriptions and the practice's ezyVet is repaired if that is safe, else for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.client import Client

from desk.attention.collect import items_of
from desk.attention.item import AttentionItem
from desk.ezyvet_reconciliation import compare, report, settle
from desk.problem import NotFound
from integrations.ezyvet.findings import Finding
from tests.system.conftest import replay
from tests.system.harness import eventually
from tests.system.prescribing import CARPROFEN, VET, EzyvetPractice, item
from workflows.reconciliation_contracts import Round


@pytest.fixture
async def compared(live: EzyvetPractice, temporal: Client) -> AsyncIterator[EzyvetPractice]:
    """A practice whose comparisons are replayed from their histories in the end."""
    yield live
    await replay(temporal, f"ezyvet-reconciliation/{live.practice.id}", None)


async def sent(one: EzyvetPractice, *, filled: bool = False) -> str:
    """A prescription that ezyVet shows, PENDING or with its first fill; written a while ago."""
    id = await one.prescribe(item(CARPROFEN))
    await one.report(id, "approve", by=VET)
    if filled:
        await one.report(id, "dispense", product="carprofen-75", qty=3, remaining=2)
    await one.sent(id, "CURRENT" if filled else "PENDING")
    await one.listed_when(id, lambda row: row["ezyvet"] == "sent")
    async with one.desk.database.begin() as connection:
        await connection.execute(
            text("UPDATE ezyvet_attempts SET sent_at = sent_at - interval '1 hour' WHERE prescription = :id"),
            {"id": id},
        )
    return id


async def there(one: EzyvetPractice, id: str) -> dict[str, Any]:
    return next(each for each in await one.held() if each["external_reference"] == id)


async def change(one: EzyvetPractice, resource: str, id: Any, **fields: Any) -> None:
    """As somebody in ezyVet does it."""
    await one.ezyvet.control("POST", f"/sites/{one.site['uid']}/{resource}/{id}", fields)


async def change_item(one: EzyvetPractice, id: str, **fields: Any) -> None:
    await change(one, "prescriptionitem", (await there(one, id))["items"][0]["id"], **fields)


async def found(one: EzyvetPractice, *kinds: str) -> list[Finding]:
    """Compares; returns what is for a person, which is of these kinds."""
    result = await compare(one.desk, one.practice.id)
    assert result.run and result.run.problem is None
    assert [each.kind for each in result.for_a_person] == list(kinds), result.for_a_person
    return list(result.for_a_person)


async def test_both_sides_agree_by_as_few_reads_as_there_can_be(compared: EzyvetPractice) -> None:
    ids = [await sent(compared), await sent(compared, filled=True)]
    before = len(await compared.ezyvet.calls(compared.site["uid"]))
    result = await compare(compared.desk, compared.practice.id)
    assert result.run and (result.run.compared, result.run.agreed, result.findings) == (len(ids), len(ids), ())
    calls = (await compared.ezyvet.calls(compared.site["uid"]))[before:]
    assert [(call["method"], call["endpoint"]) for call in calls] == [
        ("GET", each) for each in ("user", "prescription", "prescriptionitem", "animal")
    ]


async def test_rx6_what_ended_or_was_disabled_there_is_followed_and_the_person_is_told(
    compared: EzyvetPractice,
) -> None:
    ended, disabled = await sent(compared), await sent(compared)
    await change_item(compared, ended, status="DECLINED_DR")
    await change(compared, "prescription", (await there(compared, disabled))["id"], active="0")
    result = await compare(compared.desk, compared.practice.id)
    assert {each.subject for each in result.repaired} == {ended, disabled} and not result.for_a_person
    assert all("cancel it here too" in each.todo for each in result.repaired)
    shown = [await compared.show(each) for each in (ended, disabled)]
    assert [each.ezyvet.state for each in shown] == ["sent", "disabled"]
    assert all("cancel it here too" in each.concerns[0].text for each in shown)
    assert [each.why for each in await on_board(compared)] == ["To look at"]
    for each in shown:
        await compared.report(each.id, "dismiss", concern=each.concerns[0].key)
    await eventually(lambda: on_board(compared), lambda items: items == [])
    assert [each["endpoint"] for each in await calls_that_write(compared)] == ["externalprescription"] * 2


async def on_board(one: EzyvetPractice) -> list[AttentionItem]:
    items = await items_of(one.desk.database, one.practice.identity)
    return [each for each in items if each.kind in ("differs", "look")]


async def calls_that_write(one: EzyvetPractice) -> list[dict[str, Any]]:
    calls = await one.ezyvet.calls(one.site["uid"], endpoint="externalprescription")
    return [call for call in calls if call["method"] != "GET"]


async def test_rx6_what_somebody_changed_there_is_left_until_a_person_says_so(compared: EzyvetPractice) -> None:
    desk, practice = compared.desk, compared.practice.id
    first, second = await sent(compared, filled=True), await sent(compared, filled=True)
    for id in (first, second):
        await change_item(compared, id, qty="9")
    writes = len(await calls_that_write(compared))
    findings = await found(compared, "changed", "changed")
    assert "quantity 9 there, and 3 here" in findings[0].text
    [item] = await on_board(compared)
    assert "And 1 more like this." in item.text and "have ours sent again" in item.todo
    assert len(await calls_that_write(compared)) == writes
    await settle(desk, practice, first, "theirs", "sam")
    assert [each.subject for each in await found(compared, "changed")] == [second]
    await settle(desk, practice, second, "ours", "sam")

    async def quantity() -> str:
        return str((await there(compared, second))["items"][0]["qty"])

    await eventually(quantity, lambda qty: qty == "3")
    await change_item(compared, first, qty="8")
    assert [each.subject for each in await found(compared, "changed")] == [first], "another change is another question"
    await change_item(compared, first, qty="3")
    await found(compared)
    assert await on_board(compared) == []
    with pytest.raises(NotFound):
        await settle(desk, practice, first, "ours", "sam")


async def test_rx1_what_is_missing_or_there_twice_is_listed_and_created_again_if_a_person_says_so(
    compared: EzyvetPractice,
) -> None:
    missing, twice = await sent(compared), await sent(compared)
    row = (await there(compared, missing))["id"]
    await change(compared, "prescription", row, external_reference=twice)
    absent, double = await found(compared, "missing", "twice")
    assert (absent.subject, double.subject) == (missing, twice) and "ours is" in double.text
    await change(compared, "prescription", row, active="0")
    await found(compared, "missing")
    await settle(compared.desk, compared.practice.id, missing, "ours", "sam")
    await compared.sent(missing, "PENDING")
    assert (await there(compared, missing))["active"] == "1"


async def test_rx10_users_and_animals_that_are_no_more_are_listed(compared: EzyvetPractice) -> None:
    id = await sent(compared)
    await change(compared, "user", 10, active="0")
    await change(compared, "animal", 6, is_dead="1")
    animal, vet = await found(compared, "animal", "vet")
    assert (animal.subject, vet.subject) == ("6", VET)
    assert "has died, by ezyVet" in animal.text and "switched off" in vet.text
    await change(compared, "user", 10, active="1")
    await change(compared, "animal", 6, is_dead="0", active="0")
    [animal] = await found(compared, "animal")
    assert "merged" in animal.text
    await change(compared, "animal", 6, active="1")
    await change(compared, "prescription", (await there(compared, id))["id"], animal_id="8")
    [animal] = await found(compared, "animal")
    assert "in the record of animal 8" in animal.text


async def test_rx10_nothing_is_sent_in_the_name_of_a_user_who_was_switched_off(compared: EzyvetPractice) -> None:
    await compared.set_state("testing")
    id = await compared.prescribe()
    await compared.report(id, "approve", by=VET)
    await compared.listed_when(id, lambda row: "still being connected" in (row["reason"] or ""))
    await compared.set_state("live")
    await change(compared, "user", 10, active="0")
    await found(compared, "vet")
    assert "name another prescriber" in (await compared.show(id)).concerns[0].text
    await change(compared, "user", 10, active="1")
    await found(compared)
    assert (await compared.show(id)).concerns == ()


async def test_one_practices_failure_does_not_stop_the_others(compared: EzyvetPractice, temporal: Client) -> None:
    await sent(compared)
    desk, practice = compared.desk, compared.practice.id
    queue = desk.settings.ezyvet_task_queue
    id, order = f"round-of-{practice}", Round(queue=queue, practices=(f"not-{practice}", practice))
    done = await temporal.execute_workflow(
        "EzyvetReconciliation", order, id=id, task_queue=desk.settings.task_queue, result_type=int
    )
    assert done == 2
    await replay(temporal, id, None)
    failed, agreed = [(await report(desk, each)).run for each in order.practices or ()]
    assert failed and failed.problem == "The practice's ezyVet is not live yet."
    assert agreed and (agreed.compared, agreed.agreed, agreed.problem) == (1, 1, None)
    await compared.ezyvet.control("POST", f"/sites/{compared.site['uid']}", {"state": "revoked"})
    closed = (await compare(desk, practice)).run
    assert closed and closed.problem and "credentials" in closed.problem
