"""A practice's data: its feeds with their states, and the upload of another."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from desk import feed_imports
from desk.clock import is_moved
from desk.feed_status import now_of
from desk.practices import row_of
from desk.problem import DeskProblem, NoAnswer, NotFound
from integrations.registry import CLINIC_DATA
from pharmacy.records import feed_progress
from pharmacy.records.differences import count_open
from store.journal import feed_status
from web.authorization import Specialist, Viewer
from web.console.actions import zone_of
from web.console.commands import moment_from, reason_in
from web.console.data_health import Health, health_of
from web.pages import go, page
from web.problem import sentence_of
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}/data")
uploads = APIRouter(prefix="/data/feeds")
"""A router of its own, because only here large bodies are accepted."""

SHOWN = 50
RECENT_ENTRIES = 30
"""Recent entries shown of the feed's journal."""


@dataclass(frozen=True)
class PracticeHeader:
    """A practice in the heading of its pages. `onboarding` connected it, `waiting` counts open differences."""

    id: str
    name: str
    onboarding: str
    waiting: int
    health: Health | None


async def practice_in_path(web: Web, practice: str) -> PracticeHeader:
    """Returns the practice in the path. Raises `NotFound` for one that was never onboarded."""
    row = await row_of(web.database, practice)
    if row is None:
        raise NotFound(f"There is no practice {practice[:80]}: start its onboarding first.")
    watched = await feed_status.find(web.database, practice)
    waiting = await count_open(web.database, practice)
    return PracticeHeader(practice, row.practice_name, row.id, waiting, health_of(watched) if watched else None)


Practice = Annotated[PracticeHeader, Depends(practice_in_path)]
"""A route's parameter: the practice in its path."""


@router.get("")
async def data(request: Request, web: Web, person: Viewer, practice: Practice, before: int | None = None) -> Response:
    return await _data(request, web, practice, before=None if before is None else min(max(1, before), 2**31 - 1))


@uploads.post("/{practice}")
async def upload(request: Request, web: Web, person: Specialist, practice: Practice) -> Response:
    """Takes an uploaded file; the same file again is the same feed."""
    async with request.form() as form:
        file, typed = form.get("file"), str(form.get("made_at", "")).strip()
        try:
            if not isinstance(file, UploadFile) or not file.filename:
                raise DeskProblem(
                    "Choose a file first: the clinic's export as CSV or NDJSON, also in a zip or gzip file."
                )
            made_at = moment_from(typed, zone_of(web, person)) if typed else None
            name = file_name(file.filename)
            with TemporaryDirectory(prefix="feed-") as folder:
                path = Path(folder) / "feed"
                await asyncio.to_thread(_keep, file, path)
                arrival = await feed_imports.hand_in(web.desk, practice.id, path, name, person.handle, made_at)
        except NoAnswer:
            raise
        except DeskProblem as problem:
            return await _data(request, web, practice, problem=sentence_of(problem), typed=typed)
    notice = f"{name} has come as feed {arrival.number}; below it says how far it is."
    if arrival.waits_for:
        notice = f"{name} is feed {arrival.number}; it waits until somebody decides about feed {arrival.waits_for}."
    elif arrival.is_duplicate:
        notice = f"This file was uploaded before as feed {arrival.number}; nothing was added."
    return go(request, f"/practices/{practice.id}/data", notice)


@router.post("/feeds/{number}/decision")
async def decide(
    request: Request,
    web: Web,
    person: Specialist,
    practice: Practice,
    number: int,
    decision: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    """Approves or refuses a stopped feed."""
    try:
        if decision not in ("take", "refuse"):
            raise DeskProblem("Choose whether to approve or refuse the feed.")
        if not (why := reason_in(why)):
            raise DeskProblem("Say why: the reason is recorded with your name.")
        await feed_imports.decide(web.desk, practice.id, number, decision == "take", person.handle, why)
    except NoAnswer:
        raise
    except DeskProblem as problem:
        return await _data(request, web, practice, problem=sentence_of(problem))
    notice = "is being imported" if decision == "take" else "was refused; nothing of it was imported"
    return go(request, f"/practices/{practice.id}/data", f"Feed {number} {notice}.")


def file_name(given: str) -> str:
    return "".join(each for each in given.replace("\\", "/").rpartition("/")[2] if each.isprintable())[:100] or "feed"


async def _data(
    request: Request,
    web: Services,
    practice: PracticeHeader,
    *,
    before: int | None = None,
    problem: str | None = None,
    typed: str = "",
) -> Response:
    found = await feed_progress.list_feeds(web.database, practice.id, SHOWN + 1, before)
    more = len(found) > SHOWN
    found = found[:SHOWN]
    asking = next((feed for feed in found if feed.state == "asking"), None)
    watched = practice.health.feed if practice.health else None
    there = await now_of(web.desk, watched) if watched else datetime.now(UTC)
    return await page(
        request,
        "console/data.html",
        part="feeds",
        status=422 if problem else 200,
        now=there,
        moved=is_moved(there),
        practice=practice,
        feeds=found,
        before=before,
        more=found[-1].number if more else None,
        story=await feed_status.story(web.database, watched, RECENT_ENTRIES) if watched else [],
        # While one asks, the others wait, and a reload would discard the form.
        moving=asking is None and any(not feed.is_over for feed in found),
        asking=asking,
        size=await feed_progress.count_records(web.database, practice.id),
        problem=problem,
        typed=typed,
        clinic_data=CLINIC_DATA,
    )


def _keep(file: UploadFile, path: Path) -> None:
    with path.open("wb") as into:
        shutil.copyfileobj(file.file, into, 1 << 20)
