"""Reviewing pairs: is an imported client the same person as a home-delivery client? One pair at a time (DP9)."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.practices import row_of
from pharmacy.merge.reasons import doubts
from pharmacy.records import review_pairs, review_queue, review_sample
from pharmacy.records.review_compare import compare_pair_fields, compare_pets, contradicting_fields
from pharmacy.records.review_decisions import CHOICE_TITLES
from pharmacy.records.review_pairs import NoSuchPair, Pair
from pharmacy.records.review_queue import PracticeQueue
from playbooks.engine.fields import PRACTICE_ID
from web.authorization import Viewer
from web.pages import page
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix="/review")

Mode = Literal["", "check"]
"""`check`: automatic merges are mixed into the queue, and what merging thinks of a pair is not shown."""
TITLES = {
    "given_name": "Given name",
    "surname": "Surname",
    "street": "Street",
    "city": "City",
    "state": "State",
    "postcode": "Postcode",
    "phone": "Phone",
    "email": "E-mail address",
}
LATEST = 5


@router.get("")
async def everywhere(request: Request, web: Web, person: Viewer) -> Response:
    practices, rates = await asyncio.gather(
        review_queue.practice_queues(web.database), review_sample.error_rates(web.database)
    )
    return await page(
        request,
        "console/review.html",
        practices=practices,
        waiting=sum(each.pairs for each in practices),
        together=review_sample.total_rate(rates),
    )


@router.get("/{practice}")
async def queue(request: Request, web: Web, person: Viewer, practice: str, mode: Mode = "") -> Response:
    """The pair to decide next."""
    here = await find_practice(web, practice)
    number = await review_queue.next_pair(web.database, practice, checking=mode == "check")
    found = await pair_of(web, practice, number) if number else None
    recent = await review_queue.recent_decisions(web.database, practice, limit=LATEST)
    mine = next((each for each in recent if each.by == person.handle), None)
    return await page(
        request,
        "console/review_queue.html",
        practice=here,
        mode=mode,
        rate=await review_sample.error_rate(web.database, practice),
        recent=recent,
        mine=mine.decision if mine else None,
        new_doubts=bool(mine and found and doubts(mine.reasons) != doubts(found.reasons)),
        **_words(found),
    )


@router.get("/{practice}/merges")
async def merges(
    request: Request, web: Web, person: Viewer, practice: str, q: str = "", before: int | None = None
) -> Response:
    """The merges that stand, to be looked at."""
    here = await find_practice(web, practice)
    found = await review_queue.search_merges(web.database, practice, q[:100], before)
    more = found[-1].number if len(found) == review_queue.PER_PAGE else None
    return await page(request, "console/review_merges.html", practice=here, merges=found, q=q[:100], more=more)


@router.get("/{practice}/decisions")
async def decisions(
    request: Request, web: Web, person: Viewer, practice: str, q: str = "", before: int | None = None
) -> Response:
    """The decisions that stand, to be found by name and taken back."""
    here = await find_practice(web, practice)
    found = await review_queue.recent_decisions(web.database, practice, q[:100], before)
    more = found[-1].decision if len(found) == review_queue.PER_PAGE else None
    return await page(
        request,
        "console/review_past.html",
        practice=here,
        decisions=found,
        said=CHOICE_TITLES,
        q=q[:100],
        more=more,
    )


@router.get("/{practice}/pairs/{number}")
async def one(request: Request, web: Web, person: Viewer, practice: str, number: int) -> Response:
    """A pair by itself, in whatever state, with all that was decided about it."""
    here = await find_practice(web, practice)
    return await page(
        request, "console/review_pair.html", practice=here, mode="", **_words(await pair_of(web, practice, number))
    )


async def find_practice(web: Services, practice: str) -> PracticeQueue:
    """How it stands at a practice, which may have no data yet. Raises `Problem` if there is no such practice."""
    if PRACTICE_ID.fullmatch(practice):
        try:
            return await review_queue.practice_queue(web.database, practice)
        except LookupError:
            if row := await row_of(web.database, practice):
                return PracticeQueue(practice, row.practice_name, pairs=0, oldest=None, merged=0)
    raise Problem(404, "There is nothing here", "There is no such practice.", code="not-found")


async def pair_of(web: Services, practice: str, number: int) -> Pair:
    """Raises `Problem` if the practice has no such pair."""
    try:
        return await review_pairs.load_pair(web.database, practice, number)
    except NoSuchPair:
        raise no_such_pair() from None


def no_such_pair() -> Problem:
    return Problem(404, "There is nothing here", "This practice has no such pair.", code="not-found")


def _words(pair: Pair | None) -> dict[str, Any]:
    return {
        "pair": pair,
        "lines": compare_pair_fields(pair) if pair else (),
        "pets": compare_pets(pair) if pair else (),
        "doubts": doubts(pair.reasons) if pair else (),
        "against": [TITLES[field] for field in contradicting_fields(pair)] if pair else [],
        "titles": TITLES,
        "said": CHOICE_TITLES,
    }
