"""Starting many practices from a table: how far it is, which rows were refused or wait, and these to be corrected."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from desk.bulk_start import take_in
from desk.practice_columns import REASON, TITLES
from desk.practice_files import SIZE_LIMIT
from desk.problem import DeskProblem
from playbooks.registry import PLAYBOOKS
from store.journal import batches
from store.journal.batches import Batch, BatchRow, RowState
from web.authorization import Specialist
from web.exports import csv_line, csv_response
from web.pages import go, page, typed
from web.problem import Problem, without_commands
from web.services import Services, Web

router = APIRouter(prefix="/start/many")

SHOWN = 100
"""Rows of each kind that the page shows; the table of the refused ones has all."""
PORTION = 500


@router.post("")
async def take(request: Request, web: Web, person: Specialist) -> Response:
    async with request.form() as form:
        file, playbook = form.get("file"), str(form.get("playbook", ""))
        if not isinstance(file, UploadFile) or not file.filename:
            raise DeskProblem("Choose a file first: a table saved as CSV.")
        name, data = _name(file.filename), await file.read(SIZE_LIMIT + 1)
    identity = await take_in(web.desk, playbook, data, file=name, by=person.handle)
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
    found = await _found(web, batch)
    return await page(
        request,
        "console/start_many.html",
        part="progress",
        batch=found,
        title=PLAYBOOKS[found.playbook].title if found.playbook in PLAYBOOKS else found.playbook,
        refused=await _shown(web, batch, "refused"),
        waiting=await _shown(web, batch, "waiting"),
    )


@router.post("/{batch}/anyway")
async def start_anyway(request: Request, web: Web, person: Specialist, batch: str) -> Response:
    """Starts the rows that wait because they are probably there already, or the one in the form's `line`."""
    # The form is read here: below the address of large uploads, a stranger's is thrown away unread.
    line = (await typed(request)).get("line")
    if line and not line.isdecimal():
        raise Problem(422, "That cannot be started", "Choose one of the rows that wait.", code="invalid")
    await _found(web, batch)
    await batches.release(web.database, batch, int(line) if line else None)
    web.starter.wake()
    return go(request, f"/start/many/{batch}")


@router.get("/{batch}/refused.csv")
async def refused_rows(web: Web, person: Specialist, batch: str) -> Response:
    """The refused rows as they were given, and why; corrected, the same file can be given again."""
    read_as = (await _found(web, batch)).read_as
    fields = [(heading, column or heading) for heading, column in read_as.fields if heading and heading != REASON]
    there = {column for _, column in fields}
    fields += [(title, column) for column, title in TITLES.items() if column not in there]

    async def lines() -> AsyncIterator[str]:
        yield csv_line([*(heading for heading, _ in fields), REASON], delimiter=read_as.delimiter)
        after = 0
        while rows := await batches.rows(web.database, batch, "refused", PORTION, after):
            for row in rows:
                why = " ".join(_reasons(row))
                yield csv_line([*(row.given.get(name) for _, name in fields), why], delimiter=read_as.delimiter)
            after = rows[-1].line

    return csv_response("refused.csv", lines())


async def _shown(web: Services, batch: str, state: RowState) -> list[tuple[BatchRow, list[str]]]:
    return [(row, _reasons(row)) for row in await batches.rows(web.database, batch, state, SHOWN)]


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
