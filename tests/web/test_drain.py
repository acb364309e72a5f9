"""Draining the inbox: in order, side by side, and through all kinds of trouble."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from desk import event_recorder
from desk.event_recorder import Drain
from desk.problem import NoAnswer
from desk.service import Desk
from integrations.registry import SOURCES
from machine.servers import PROJECT
from partners.datapoint import FACTS
from playbooks.engine.onboarding import Receipt, Report, Request
from playbooks.feed_watch.values import Watch
from store.database import connect
from store.inbox import inbox
from store.inbox.inbox import Arrival, Outcome
from tests.patience import PATIENCE
from tests.system.harness import eventually
from tests.web.browser import next_number
from tests.web.programs import event, practice_file
from web.hooks import arrival

STORY = (
    *("request.queued", "invitation.sent", "practice_information.given", "technical_contact.reached"),
    *("agent.installed", "data.received"),
)


def arrived(identifier: str, body: str) -> Arrival:
    """An event of DataPoint as it is stored."""
    return arrival(SOURCES["datapoint"], identifier, body.encode())


@dataclass(frozen=True)
class Watched(Desk):
    """The real desk, looked at while it records. It fails as often as `fails` says, in the way that `how` says."""

    order: list[tuple[str, str]] = field(default_factory=list)
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    fails: Counter[str] = field(default_factory=Counter)
    how: Callable[[], Exception] = lambda: NoAnswer("Nobody answers.")

    async def record(self, identity: str, fact: str, report: Report) -> Receipt:
        self.now.update((identity, "all"))
        for name in (identity, "all"):
            self.most[name] = max(self.most[name], self.now[name])
        try:
            if self.fails[identity] > 0:
                self.fails[identity] -= 1
                raise self.how()
            self.order.append((identity, fact))
            return await super().record(identity, fact, report)
        finally:
            self.now.subtract((identity, "all"))


@pytest.fixture
async def own(new_database: Callable[[], str]) -> AsyncIterator[AsyncEngine]:
    """An inbox of this test's own, read and written by nobody else."""
    engine = connect(new_database())
    yield engine
    await engine.dispose()


@pytest.fixture
def watched(desk: Desk, own: AsyncEngine) -> Watched:
    return Watched(desk.client, own, desk.settings)


async def practices(desk: Desk, count: int) -> list[str]:
    """So many practices with an open onboarding."""
    files = [practice_file(f"drain-{next_number()}") for _ in range(count)]
    for each in files:
        del each["playbook"]
    await asyncio.gather(*(desk.start("datapoint", Request.model_validate(each), "test") for each in files))
    return [each["practice"]["id"] for each in files]


async def complete(desk: Desk, name: str) -> None:
    """Reports by hand what completes an onboarding."""
    data = {
        "practice_information_given": {},
        "eula_accepted": {"version": "1", "accepted_by": "Dana"},
        "technical_contact_designated": {"name": "Lee", "email": "lee@it.test"},
        "data_received": {},
    }
    for fact, details in data.items():
        await desk.record(f"datapoint/{name}", fact, Report(data=details, by="test"))


async def come_in(database: AsyncEngine, names: list[str], kinds: tuple[str, ...] = STORY) -> None:
    """The events of a story for each practice, as they would come: everybody's first, then everybody's second."""
    begun = datetime.now(UTC) - timedelta(hours=12)
    for number, kind in enumerate(kinds):
        arrivals = [arrived(f"{name}-{kind}", event(kind, name, begun + timedelta(hours=number))) for name in names]
        await inbox.store(database, arrivals)


async def states(database: AsyncEngine) -> Counter[str]:
    async with database.connect() as connection:
        return Counter(await connection.scalars(text("SELECT state FROM inbox")))


async def drained(database: AsyncEngine, seconds: float = PATIENCE) -> Counter[str]:
    return await eventually(lambda: states(database), lambda seen: seen["new"] == 0, seconds)


async def facts_of(desk: Desk, name: str) -> list[str]:
    return [fact.name for fact in (await desk.show(f"datapoint/{name}")).facts if fact.implied_by is None]


async def test_one_at_a_time_for_each_in_order_and_several_at_once(desk: Desk, watched: Watched) -> None:
    names = await practices(desk, 8)
    await come_in(watched.database, names)
    async with Drain(watched).running(), Drain(watched).running(), Drain(watched).running():
        assert await drained(watched.database) == {"recorded": 8 * len(STORY)}
    for name in names:
        # One that was not answered in time on a busy machine is asked again, and is no second one.
        mine = dict.fromkeys(fact for identity, fact in watched.order if identity == f"datapoint/{name}")
        assert list(mine) == [FACTS[kind] for kind in STORY]
        assert await facts_of(desk, name) == list(mine)
        assert watched.most[f"datapoint/{name}"] == 1
    assert watched.most["all"] > 1


async def test_no_more_at_once_than_said(desk: Desk, watched: Watched) -> None:
    await come_in(watched.database, await practices(desk, 6), STORY[:2])
    async with Drain(watched, parallel=2).running():
        await drained(watched.database)
    assert watched.most["all"] == 2


async def test_it_holds_back_while_many_come_in(desk: Desk, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_recorder, "RUSH", 12)
    monkeypatch.setattr(event_recorder, "GENTLY", 2)
    await come_in(watched.database, await practices(desk, 6), STORY[:2])
    async with watched.database.begin() as connection:
        # However long this test takes, they came just now.
        await connection.execute(text("UPDATE inbox SET received_at = now() + interval '1 hour'"))
    async with Drain(watched, parallel=6).running():
        assert await drained(watched.database) == {"recorded": 12}
    assert watched.most["all"] == 2


async def test_what_a_rush_is(own: AsyncEngine) -> None:
    async def rushes(change: str) -> bool:
        async with own.begin() as connection:
            await connection.execute(text(change))
        return await inbox.rushes(own, 12, timedelta(minutes=2))

    await come_in(own, [f"rush-{number}" for number in range(6)], STORY[:2])
    just_now = "UPDATE inbox SET received_at = now() + interval '1 hour'"
    assert await rushes(just_now)
    assert not await rushes("UPDATE inbox SET received_at = now() - interval '2 seconds'")
    assert not await rushes(just_now + "; DELETE FROM inbox WHERE number = (SELECT max(number) FROM inbox)")
    await come_in(own, ["rush-6", "rush-7"], STORY[:1])
    assert await rushes(just_now)
    # Whoever has waited for so long is not kept waiting by others.
    oldest = "number = (SELECT min(number) FROM inbox)"
    assert not await rushes(f"UPDATE inbox SET received_at = now() - interval '3 minutes' WHERE {oldest}")
    assert await rushes(f"UPDATE inbox SET state = 'recorded' WHERE {oldest}")


async def test_a_process_that_is_killed_loses_nothing_and_doubles_nothing(desk: Desk, own: AsyncEngine) -> None:
    database, names = own, await practices(desk, 12)
    await come_in(database, names)
    async with AsyncExitStack() as processes:
        async with database.begin() as connection:
            # The last event of all but the first practice cannot be settled before the lock is released: after one has
            # died, with what it had recorded by then.
            await connection.execute(
                text("SELECT FROM inbox WHERE type = 'data.received' AND onboarding <> :free FOR UPDATE"),
                {"free": f"datapoint/{names[0]}"},
            )
            first = await processes.enter_async_context(draining(desk, database))
            await processes.enter_async_context(draining(desk, database))
            await eventually(lambda: states(database), lambda seen: seen["recorded"] > 0)
            first.kill()
            await first.wait()
            assert (await states(database))["new"] > 0
        assert await drained(database) == {"recorded": 12 * len(STORY)}
    for name in names:
        assert await facts_of(desk, name) == [FACTS[kind] for kind in STORY]


@asynccontextmanager
async def draining(desk: Desk, database: AsyncEngine) -> AsyncIterator[asyncio.subprocess.Process]:
    config = desk.client.service_client.config
    url = database.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.web.draining", url, config.target_host, desk.client.namespace),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdin and process.stdout
        assert (await process.stdout.readline()) == b"ready\n"
        yield process
    finally:
        if process.returncode is None and process.stdin:
            process.stdin.close()
        await process.wait()


async def test_what_was_recorded_by_somebody_who_died_before_saying_so_is_recorded_once(
    desk: Desk, watched: Watched
) -> None:
    [name] = await practices(desk, 1)
    await come_in(watched.database, [name], ("practice_information.given",))
    [[waiting]] = await inbox.claim(watched.database, 1, timedelta(seconds=0.5))
    # All that a process does, short of telling the inbox.
    await Drain(watched)._record(waiting)
    assert (await states(watched.database)) == {"new": 1}
    async with Drain(watched).running():
        await drained(watched.database)
    assert len(watched.order) == 2
    assert await facts_of(desk, name) == ["practice_information_given"]


async def test_what_is_held_is_given_to_nobody_else_until_its_time_is_over(own: AsyncEngine) -> None:
    names = [f"held-{next_number()}", f"held-{next_number()}"]
    await come_in(own, names, STORY[:2])

    async def claimed(most: int = 10) -> list[tuple[str | None, int]]:
        found = await inbox.claim(own, most, timedelta(seconds=1))
        return [(each[0].onboarding.partition("/")[2], len(each)) for each in found]

    assert [await claimed(1), await claimed()] == [[(names[0], 2)], [(names[1], 2)]]
    # What comes in meanwhile waits as well, also if its number is lower because it was committed late.
    await come_in(own, names[:1], STORY[2:3])
    async with own.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO inbox (number, source, event, type, payload, state, onboarding) OVERRIDING SYSTEM VALUE"
                " VALUES (0, 'datapoint', 'late', 'x', '{}', 'new', :onboarding)"
            ),
            {"onboarding": f"datapoint/{names[1]}"},
        )
    assert await claimed() == []
    await asyncio.sleep(1.05)
    assert await claimed() == [(names[1], 3), (names[0], 3)]


async def test_what_is_settled_stays_settled(own: AsyncEngine) -> None:
    await come_in(own, ["settled"], STORY[:2])
    [[first, second]] = await inbox.claim(own, 1, timedelta(seconds=0.1))
    await inbox.settle(own, [Outcome(first.number, "recorded")])
    # The other is given out again at once, and somebody whose time was over says something else of the first.
    [[again]] = await inbox.claim(own, 1, timedelta(seconds=60))
    assert again.number == second.number
    await inbox.settle(own, [Outcome(first.number, "new", "Too late", 1.0)])
    assert await states(own) == {"recorded": 1, "new": 1}


async def test_while_nobody_answers_an_event_waits_longer_and_longer(
    desk: Desk, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_recorder, "FIRST_PAUSE", 0.05)
    stuck, free = await practices(desk, 2)
    watched.fails[f"datapoint/{stuck}"] = 4
    await come_in(watched.database, [stuck, free], STORY[:2])
    async with Drain(watched).running():
        rows = await eventually(lambda: waiting(watched.database), lambda seen: bool(seen) and seen[0]["attempts"] > 0)
        assert (rows[0]["error"], rows[0]["onboarding"]) == ("Nobody answers.", f"datapoint/{stuck}")
        assert await drained(watched.database) == {"recorded": 4}
    # Those of the other did not wait for it, and its own second one did.
    mine = [fact for identity, fact in watched.order if identity.endswith(stuck)]
    assert mine == ["queued", "invitation_sent"]
    async with watched.database.connect() as connection:
        attempts = await connection.scalar(text("SELECT max(attempts) FROM inbox"))
    assert attempts == 5


async def waiting(database: AsyncEngine) -> list[dict[str, Any]]:
    async with database.connect() as connection:
        rows = await connection.execute(text("SELECT * FROM inbox WHERE state = 'new' ORDER BY number"))
        return [dict(row) for row in rows.mappings()]


async def test_pauses_double_and_have_an_end() -> None:
    pauses = [
        event_recorder._later(inbox.Waiting(1, "datapoint", "e", {}, "datapoint/x", attempts), "-").retry_after or 0
        for attempts in range(12)
    ]
    assert 0.8 <= pauses[0] <= 1.2 and 3.2 <= pauses[2] <= 4.8 and all(48 <= pause <= 72 for pause in pauses[6:])


async def test_a_defect_of_ours_does_not_block_those_behind_it_for_ever(
    desk: Desk, own: AsyncEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(event_recorder, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(event_recorder, "TRIES", 3)
    database = own
    watched = Watched(desk.client, database, desk.settings, how=lambda: LookupError("a defect"))
    [name] = await practices(desk, 1)
    watched.fails[f"datapoint/{name}"] = 3
    await come_in(database, [name], STORY[:2])
    async with Drain(watched).running():
        assert await drained(database) == {"refused": 1, "recorded": 1}
    async with database.connect() as connection:
        error = await connection.scalar(text("SELECT error FROM inbox WHERE state = 'refused'"))
    assert error == "It could not be recorded in 3 attempts; ask an engineer why."
    assert "a defect" in caplog.text and await facts_of(desk, name) == ["invitation_sent"]


async def test_it_is_told_at_once_of_what_comes_in(
    desk: Desk, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_recorder, "LOOK_EVERY", 3600.0)
    [name] = await practices(desk, 1)
    async with Drain(watched).running() as _:
        for number in range(3):
            await inbox.store(watched.database, [arrived(f"{name}-{number}", event(STORY[number], name))])
            await drained(watched.database)


async def test_a_lost_connection_to_the_database_is_made_up_for(
    desk: Desk, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.notifications.AGAIN", 0.05)
    names = await practices(desk, 3)
    async with Drain(watched).running():
        await come_in(watched.database, names[:1], STORY[:1])
        await drained(watched.database)
        admin = connect(watched.database.url.render_as_string(hide_password=False))
        async with admin.begin() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid()"
                )
            )
        await admin.dispose()
        await come_in(watched.database, names[1:], STORY[:1])
        assert await drained(watched.database) == {"recorded": 3}


class Awaited(asyncio.Event):
    """News, and whether somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.by_somebody = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.by_somebody.set()
        return await super().wait()


@pytest.mark.parametrize("steps", range(6))
async def test_it_can_be_ended_at_the_very_moment_something_comes_in(watched: Watched, steps: int) -> None:
    consumer = Drain(watched)
    consumer.news = news = Awaited()
    taking = asyncio.create_task(consumer._take_all())
    await news.by_somebody.wait()
    news.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait([taking], timeout=PATIENCE)
    assert taking.cancelled()


async def test_a_large_backlog_is_claimed_without_looking_at_all_of_it(own: AsyncEngine) -> None:
    """One practice with very many events, held by somebody: the others are found at once."""
    database = own
    async with database.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO inbox (source, event, type, payload, state, onboarding)"
                " SELECT 'datapoint', 'bulk-' || n, 'x', '{}', 'new', 'datapoint/' ||"
                " CASE WHEN n <= 20000 THEN 'bulk' ELSE 'p' || n END FROM generate_series(1, 20100) AS n"
            )
        )
    first = await inbox.claim(database, 1, timedelta(minutes=1))
    assert len(first[0]) == inbox.PORTION
    async with database.connect() as connection:
        plan = await connection.scalar(
            text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {inbox._CLAIM.text}"),
            {"most": 16, "portion": inbox.PORTION, "seconds": 60.0},
        )
    # An index tells of each whether it is its turn; what looked at all others for each would read them 20,000 times.
    assert plan[0]["Plan"]["Shared Hit Blocks"] < 10 * 20_100
    others = await inbox.claim(database, 16, timedelta(minutes=1))
    assert len(others) == 16


@dataclass(frozen=True)
class Apart(Desk):
    """The real desk, but for the inbox, which is the test's own."""

    real: Desk | None = None

    async def record(self, identity: str, fact: str, report: Report) -> Receipt:
        assert self.real
        return await self.real.record(identity, fact, report)

    async def ended_at(self, identity: str) -> datetime | None:
        assert self.real
        return await self.real.ended_at(identity)


async def test_dp10_signs_of_life_reach_the_watch_over_the_feed(desk: Desk, own: AsyncEngine) -> None:
    [name, early] = await practices(desk, 2)
    await complete(desk, name)
    await come_in(own, [name, early, "never-heard-of"], ("agent.heartbeat",))
    await come_in(own, [name], ("feed.delivered", "import.completed"))
    async with Drain(Apart(desk.client, own, desk.settings, desk)).running():
        await drained(own)
    handle = desk.client.get_workflow_handle(f"datapoint-feed/{name}")
    watch: Watch = await handle.query("state", result_type=Watch)
    assert watch.agent_at
    assert watch.feed_at
    assert watch.feed_at > watch.agent_at + timedelta(minutes=59), "the import completed is news of the feed"
    async with own.connect() as connection:
        kept = await connection.scalars(text("SELECT event FROM inbox WHERE state <> 'recorded'"))
        assert list(kept) == ["never-heard-of-agent.heartbeat"]


async def test_what_was_recorded_long_ago_is_cleared_away_and_nothing_else(own: AsyncEngine, watched: Watched) -> None:
    await come_in(own, ["old", "older", "kept", "fresh"], STORY[:1])
    async with own.begin() as connection:
        for event_of, state, days in (("old", "recorded", 91), ("older", "recorded", 400), ("kept", "refused", 400)):
            change = text(
                "UPDATE inbox SET state = :state, recorded_at = now() - make_interval(days => :days)"
                " WHERE event LIKE :event"
            )
            await connection.execute(change, {"state": state, "days": days, "event": f"{event_of}-%"})
        await connection.execute(text("UPDATE inbox SET state = 'recorded', recorded_at = now() WHERE state = 'new'"))
    async with Drain(watched).running():
        await eventually(lambda: states(own), lambda seen: seen == {"recorded": 1, "refused": 1})


async def test_an_event_of_before_the_end_is_history_and_one_of_after_it_is_refused(
    desk: Desk, own: AsyncEngine
) -> None:
    [name] = await practices(desk, 1)
    await complete(desk, name)
    await eventually(lambda: desk.ended_at(f"datapoint/{name}"), bool)
    before, after = datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC) + timedelta(minutes=1)
    arrivals = [
        arrived("before", event("data.received", name, before)),
        arrived("reached", event("technical_contact.reached", name, before)),
        arrived("after", event("technical_contact.reached", name, after)),
    ]
    await inbox.store(own, arrivals)
    async with Drain(Apart(desk.client, own, desk.settings, desk)).running():
        await drained(own)
    async with own.connect() as connection:
        rows = await connection.execute(text("SELECT event, state, error FROM inbox ORDER BY number"))
        found = {event_id: (state, error) for event_id, state, error in rows}
    assert found["before"][0] == found["reached"][0] == "recorded"
    assert "happened before the onboarding ended" in found["reached"][1]
    assert found["after"][0] == "refused"
