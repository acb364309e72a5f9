"""Starts the practices of a file; any process can continue it from any row.

One file after the other: `Starter.work` runs for as long as the process, and starts what any process was given.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from desk.practice_files import Refusal, Taken, playbook_called, read_many, request_of_row
from desk.problem import AlreadyOpen, DeskProblem, NoAnswer
from desk.service import Desk
from playbooks.engine.onboarding import Request
from playbooks.engine.transition import Refused
from store.database import DatabaseProblem
from store.journal import batches
from store.journal.batches import Batch, BatchRow

log = logging.getLogger("desk")

AT_ONCE = 8
PORTION = 80
"""Rows read from the database at a time."""
MOST = 20_000
"""Rows of the largest file."""
LOOK_EVERY = 20.0
"""Seconds between two searches for files that another process left unfinished."""
REST = 3.0
"""Seconds before a retry."""
UNFORESEEN = "Something went wrong with this row; start this practice by itself, and tell an engineer."


async def take_in(desk: Desk, playbook: str, data: bytes, *, file: str, by: str) -> str:
    """Stores a CSV file to be started; returns the ID of the batch. Raises `DeskProblem` for what is no such file."""
    name = playbook_called(playbook).name
    rows = await asyncio.to_thread(lambda: list(read_many(data)))
    if not rows:
        raise DeskProblem("The file has no rows below the first line; nothing was started.")
    if len(rows) > MOST:
        raise DeskProblem(f"The file has {len(rows):,} rows; at most {MOST:,} are allowed. Split it.")
    return await batches.create(desk.database, playbook=name, by=by, file=file, rows=map(_kept, rows))


async def was_started(desk: Desk, playbook: str, request: Request, since: datetime) -> bool:
    """Returns whether the open onboarding was started by this request, at `since` or later."""
    try:
        state = await desk.state(f"{playbook}/{request.practice.id}")
    except DeskProblem:
        return False
    there = state.onboarding
    same = (there.practice, there.primary_contact) == (request.practice, request.primary_contact)
    return same and there.started_at >= since - timedelta(minutes=1)


@dataclass
class Starter:
    """Starts what was taken in; `wake` when there is something new."""

    desk: Desk
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._news.set()

    async def work(self) -> None:
        """Runs until it is cancelled."""
        while True:
            self._news.clear()
            try:
                while (claimed := await batches.claim(self.desk.database)) is not None:
                    await self._start(claimed)
            except DatabaseProblem as problem:
                log.warning("practices cannot be started from files: %s", problem)
            except Exception:
                # It is retried; the error is logged.
                log.exception("practices cannot be started from files")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._news.wait()

    async def _start(self, claimed: str) -> None:
        batch = await batches.find(self.desk.database, claimed)
        while batch is not None and (rows := await batches.left(self.desk.database, claimed, PORTION)):
            await batches.still_at_it(self.desk.database, claimed)
            by_line = {str(row.line): row for row in rows}
            done = [each async for each in self.desk.each(by_line, partial(self._one, batch, by_line), at_once=AT_ONCE)]
            if trouble := [outcome for _, outcome in done if isinstance(outcome, Exception)]:
                log.warning("practices of a file are tried again: %s", trouble[0])
                await asyncio.sleep(REST)
        await batches.end(self.desk.database, claimed)

    async def _one(self, batch: Batch, by_line: Mapping[str, BatchRow], line: str) -> None:
        """Starts one practice and notes what became of it. Raises what may be otherwise in a moment."""
        row = by_line[line]
        try:
            await self._start_practice(batch, request_of_row(row.given))
            why = None
        except (NoAnswer, DatabaseProblem):
            raise
        except (DeskProblem, Refused) as problem:
            why = str(problem)
        except Exception:
            log.exception("line %s of a file", line)
            why = UNFORESEEN
        await batches.settle(self.desk.database, batch.id, row.line, "refused" if why else "started", why)

    async def _start_practice(self, batch: Batch, request: Request) -> None:
        try:
            await self.desk.start(batch.playbook, request, batch.by)
        except AlreadyOpen:
            # An earlier process may have started it, and died before recording that.
            if not await was_started(self.desk, batch.playbook, request, batch.created_at):
                raise


def _kept(row: Taken | Refusal) -> BatchRow:
    given = {name: value.replace("\0", "") for name, value in row.given.items()}
    if isinstance(row, Refusal):
        return BatchRow(row.line, row.practice.replace("\0", ""), given, "refused", row.why.replace("\0", ""))
    return BatchRow(row.line, row.request.practice.id, given)
