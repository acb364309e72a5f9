"""Deciding about pairs and taking it back; who comes second is told, and changes nothing (DP9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records import review_decisions
from pharmacy.records.errors import AlreadyDecided, DecisionRefused
from pharmacy.records.review_decisions import Choice
from pharmacy.records.review_pairs import NoSuchPair, Pair
from playbooks.plural import count_of
from store.accounts import accounts
from web.authorization import Specialist
from web.console.review import Mode, find_practice, no_such_pair
from web.pages import go
from web.services import Services, Web

T = TypeVar("T")
router = APIRouter(prefix="/review/{practice}/pairs/{number}")

Number = Annotated[int, Form(ge=0, lt=1 << 62)]
Reason = Annotated[str, Form(max_length=1000)]
Queue = Annotated[Mode, Form()]


@router.post("")
async def decide(
    request: Request,
    web: Web,
    person: Specialist,
    practice: str,
    number: int,
    choice: Annotated[Choice, Form()],
    seen: Number,
    why: Reason = "",
    mode: Queue = "",
) -> Response:
    await find_practice(web, practice)
    deciding = review_decisions.decide_pair(
        web.database, practice, number, choice, person.handle, why, version=seen, checking=mode == "check"
    )
    return await _carry_out(request, web, _queue(practice, mode), deciding, lambda pair: _notice(pair, choice))


@router.post("/part")
async def part(
    request: Request, web: Web, person: Specialist, practice: str, number: int, seen: Number, why: Reason = ""
) -> Response:
    """These are two people: a merge is undone whole."""
    await find_practice(web, practice)
    undoing = review_decisions.undo_merge(web.database, practice, number, person.handle, why, version=seen)
    notice = "They are two people again, and no feed will merge them."
    return await _carry_out(request, web, f"/review/{practice}/pairs/{number}", undoing, lambda _: notice)


@router.post("/back")
async def take_back(
    request: Request,
    web: Web,
    person: Specialist,
    practice: str,
    number: int,
    decision: Number,
    why: Reason = "",
    mode: Queue = "",
    here: Annotated[bool, Form()] = False,
) -> Response:
    """Takes a decision back. `here`: on to the page of the pair, else to the queue."""
    await find_practice(web, practice)
    back = f"/review/{practice}/pairs/{number}" if here else _queue(practice, mode)
    undoing = review_decisions.undo_decision(web.database, practice, number, decision, person.handle, why)
    notice = "Taken back: everything is as it was before that decision."
    return await _carry_out(request, web, back, undoing, lambda _: notice)


async def _carry_out(
    request: Request, web: Services, back: str, act: Awaitable[T], notice: Callable[[T], str]
) -> Response:
    try:
        return go(request, back, notice(await act))
    except NoSuchPair:
        raise no_such_pair() from None
    except AlreadyDecided as problem:
        names = accounts.names_of(await accounts.everybody(web.database))
        said = f"{names.get(problem.by, problem.by)} {problem.what}".strip()
        return go(request, back, said, "problem")
    except DecisionRefused as problem:
        return go(request, back, str(problem), "problem")


def _notice(before: Pair, choice: Choice) -> str:
    """What else became of it: the queue says the decision itself. Names stay out: notices travel in cookies."""
    if choice == "different" and before.state == "merged":
        return "They had been merged automatically; the merge is undone."
    others = sum(other.state == "review" for other in before.others)
    if choice == "same" and others:
        return f"No longer needed: {count_of(others, 'other pair')} with one of the two."
    return ""


def _queue(practice: str, mode: Mode) -> str:
    return f"/review/{practice}?mode={mode}" if mode else f"/review/{practice}"
