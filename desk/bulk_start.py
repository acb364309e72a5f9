"""Starts the practices of a table; any process can continue it from any row.

A row that is probably there already, under another ID, whose time zone is none of its state, or that is overdue at
once, waits for a person. One file after the other: `Starter.work` runs for as long as the process, and starts what any
process was given.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncEngine

from desk import preview
from desk.colleagues import Colleagues, colleagues
from desk.hand_over import tell_of_start
from desk.practice_columns import headings_of
from desk.practice_files import playbook_called
from desk.practice_table import (
    Table,
    TableRow,
    UnusableTable,
    in_words,
    read_table,
    request_of_row,
    too_late,
    zones_to_choose,
)
from desk.problem import AlreadyOpen, DeskProblem, NoAnswer
from desk.service import Desk
from desk.us_zones import zones_instead, zones_of_few
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import Onboarding, Request
from playbooks.engine.transition import Refused
from store.database import DatabaseDown, DatabaseProblem
from store.journal import batches
from store.journal.alike import Alike, Recognized, recognize, shared_words
from store.journal.batches import Batch, BatchRow, Kind, ReadAs, RowState
from store.journal.board import chosen as open_among

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
OTHER_DETAILS = (
    "It was started with other details than those of this row; correct them on its page if the row is right."
)
STARTED_ALREADY = "The practice is started already, as {id}."
ANOTHER = "If this is another practice, give it an ID of its own; if it is the same, leave the row out."
"""What to do with a row whose ID has an open onboarding."""
NAMESAKE = f"An onboarding with the ID {{id}}, made from the name, is open with another contact. {ANOTHER}"
LATE = "Its first deadline has passed already, so {who} gets an overdue mail at once."
UNFORESEEN = "Something went wrong with this row; start this practice by itself, and tell an engineer."


async def look_at(desk: Desk, table: Table, playbook: str) -> Table:
    """Returns the table with what only the system knows of its rows: colleagues, what is probably there already, and
    which would be overdue at once.

    Nothing is doubted of a practice that is open under its own ID; what is wrong with such a row stays, with the
    onboarding in `there`. While the database is away, nobody is recognized.
    """
    try:
        people = await colleagues(desk.database, desk.settings)
        found = await recognize(desk.database, map(_recognized_by, table.rows))
        rows = [_with_assignee_and_time(row, table, people, datetime.now(UTC)) for row in table.rows]
        doubted = await asyncio.to_thread(_with_late, desk, playbook, list(_with_doubts(rows, found)))
        unsure = [f"{playbook}/{row.practice}" for row in doubted if row.doubts or row.problems]
        there = {each.id for each in await open_among(desk.database, unsure)}
    except DatabaseDown:
        return table
    return replace(table, rows=tuple(_settled(row, f"{playbook}/{row.practice}", there) for row in doubted))


async def take_in(
    desk: Desk,
    playbook: str,
    data: bytes,
    *,
    file: str,
    by: str,
    chosen: Mapping[str, str] | None = None,
    usual: Mapping[str, str] | None = None,
    left_out: Collection[str] = (),
    corrects: str | None = None,
) -> str:
    """Stores a table to be started; returns the ID of the batch. Raises `DeskProblem` for what is no such file.

    `chosen`, `usual` and `left_out` are those of `read_table`; other columns that are not known are asked about.
    `corrects` is the batch whose rows are corrected in it.
    """
    name = playbook_called(playbook).name
    _, wrong = request_of_row(usual or {})
    if unusable := [in_words(column, wrong[column], usual or {}, {}) for column in usual or {} if column in wrong]:
        raise DeskProblem(" ".join(unusable))
    table = await asyncio.to_thread(read_table, data, file, chosen=chosen, usual=usual, left_out=left_out)
    if not table.rows:
        raise UnusableTable("The file has no rows below the first line; nothing was started.")
    if len(table.rows) > MOST:
        raise UnusableTable(f"The file has {len(table.rows):,} rows; at most {MOST:,} are allowed. Split it.")
    table = await look_at(desk, table, name)
    read_as = ReadAs(table.delimiter, list(table.header.fields), list(table.notes))
    rows = [_kept(row, f"{name}/{row.practice}") for row in table.rows]
    return await batches.create(
        desk.database, playbook=name, by=by, file=file, read_as=read_as, rows=rows, corrects=corrects
    )


async def doubts_of(desk: Desk, request: Request) -> tuple[list[str], list[str]]:
    """Returns what to look at before a start, and the onboardings that it may be: a practice is probably there already
    under another ID, or its time zone is none of its state."""
    contact = request.primary_contact
    given = request.practice.id, request.practice.name, f"{contact.email} {contact.phone or ''}"
    try:
        [found] = await recognize(desk.database, [given])
    except DatabaseDown:
        return _zone_doubts(request), []
    return [*map(_doubt, found.alike), *_zone_doubts(request)], [each.id for each in found.alike]


def _zone_doubts(request: Request) -> list[str]:
    practice = request.practice
    there = " or ".join(zones_instead(practice))
    if not there:
        return []
    if few := zones_of_few(practice.country, practice.state):
        there += f", in a few places of {' or '.join(few)}"
    return [f"The time zone may be wrong: {practice.state} has the clocks of {there}, not of {practice.time_zone}."]


def _doubt(found: Alike) -> str:
    return f"It is probably there already: {found.name} ({found.id}) has the same {shared_words(found.shared)}."


def _recognized_by(row: TableRow) -> tuple[str, str, str]:
    reached = (row.given.get(name, "") for name in ("contact_email", "contact_phone"))
    return row.practice, row.given.get("name", ""), " ".join(reached)


def _with_assignee_and_time(row: TableRow, table: Table, people: Colleagues, now: datetime) -> TableRow:
    wrong = too_late(row.request, now)
    if assignee := row.given.get("assignee"):
        try:
            people.handle_of(assignee)
        except Refused as problem:
            wrong["assignee"] = str(problem)
    if not wrong:
        return row
    return row.refused(*(in_words(name, why, row.given, table.header.headings) for name, why in wrong.items()))


def _with_doubts(rows: list[TableRow], found: list[Recognized]) -> Iterator[TableRow]:
    """Yields the rows, each with the practices of the system and of earlier rows that it probably is."""
    first: dict[str, TableRow] = {}
    for row, recognized in zip(rows, found, strict=True):
        doubts = list(map(_doubt, recognized.alike))
        earlier: dict[int, set[str]] = {}
        for key in recognized.keys & first.keys():
            earlier.setdefault(first[key].line, set()).add(key)
        doubts += [
            f"It is probably the practice of line {line}, which has the same {shared_words(keys)}."
            for line, keys in sorted(earlier.items())
        ]
        kind: Kind | None = "alike" if doubts else None
        if row.request and (zone := _zone_doubts(row.request)):
            doubts, kind = doubts + zone, kind or "zone"
        if row.request or zones_to_choose(row.given):
            # What lacks the time zone alone can be started as well.
            first |= dict.fromkeys(recognized.keys - first.keys(), row)
        yield replace(row, doubts=tuple(doubts), there=tuple(each.id for each in recognized.alike), kind=kind)


def _with_late(desk: Desk, playbook: str, rows: Iterable[TableRow]) -> list[TableRow]:
    """Returns the rows, with a doubt where the first deadline has passed already because of an early request."""
    target = playbook_called(playbook).stages[0].target
    overdue = {target.escalation, *(kind for kind, _ in target.notify)} if target else set()
    alike: dict[tuple[object, ...], str] = {}

    def told(request: Request) -> str:
        """Returns who is told at once that it is overdue."""
        place = request.practice
        key = (request.requested_at, place.time_zone, place.country, place.state, request.assignee is None)
        if key not in alike:
            mails = preview.of_start(desk, playbook, request, by="").mails
            alike[key] = " and ".join(_reader(mail.to, request) for mail in mails if mail.kind in overdue)
        return alike[key]

    def seen(row: TableRow) -> TableRow:
        if row.request is None or row.request.requested_at is None or not (who := told(row.request)):
            return row
        kind: Kind | None = "late" if not row.doubts else row.kind if row.kind == "alike" else None
        return replace(row, doubts=(*row.doubts, LATE.format(who=who)), kind=kind)

    return [seen(row) for row in rows] if overdue else list(rows)


def _reader(role: str, request: Request) -> str:
    if role == Role.ASSIGNEE:
        return "the colleague it is assigned to" if request.assignee else "the team"
    return f"the {role_phrase(role)}"


def _settled(row: TableRow, identity: str, there: Collection[str]) -> TableRow:
    if identity not in there:
        return row
    return replace(row, doubts=(), there=(identity,) if row.problems else ())


async def start_all(engine: AsyncEngine, batch: str, kind: Literal["zone", "late"]) -> None:
    """Has each row started that waits for this alone: as it is, or in the only time zone of its state."""
    lines: dict[str | None, list[int]] = {}
    for row in await batches.rows(engine, batch, "waiting", MOST):
        zones = zones_to_choose(row.given) if kind == "zone" else (None,)
        if row.kind == kind and len(zones) == 1:
            lines.setdefault(zones[0], []).append(row.line)
    for zone, those in lines.items():
        await batches.release(engine, batch, those, zone)


async def open_as(desk: Desk, playbook: str, practice: str) -> Onboarding | None:
    """Returns the open onboarding of a practice; None if there is none that answers."""
    try:
        return (await desk.state(f"{playbook}/{practice}")).onboarding
    except DeskProblem:
        return None


def is_asked_for(there: Onboarding, request: Request) -> bool:
    """Returns whether a request of the same content started this onboarding."""
    return (there.practice, there.primary_contact) == (request.practice, request.primary_contact)


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
        if batch is None:
            return
        started: dict[str, str | None] = {}
        while not await batches.end(self.desk.database, claimed):
            rows = await batches.rows(self.desk.database, claimed, "new", PORTION)
            await batches.still_at_it(self.desk.database, claimed)
            by_line = {str(row.line): row for row in rows}
            done = [each async for each in self.desk.each(by_line, partial(self._one, batch, by_line), at_once=AT_ONCE)]
            if trouble := [outcome for _, outcome in done if isinstance(outcome, Exception)]:
                log.warning("practices of a file are tried again: %s", trouble[0])
                await asyncio.sleep(REST)
            those = [by_line[line] for line, outcome in done if outcome == "started"]
            started |= {f"{batch.playbook}/{row.practice}": row.given.get("assignee") for row in those}
        await tell_of_start(self.desk, batch.by, started)

    async def _one(self, batch: Batch, by_line: Mapping[str, BatchRow], line: str) -> RowState:
        """Starts one practice and notes what became of it. Raises what may be otherwise in a moment."""
        row = by_line[line]
        outcome = await self._outcome(batch, row)
        await batches.settle(self.desk.database, batch.id, outcome)
        return outcome.state

    async def _outcome(self, batch: Batch, row: BatchRow) -> BatchRow:
        request, wrong = request_of_row(row.given)
        if request is None or row.why:
            return await self._wrong(batch, row, wrong)
        try:
            await self.desk.start(batch.playbook, request, batch.by)
        except AlreadyOpen as problem:
            there = await open_as(self.desk, batch.playbook, request.practice.id)
            return _found_open(row, request, there, batch) if there else replace(row, state="refused", why=str(problem))
        except (NoAnswer, DatabaseProblem):
            raise
        except (DeskProblem, Refused) as problem:
            return replace(row, state="refused", why=str(problem))
        except Exception:
            log.exception("line %s of a file", row.line)
            return replace(row, state="refused", why=UNFORESEEN)
        return replace(row, state="started")

    async def _wrong(self, batch: Batch, row: BatchRow, wrong: Mapping[str, str]) -> BatchRow:
        """Returns a row with what is wrong in it: as refused, unless its practice is started already."""
        headings = headings_of(batch.read_as.fields)
        why = row.why or "\n".join(in_words(name, why, row.given, headings) for name, why in wrong.items())
        there = await open_as(self.desk, batch.playbook, row.practice)
        if there is None or not _is_of(row.given, there, "email", "name"):
            return replace(row, state="refused", why=why)
        started = STARTED_ALREADY.format(id=f"{batch.playbook}/{row.practice}")
        return replace(row, state="known", why=f"{why}\n{started}")


def _found_open(row: BatchRow, request: Request, there: Onboarding, batch: Batch) -> BatchRow:
    """Returns a row whose practice is open already. An ID that was made from a name may be that of a namesake."""
    row = replace(row, there=[f"{batch.playbook}/{there.practice.id}"])
    if is_asked_for(there, request):
        # An earlier process may have started it, and died before recording that.
        return replace(row, state="started" if there.started_at >= batch.created_at else "known")
    if _is_of(row.given, there, "email"):
        return replace(row, state="known", why=OTHER_DETAILS)
    return replace(row, state="refused", why=NAMESAKE.format(id=there.practice.id))


def _is_of(given: Mapping[str, str], there: Onboarding, *alike: str) -> bool:
    """Returns whether a row is of this onboarding, which has its ID: it gives that itself, or the contact is alike."""
    contact = there.primary_contact
    return "id" in given or any(
        given.get(f"contact_{name}", "").casefold() == getattr(contact, name).casefold() for name in alike
    )


def _kept(row: TableRow, identity: str) -> BatchRow:
    why = "\n".join((*row.problems, *row.doubts)) or None
    return BatchRow(row.line, row.practice, row.given, _first_state(row, identity), why, list(row.there), row.kind)


def _first_state(row: TableRow, identity: str) -> RowState:
    if identity in row.there:
        # What is wrong may have been corrected elsewhere: who starts the rows finds out.
        return "new"
    if row.problems:
        return "refused"
    return "waiting" if row.doubts else "new"
