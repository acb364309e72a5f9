"""Starting many practices from a table: what it may look like, how far it is, and what to do with the other rows."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal
from zoneinfo import available_timezones

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from desk.bulk_start import start_all, take_in
from desk.practice_columns import (
    ALIASES,
    GIVEN_NAMES,
    NEEDED,
    NOT_READ,
    REASON,
    SURNAMES,
    TITLES,
    UnclearColumns,
    keys_of,
)
from desk.practice_files import SIZE_LIMIT
from desk.practice_table import UnusableTable, zones_to_choose
from desk.problem import DeskProblem
from playbooks.registry import PLAYBOOKS
from store.journal import batches
from store.journal.batches import Batch, BatchRow, RowState, StateNow
from web.authorization import Specialist
from web.console.choices import assignable
from web.console.commands import reason_in
from web.exports import csv_line, csv_response
from web.pages import go, page, typed
from web.problem import Problem, without_commands
from web.services import Services, Web
from web.sessions import Visit, visit_of

router = APIRouter(prefix="/start/many")

SHOWN = 100
"""Rows of each kind that the page shows; the table of the refused ones has all."""
PORTION = 500


USUAL = ("assignee", "time_zone")
"""What the form gives to rows that have none of their own."""
HEADING, MEANS = "heading_", "means_"
"""Begin the names of the form's fields, each with the same number: a heading of the table, and which column it is."""
LEFT_OUT = "-"
"""What the form says of a heading that is no column."""
KEPT = 200_000
"""Bytes of the largest table that the form carries along, so that the file need not be chosen again."""


@router.get("")
async def table_page(request: Request, web: Web, person: Specialist) -> Response:
    return await _table(request, web, {})


@router.post("")
async def take(request: Request, web: Web, person: Specialist) -> Response:
    async with request.form() as form:
        given, file = await typed(request), form.get("file")
        if isinstance(file, UploadFile) and file.filename:
            name, data = _name(file.filename), await file.read(SIZE_LIMIT + 1)
        else:
            name, data = _name(given.get("kept_name", "")), _unpacked(given.get("kept", ""))
        if not name:
            return await _table(request, web, given, DeskProblem("Choose a file first: a table saved as CSV."))
    means = _means(given)
    chosen = {heading: column for heading, column in means.items() if column in TITLES}
    left_out = [heading for heading, column in means.items() if column == LEFT_OUT]
    usual = {column: value for column in USUAL if (value := given.get(column, "").strip())}
    playbook = given.get("playbook", "")
    before = await batches.find(web.database, given.get("corrects", ""))
    try:
        identity = await take_in(
            web.desk,
            playbook,
            data,
            file=name,
            by=person.handle,
            chosen=chosen,
            usual=usual,
            left_out=left_out,
            corrects=before.id if before else None,
        )
    except DeskProblem as problem:
        keep = 0 < len(data) <= KEPT and not isinstance(problem, UnusableTable)
        return await _table(request, web, given, problem, (name, data) if keep else None)
    web.starter.wake()
    return go(request, f"/start/many/{identity}")


@router.get("/template.csv")
async def template(web: Web, person: Specialist) -> Response:
    """Download an example table: its first line, and a row that shows how it is meant."""

    async def lines() -> AsyncIterator[str]:
        yield csv_line(TITLES.values())
        example = ("riverside-vet", "Riverside Veterinary Clinic", "America/Chicago", "US", "IL", 4200, "")
        yield csv_line((*example, "Dana Reyes", "dana@riverside.example", "312 555 0117", "", person.handle))

    return csv_response("practices.csv", lines())


@router.get("/{batch}")
async def progress(request: Request, web: Web, person: Specialist, batch: str) -> Response:
    """How far a table is."""
    found = await _found(web, batch)
    states: tuple[StateNow, ...] = ("refused", "since", "waiting", "started", "known", "left")
    rows: dict[str, Any] = {state: await _shown(web, found, state) for state in states}
    zoned = [each for each in rows["waiting"] if each[0].kind == "zone"]
    return await page(
        request,
        "console/start_many.html",
        part="progress",
        batch=found,
        before=await batches.find(web.database, found.corrects) if found.corrects else None,
        zoned=zoned,
        alike=[each for each in rows["waiting"] if each[0].kind == "alike"],
        late=[each for each in rows["waiting"] if each[0].kind not in ("zone", "alike")],
        counts_of_zones={len(zones_to_choose(row.given)) for row, _ in zoned},
        zone_alone=[row.line for row, why in rows["refused"] if len(why) == 1 and zones_to_choose(row.given)],
        zones_of=zones_to_choose,
        title=PLAYBOOKS[found.playbook].title if found.playbook in PLAYBOOKS else found.playbook,
        **rows,
    )


@router.post("/{batch}/anyway")
async def start_anyway(request: Request, web: Web, person: Specialist, batch: str) -> Response:
    """Starts the row in the form's `line`, which waits or was left; in the time zone of the form, if it gives one.

    With a time zone it may be one that was refused.
    """
    lines, given = await _decided(request, web, batch)
    await batches.release(web.database, batch, lines, given.get("zone"))
    web.starter.wake()
    return go(request, f"/start/many/{batch}")


@router.post("/{batch}/all/{kind}")
async def start_all_of_kind(
    request: Request, web: Web, person: Specialist, batch: str, kind: Literal["zone", "late"]
) -> Response:
    """Starts the rows that wait for this alone: as they are, or each in the time zone of its state."""
    await _found(web, batch)
    await start_all(web.database, batch, kind)
    web.starter.wake()
    return go(request, f"/start/many/{batch}")


@router.post("/{batch}/leave")
async def leave(request: Request, web: Web, person: Specialist, batch: str) -> Response:
    """Leaves the rows in the form's `line`s, which wait, for good, and keeps the reason in `why`."""
    lines, given = await _decided(request, web, batch)
    await batches.leave(web.database, batch, lines, reason_in(given.get("why", "")))
    return go(request, f"/start/many/{batch}")


@router.get("/{batch}/refused.csv")
async def refused_rows(web: Web, person: Specialist, batch: str) -> Response:
    """The rows that were refused or wait, as they were given, and why; corrected, the file can be given again."""
    read_as = (await _found(web, batch)).read_as
    fields = [(heading, column) for heading, column in read_as.fields if heading and heading != REASON]
    there = {column for _, column in fields}
    fields += [(title, column) for column, title in TITLES.items() if column not in there]
    keys = keys_of(fields)

    def heading_of(heading: str, column: str | None) -> str:
        return heading if column or heading.startswith(NOT_READ) else f"{NOT_READ}{heading}"

    async def lines() -> AsyncIterator[str]:
        yield csv_line([*(heading_of(*each) for each in fields), REASON], delimiter=read_as.delimiter)
        async for row in _rows_to_correct(web, batch):
            why = " ".join(_reasons(row))
            yield csv_line([*map(row.given.get, keys), why], delimiter=read_as.delimiter)

    return csv_response("refused.csv", lines())


async def _rows_to_correct(web: Services, batch: str) -> AsyncIterator[BatchRow]:
    states: tuple[RowState, ...] = ("refused", "waiting")
    for state in states:
        after = 0
        while rows := await batches.rows(web.database, batch, state, PORTION, after):
            for row in rows:
                yield row
            after = rows[-1].line


async def _decided(request: Request, web: Services, batch: str) -> tuple[list[int], dict[str, str]]:
    """Returns which rows of the batch a form is about, and what else it gives."""
    # The form is read here: below the address of large uploads, a stranger's is thrown away unread.
    chosen = (await request.form()).getlist("line")
    lines = [int(each) for each in chosen if isinstance(each, str) and each.isdecimal()]
    if not lines:
        raise Problem(422, "There is no such row", "Choose one of the rows that wait.", code="invalid")
    await _found(web, batch)
    return lines, await typed(request)


async def _table(
    request: Request,
    web: Services,
    given: Mapping[str, str],
    problem: DeskProblem | None = None,
    kept: tuple[str, bytes] | None = None,
) -> Response:
    """The form for a table, with the names of its columns; again with what is wrong with it.

    `kept` is the name and content of the table that was given, if it is small.
    """
    return await page(
        request,
        "console/start_table.html",
        status=422 if problem else 200,
        given=given,
        problem=problem and without_commands(str(problem)),
        unclear=problem if isinstance(problem, UnclearColumns) else None,
        means=_means(given),
        kept=kept and (kept[0], b64encode(kept[1]).decode()),
        columns=[(column, title, ALIASES.get(column, ())) for column, title in TITLES.items()],
        in_parts={"contact_name": (GIVEN_NAMES, SURNAMES)},
        titles=TITLES,
        needed=NEEDED,
        **await upload_form(visit_of(request)),
    )


async def upload_form(visit: Visit) -> dict[str, Any]:
    """Returns what a form for a table offers to choose from."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix")))
    books = [(book.name, book.title) for book in PLAYBOOKS.values()]
    return {"playbooks": books, "people": await assignable(visit), "zones": zones}


def _means(given: Mapping[str, str]) -> dict[str, str]:
    """Returns what the form says of each heading that it asks about: its column, to leave it out, or nothing."""
    otherwise = LEFT_OUT if given.get("rest") else ""
    return {
        heading: given.get(MEANS + name.removeprefix(HEADING)) or otherwise
        for name, heading in given.items()
        if name.startswith(HEADING)
    }


def _unpacked(kept: str) -> bytes:
    try:
        return b64decode(kept, validate=True)
    except ValueError:
        return b""


async def _shown(web: Services, batch: Batch, state: StateNow) -> list[tuple[BatchRow, list[str]]]:
    """Returns the first rows in one state, each with the reasons."""
    found = await batches.rows(web.database, batch.id, state, SHOWN) if getattr(batch, state) else []
    return [(row, _reasons(row)) for row in found]


def _reasons(row: BatchRow) -> list[str]:
    return [without_commands(each) for each in (row.why or "").splitlines()]


async def _found(web: Services, batch: str) -> Batch:
    found = await batches.find(web.database, batch)
    if found is None:
        raise Problem(404, "There is nothing here", "This file is no longer stored; upload it again.", code="not-found")
    return found


def _name(given: str) -> str:
    """What a file is called, for people to recognize it by."""
    return "".join(letter for letter in given.replace("\\", "/").rpartition("/")[2] if letter.isprintable())[:100]
