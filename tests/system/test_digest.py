"""The morning's digest: to the team and its managers, on business days, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.system.conftest import next_number
from tests.system.harness import Practice, eventually
from workflows.contracts import DigestOrder

TEAM = ZoneInfo("America/Chicago")


async def digest(practice: Practice, now: datetime) -> int:
    sent: int = await practice.desk.client.execute_workflow(
        "Digest",
        DigestOrder(now=now),
        id=f"digest-{next_number()}",
        task_queue=practice.desk.settings.task_queue,
        result_type=int,
    )
    return sent


def morning_after(moment: datetime, weekday: int) -> datetime:
    """Eight o'clock of the next such weekday, as the team's clocks show it."""
    local = moment.astimezone(TEAM)
    day = local.date() + timedelta(days=(weekday - local.weekday() - 1) % 7 + 1)
    return datetime(day.year, day.month, day.day, 8, tzinfo=TEAM)


async def test_the_team_and_its_managers_read_what_is_overdue_and_whom_it_waits_on(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.forward(timedelta(hours=49))
    seen = await practice.shown_when(lambda seen: seen.sla == "breached")
    database, name = practice.desk.database, f"Practice {practice.id}"

    async def listed() -> bool:
        from store.journal.listing import Filter, list_onboardings

        rows = await list_onboardings(database, Filter(sla="breached"), limit=200)
        return any(row.id == practice.identity for row in rows)

    await eventually(listed, bool)
    tuesday = morning_after(seen.now, 1)
    before = {to: len(practice.mailbox.to(to)) for to in ("team@pharmacy.test", "manager@pharmacy.test")}
    assert await digest(practice, tuesday) == 2
    for reader, count in before.items():
        mail = (await practice.mailbox.wait_for(reader, count + 1))[-1]
        assert "overdue" in str(mail["Subject"])
        for part in ("plain", "html"):
            body = mail.get_body((part,)).get_content()  # type: ignore[union-attr]
            assert name in body
            assert "Invitation from DataPoint" in body
            assert "DataPoint" in body

    assert await digest(practice, tuesday) == 2, "the same morning again finds both sent"
    assert {to: len(practice.mailbox.to(to)) for to in before} == {to: count + 1 for to, count in before.items()}


async def test_there_is_no_digest_on_a_weekend_or_a_holiday(practice: Practice) -> None:
    assert await digest(practice, datetime(2027, 1, 2, 8, tzinfo=TEAM)) == 0
    assert await digest(practice, datetime(2027, 7, 5, 8, tzinfo=TEAM)) == 0
