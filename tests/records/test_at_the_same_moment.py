"""Two who work on the same rows or the same feed at the same moment: nothing of either is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import decided_differences, differences, staging
from pharmacy.records.clinic import clinic
from pharmacy.records.editing import held, written
from pharmacy.records.feeds import Overtaken, on_disk
from pharmacy.records.problem import RecordsProblem
from pharmacy.records.rules import rule
from tests.records.clinics import Clinic, client, ndjson, patient, quietly
from tests.store.locks import somebody_waits


async def test_dp13_what_an_owner_changes_while_a_feed_comes_in_stays(riverside: Clinic) -> None:
    await riverside.takes(client(1), patient(1, 1))
    number = await riverside.arrives(ndjson([client(1, phone="555-0199"), patient(1, 1)]))
    own = {"email": "own@mail.example"}
    async with clinic(riverside.engine, "riverside") as connection:
        await written(connection, "riverside", rule("client", "email"), "C1", own, "owner", "owner", None)
        coming = asyncio.create_task(riverside.work(number))
        await somebody_waits(riverside.engine)
    await coming
    assert await riverside.value("client", "C1", "email") == "own@mail.example"
    assert await riverside.held() == [("C1", "email", "kept"), ("C1", "phone", "open")]


async def test_dp13_an_owner_and_staff_who_decide_at_once_do_not_lock_each_other_out(riverside: Clinic) -> None:
    await riverside.takes(client(1), patient(1, 1))
    await riverside.takes(client(1, phone="555-0199"), patient(1, 1))
    (found,) = await decided_differences.waiting(riverside.engine, "riverside")
    phone = rule("client", "phone")
    async with clinic(riverside.engine, "riverside") as connection:
        await held(connection, "riverside", phone, "C1")
        taking = asyncio.create_task(
            differences.take_theirs(riverside.engine, "riverside", found.number, "ana", "By phone")
        )
        await somebody_waits(riverside.engine)
        await written(connection, "riverside", phone, "C1", {"phone": "555-0177"}, "owner", "owner", None)
    with pytest.raises(RecordsProblem, match="does not wait any longer: it was settled by owner"):
        await taking
    assert await riverside.value("client", "C1", "phone") == "555-0177"


async def test_who_was_overtaken_does_not_begin_a_feed_anew(riverside: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await riverside.arrives(ndjson([client(1), patient(1, 1)]))

    @asynccontextmanager
    async def slowly(engine: AsyncEngine, practice: str, feed: int) -> AsyncIterator[Path]:
        async with on_disk(engine, practice, feed) as path:
            monkeypatch.setattr(staging, "on_disk", on_disk)
            await riverside.work(number)
            yield path

    monkeypatch.setattr(staging, "on_disk", slowly)
    with pytest.raises(Overtaken):
        await staging.read(riverside.engine, "riverside", number, quietly)
    (feed,) = await riverside.rows("SELECT state FROM feeds")
    assert feed["state"] == "done"
