"""Trying out merging on two files, as `onboard match` does; nothing of it is kept (DP9)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.people import COLUMNS, PeopleFile
from pharmacy.merge.match import MatchCounts, match
from pharmacy.merge.people import Person
from pharmacy.merge.proposal import Decision, Proposal
from web.authorization import Specialist
from web.exports import csv_line
from web.pages import page
from web.security import limit_for

router = APIRouter(prefix="/review/try")

CLIENTS_LIMIT = 5_000
"""Clients of each file; more than these would keep the machine, and everybody else, waiting."""
SHOWN = 200
DOWNLOAD = ("existing_id", "imported_id", "decision", "score", "reasons")
FILES = {"existing": "Home-delivery clients", "imported": "The practice's clients"}

_one_at_a_time = asyncio.Semaphore(1)


@dataclass(frozen=True)
class Shown:
    proposal: Proposal
    existing: str
    imported: str


@dataclass(frozen=True)
class Outcome:
    """What merging made of two files; `download` is all of it as CSV, in an address that holds it itself."""

    counts: MatchCounts
    merged: int
    to_review: int
    new: int
    pairs: list[Shown]
    more: int
    download: str


@router.get("")
async def form(request: Request, person: Specialist) -> Response:
    return await _page(request)


@router.post("")
async def attempt(request: Request, person: Specialist) -> Response:
    async with request.form() as given, _one_at_a_time:
        try:
            with TemporaryDirectory(prefix="try-") as folder:
                paths = [await _laid_down(given, name, Path(folder)) for name in FILES]
                outcome = await asyncio.to_thread(_tried, *paths)
        except InvalidFeed as problem:
            return await _page(request, problem=_with_titles(str(problem)), status=422)
    return await _page(request, outcome=outcome)


async def _page(
    request: Request, outcome: Outcome | None = None, problem: str | None = None, status: int = 200
) -> Response:
    return await page(
        request,
        "console/review_try.html",
        status=status,
        outcome=outcome,
        problem=problem,
        files=FILES,
        columns=COLUMNS,
        megabytes=limit_for(request.url.path) // 1_000_000,
        clients=CLIENTS_LIMIT,
    )


async def _laid_down(given: FormData, name: str, folder: Path) -> Path:
    file = given.get(name)
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidFeed(f"Choose two files first: “{FILES[name]}” is missing.")
    path = folder / f"{name}.csv"
    await asyncio.to_thread(path.write_bytes, await file.read())
    return path


def _tried(existing: Path, imported: Path) -> Outcome:
    sides = [_people(path) for path in (existing, imported)]
    counts = MatchCounts()
    proposals = sorted(match(*sides, counts=counts), key=lambda pair: (pair.decision, -pair.score))
    merged = sum(each.decision is Decision.MERGE for each in proposals)
    names = [{person.id: _name(person) for person in people} for people in sides]
    return Outcome(
        counts,
        merged,
        len(proposals) - merged,
        counts.imported - len({each.imported for each in proposals}),
        [Shown(each, names[0][each.existing], names[1][each.imported]) for each in proposals[:SHOWN]],
        max(0, len(proposals) - SHOWN),
        f"data:text/csv;charset=utf-8;base64,{b64encode(_table(proposals).encode()).decode()}",
    )


def _people(path: Path) -> list[Person]:
    people = list(islice(PeopleFile(path), CLIENTS_LIMIT + 1))
    if len(people) > CLIENTS_LIMIT:
        raise InvalidFeed(f"{path.name} has more than {CLIENTS_LIMIT:,} clients; use onboard match for it.")
    return people


def _table(proposals: list[Proposal]) -> str:
    lines = [csv_line(DOWNLOAD)]
    for each in proposals:
        score = f"{each.score:.4f}"
        lines.append(csv_line((each.existing, each.imported, each.decision.value, score, " ".join(each.reasons))))
    # By this mark spreadsheets know the text as UTF-8.
    return "\ufeff" + "".join(lines)


def _name(person: Person) -> str:
    return f"{person.given_name} {person.surname}".strip()[:100]


def _with_titles(sentence: str) -> str:
    """Names the files as they are called on the page, and not as they lay on the disk."""
    for name, title in FILES.items():
        sentence = sentence.replace(f"{name}.csv", f"“{title}”")
    return sentence
