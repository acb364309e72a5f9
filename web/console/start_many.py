"""Starting many practices from a file: how far it is, which rows were refused, and these to be corrected."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from desk.bulk_start import take_in
from desk.practice_columns import COLUMNS, REASON
from desk.practice_files import SIZE_LIMIT
from desk.problem import DeskProblem
from playbooks.registry import PLAYBOOKS
from store.journal import batches
from store.journal.batches import Batch
from web.authorization import Specialist
from web.exports import csv_line, csv_response
from web.pages import go, page
from web.problem import Problem, without_commands
from web.services import Services, Web

router = APIRouter(prefix="/start/many")

SHOWN = 100
"""How many refused rows the page shows; the file has all."""
PORTION = 500


@router.post("")
async def take(request: Request, web: Web, person: Specialist) -> Response:
    async with request.form() as form:
        file, playbook = form.get("file"), str(form.get("playbook", ""))
        if not isinstance(file, UploadFile) or not file.filename:
            raise DeskProblem("Choose a file first: a table saved as CSV UTF-8.")
        name, data = _name(file.filename), await file.read(SIZE_LIMIT + 1)
    identity = await take_in(web.desk, playbook, data, file=name, by=person.handle)
    web.starter.wake()
    return go(request, f"/start/many/{identity}")


@router.get("/template.csv")
async def template(web: Web, person: Specialist) -> Response:
    """Download an example table: its first line, and a row that shows how it is meant."""

    async def lines() -> AsyncIterator[str]:
        yield csv_line(COLUMNS)
        example = ("riverside-vet", "Riverside Veterinary Clinic", "America/Chicago", "US", "IL", 4200, "")
        yield csv_line((*example, "Dana Reyes", "dana@riverside.example", "312 555 0117", "", person.handle))

    return csv_response("practices.csv", lines())


@router.get("/{batch}")
async def progress(request: Request, web: Web, person: Specialist, batch: str) -> Response:
    found = await _found(web, batch)
    refused = await batches.rows(web.database, batch, "refused", SHOWN)
    return await page(
        request,
        "console/start_many.html",
        part="progress",
        batch=found,
        title=PLAYBOOKS[found.playbook].title if found.playbook in PLAYBOOKS else found.playbook,
        refused=[(row, without_commands(row.why or "")) for row in refused],
    )


@router.get("/{batch}/refused.csv")
async def refused_rows(web: Web, person: Specialist, batch: str) -> Response:
    """The refused rows as they were given, and why; corrected, the same file can be given again."""
    await _found(web, batch)

    async def lines() -> AsyncIterator[str]:
        yield csv_line((*COLUMNS, REASON))
        after = 0
        while rows := await batches.rows(web.database, batch, "refused", PORTION, after):
            for row in rows:
                yield csv_line([*(row.given.get(name) for name in COLUMNS), without_commands(row.why or "")])
            after = rows[-1].line

    return csv_response("refused.csv", lines())


async def _found(web: Services, batch: str) -> Batch:
    found = await batches.find(web.database, batch)
    if found is None:
        raise Problem(404, "There is nothing here", "This file is no longer stored; upload it again.", code="not-found")
    return found


def _name(given: str) -> str:
    """What a file is called, for people to recognize it by."""
    return "".join(letter for letter in given.replace("\\", "/").rpartition("/")[2] if letter.isprintable())[:100]
