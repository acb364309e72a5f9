"""Records what waits in the inbox in its onboardings: several at once, one at a time for each onboarding.

It runs beside the worker (`worker.py`), because without one nothing can be recorded: any number of copies may run.
Each event is reported under a key made of its own identifier, so one that was recorded by a process that died before
it could say so is recognized, and recorded once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from pydantic_core import to_json

from desk import feed_watch
from desk.problem import DeskProblem, EndedOutside, NoAnswer, NotFound
from desk.service import Desk
from integrations.model import EventSource
from integrations.registry import SOURCES
from partners.events import Event, EventProblem, FeedEvent, UnknownEvent
from playbooks.engine.onboarding import Report
from playbooks.engine.transition import CLOSED_CODE, Refused
from store.database import DatabaseProblem
from store.inbox import inbox
from store.inbox.inbox import Outcome, Waiting
from store.notifications import listen

log = logging.getLogger("drain")

PARALLEL = 16
"""Onboardings whose events one process records at the same time."""
GENTLY = max(1, (os.cpu_count() or 1) // 2)
"""The same while events come in so fast that the web needs its share of the processors to store and answer them."""
RUSH = 40
"""Events within the last second from which that is so."""
OVERDUE = timedelta(minutes=2)
"""Once the first event has waited this long, events are recorded at full speed."""
HELD_FOR = timedelta(seconds=30)
"""Unsettled events are handed out again after this: longer than PROMPT and one slow answer."""
PROMPT = 5.0
"""Seconds after which no further event of the same onboarding is started, for the sake of the others."""
LOOK_EVERY = 5.0
"""Seconds after which the inbox is queried without a notification."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a retry, doubled each time."""
AHEAD = timedelta(hours=1)
"""An event from the future waits if it is within this; a sender's clock may be ahead."""
KEPT = timedelta(days=90)
"""How long recorded events are kept; older signatures are refused anyway."""
TIDY_EVERY = 3600.0
"""Seconds between two deletions of old events."""
GRACE = 3.0
"""Seconds at shutdown for events being recorded; the others are handed out again."""
TRIES = 10
"""Attempts that end in a defect, after which an event is given up so that the next ones are recorded."""


class Drain:
    """Records the inbox's events with the desk. `held_for` is for tests."""

    def __init__(self, desk: Desk, parallel: int = PARALLEL, held_for: timedelta = HELD_FOR) -> None:
        self.desk = desk
        self.parallel = parallel
        self.held_for = held_for
        self.news = asyncio.Event()
        self.ending = False
        self.under_way: set[asyncio.Task[None]] = set()
        self.gently = False
        self.tidied = -TIDY_EVERY

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs while the block does; events being recorded at its end get some time to finish."""
        listening = asyncio.create_task(listen(self.desk.database, inbox.CHANNEL, self.news))
        taking = asyncio.create_task(self._take_all())
        try:
            yield
        finally:
            self.ending = True
            for task in (listening, taking):
                task.cancel()
            if self.under_way:
                await asyncio.wait(self.under_way, timeout=GRACE)
            for task in self.under_way:
                task.cancel()
            await asyncio.gather(listening, taking, *self.under_way, return_exceptions=True)

    async def _take_all(self) -> None:
        while True:
            self.news.clear()
            try:
                if not await self._take_some():
                    await self._tidy()
                    await self._wait()
            except DatabaseProblem as problem:
                log.warning("%s", problem)
                await asyncio.sleep(FIRST_PAUSE)
            except Exception:
                log.exception("the inbox could not be looked at")
                await asyncio.sleep(LONGEST_PAUSE)

    async def _take_some(self) -> bool:
        """Starts as many onboardings as there is room for. Returns whether there were any."""
        self.gently = await inbox.rushes(self.desk.database, RUSH, OVERDUE)
        room = (min(GENTLY, self.parallel) if self.gently else self.parallel) - len(self.under_way)
        claimed = await inbox.claim(self.desk.database, room, self.held_for) if room > 0 else []
        for events in claimed:
            task = asyncio.create_task(self._record_all(events))
            self.under_way.add(task)
            task.add_done_callback(self._done)
        return bool(claimed)

    async def _tidy(self) -> None:
        """Deletes old events when idle."""
        now = asyncio.get_running_loop().time()
        if not self.under_way and now - self.tidied >= TIDY_EVERY and not await inbox.forget(self.desk.database, KEPT):
            self.tidied = now

    async def _wait(self) -> None:
        """Waits for a new event, for room, or for the next retry."""
        if self.gently and self.under_way:
            # There is no room for new events.
            await asyncio.wait(self.under_way, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
            return
        pause = LOOK_EVERY
        if len(self.under_way) < self.parallel:
            if not self.under_way:
                # Kept events wait again whose onboarding has been started since.
                database = self.desk.database
                if sum([await inbox.take_up(database, each.name, each.facts) for each in SOURCES.values()]):
                    return
            pause = min(pause, await inbox.next_retry(self.desk.database) or pause)
        # Not `wait_for`: in Python 3.11 it swallows a cancellation that comes together with the news.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self.news.wait()

    def _done(self, task: asyncio.Task[None]) -> None:
        self.under_way.discard(task)
        self.news.set()
        if not task.cancelled() and (error := task.exception()):
            # Unsettled events are handed out again.
            log.warning("events could not be settled: %s", error)

    async def _record_all(self, events: Sequence[Waiting]) -> None:
        """Records the events of one onboarding in their order, as far as that goes."""
        ends = asyncio.get_running_loop().time() + PROMPT
        outcomes: list[Outcome] = []
        for event in events:
            outcomes.append(await self._record(event))
            if outcomes[-1].state == "new" or self.ending or asyncio.get_running_loop().time() > ends:
                break
        await inbox.settle(self.desk.database, outcomes)

    async def _record(self, waiting: Waiting) -> Outcome:
        number, source = waiting.number, SOURCES.get(waiting.source)
        if source is None:
            return Outcome(number, "kept", f"Events of '{waiting.source}' are not known.")
        try:
            event = source.read(to_json(waiting.payload))
        except EventProblem as problem:
            return Outcome(number, "refused", str(problem))
        if isinstance(event, UnknownEvent):
            return Outcome(number, "kept", f"Events of type {event.type} are not known.")
        try:
            if isinstance(event, FeedEvent):
                await feed_watch.report_sign(self.desk, event.practice, event.report)
            else:
                await self._report(source, waiting, event)
        except Refused as refusal:
            if refusal.code == CLOSED_CODE and not isinstance(event, FeedEvent):
                return await self._after_the_end(waiting, event, refusal)
            if timedelta() < event.at - datetime.now(UTC) <= AHEAD:
                return _later(waiting, str(refusal))
            return Outcome(number, "refused", str(refusal))
        except (NotFound, EndedOutside) as problem:
            return Outcome(number, "kept", str(problem))
        except (NoAnswer, DatabaseProblem) as problem:
            return _later(waiting, str(problem))
        except DeskProblem as problem:
            return Outcome(number, "refused", str(problem))
        except Exception:
            log.exception("event %s of %s could not be recorded", waiting.event, waiting.source)
            if waiting.attempts + 1 >= TRIES:
                return Outcome(number, "refused", f"It could not be recorded in {TRIES} attempts; ask an engineer why.")
            return _later(waiting, "Something went wrong here; we try again.")
        return Outcome(number, "recorded")

    async def _after_the_end(self, waiting: Waiting, event: Event, refusal: Refused) -> Outcome:
        """Settles an event of a closed onboarding: one that happened before the end is history, and no error."""
        ended_at = await self.desk.ended_at(waiting.onboarding)
        if ended_at is None:
            return _later(waiting, str(refusal))
        if event.at <= ended_at:
            return Outcome(
                waiting.number, "recorded", f"It happened before the onboarding ended and changes nothing: {refusal}"
            )
        return Outcome(waiting.number, "refused", str(refusal))

    async def _report(self, source: EventSource, waiting: Waiting, event: Event) -> None:
        key = f"{source.name}:{waiting.event}"
        report = Report(data=event.data, by=source.actor, at=event.at, key=key)
        try:
            await self.desk.record(waiting.onboarding, event.fact, report)
        except Refused:
            if not event.records or not await feed_watch.report_sign(self.desk, event.practice, event.records, False):
                raise


def _later(waiting: Waiting, why: str) -> Outcome:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(waiting.attempts, 10))
    # Spread over time.
    return Outcome(waiting.number, "new", why, pause * random.uniform(0.8, 1.2))  # noqa: S311
