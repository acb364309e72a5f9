"""The board's counts: kept from one look to the next, and always those of the rows as they are."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.listed import Row
from playbooks.engine.states import OPEN
from store.journal import board
from store.journal.board import Census
from store.journal.journal import publish
from tests.store.samples import MONDAY, row

NAMES = "playbook, stage, waiting_on, waiting_on_title, sla, status, assignee"


async def counted(engine: AsyncEngine) -> Counter[tuple[object, ...]]:
    query = f"SELECT {NAMES}, count(*) FROM onboardings WHERE closed_at IS NULL GROUP BY {NAMES}"
    async with engine.connect() as connection:
        return Counter({tuple(each[:-1]): each[-1] for each in await connection.execute(text(query))})


async def told(census: Census, engine: AsyncEngine) -> Counter[tuple[object, ...]]:
    names = NAMES.split(", ")
    return Counter({tuple(getattr(each, name) for name in names): each.count for each in await census.groups(engine)})


@pytest.mark.parametrize("most", [board.MOST_CHANGES, 3], ids=["one by one", "all anew"])
async def test_whatever_changes_the_counts_are_those_of_the_rows(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(board, "MOST_CHANGES", most)
    pick, census, versions = random.Random(5), Census(), Counter[str]()

    def changed(number: int) -> Row:
        name = f"counted-{number}"
        versions[name] += 1
        status = pick.choice((*OPEN, "complete"))
        return row(
            name,
            run=f"run-{name}-{versions[name] // 4}",
            version=versions[name],
            status=status,
            closed_at=None if status in OPEN else MONDAY,
            stage=pick.choice(["queue_entry", "invitation", "registration"]),
            sla=pick.choice(["on_track", "breached"]),
            assignee=pick.choice([None, "ann", "bob"]),
        )

    for _ in range(25):
        for number in pick.sample(range(12), pick.randrange(6)):
            await publish(engine, changed(number), [], [])
        expected = await counted(engine)
        assert await told(census, engine) == expected
    assert sum(expected.values()) > 5


async def test_a_look_that_fails_spoils_nothing(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    census = Census()
    await publish(engine, row("spoiled", run="run-1", version=1, status="open", stage="invitation"), [], [])
    await census.groups(engine)
    await publish(engine, row("spoiled", run="run-1", version=2, status="open", stage="registration"), [], [])
    with monkeypatch.context() as patched:

        async def fails(*_: object) -> list[object]:
            raise ConnectionError

        patched.setattr(board, "_open_ones", fails)
        with pytest.raises(ConnectionError):
            await census.groups(engine)
    assert await told(census, engine) == await counted(engine)
