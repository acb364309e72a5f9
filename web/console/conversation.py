"""A practice's conversation: all that was written and said across its onboardings, and the log of calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk.calls import CallOrder, log_call, take_back_call
from desk.clock import is_moved
from desk.conversation import Known, former_people, journals_of, onboardings_of, reach, received_data
from desk.explain import step_in_words
from desk.fact_fields import phone_problem
from desk.orders import order
from desk.problem import DeskProblem, NoAnswer, NotFound
from playbooks.engine.transition import Refused
from playbooks.registry import PLAYBOOKS
from store.accounts import accounts
from store.accounts.people import Person
from store.conversation.timeline import PARTS, WITH_THE_PRACTICE, Correspondent, Item, Part, conversation
from web.authorization import Specialist, Viewer
from web.console.actions import zone_of
from web.console.caller import called, caller_mark, conversation_of
from web.console.choices import new_key
from web.console.commands import moment_from, reason_in
from web.console.onboarding import is_estimate
from web.pages import go, local, page, typed
from web.problem import sentence_of
from web.services import Services, Web

LABELS = {"direction": "Who called", "name": "With whom", "said": "What was said", "at": "When"}
"""What the form of a call calls its fields."""

router = APIRouter(prefix="/practices/{practice}")

SHOWN = 50
LONGEST_SEARCH = 200
TITLES: dict[str, str] = {
    "": "All",
    "mails": "Mails",
    "page": "The practice's page",
    "calls": "Calls",
    "team": "Mails to colleagues",
}
MAILS: tuple[Part, ...] = ("mails",)
HEARD: tuple[Part, ...] = ("page", "calls")
LATEST = 20
"""So many of the latest are looked through for the last mail, and for the last that we heard."""
FACTS = {fact.name for book in PLAYBOOKS.values() for fact in book.facts}


@router.get("/conversation")
async def conversation_page(
    request: Request,
    web: Web,
    person: Viewer,
    practice: str,
    q: str = "",
    show: str = "",
    after: str | None = None,
    caller: str = "",
) -> Response:
    return await _conversation(request, web, person, practice, q=q, show=show, after=after, caller=caller)


@router.post("/conversation/calls")
async def log(request: Request, web: Web, person: Specialist, practice: str) -> Response:
    form, zone = await typed(request), zone_of(web, person)
    given = {name: form.get(name, "").strip() or None for name in ("direction", "name", "phone", "said")}
    try:
        at = moment_from(form["at"], zone) if form.get("at", "").strip() else None
        if not (given["name"] and given["said"]):
            unsaid = "Write with whom the call was, and what was said."
            wrong = phone_problem(given["phone"] or "")
            raise DeskProblem(f"{unsaid} Phone: {wrong}." if wrong else unsaid)
        call = await log_call(
            web.desk, practice, order(CallOrder, LABELS, **given, at=at), person.handle, form.get("key"), zone
        )
    except (NotFound, NoAnswer):
        raise
    except (DeskProblem, Refused) as problem:
        caller, said = form.get("caller", ""), sentence_of(problem)
        return await _conversation(request, web, person, practice, caller=caller, given=form, problem=said)
    logged, there = f"The call with {call.name} is logged.", conversation_of(practice)
    back = local(form.get("back"), there)
    return go(request, back, logged, link=None if back.partition("?")[0] == there else (there, "Conversation"))


@router.post("/conversation/calls/{id}/take-back")
async def take_back(
    request: Request, web: Web, person: Specialist, practice: str, id: int, why: Annotated[str, Form()] = ""
) -> Response:
    if not (reason := reason_in(why)):
        raise DeskProblem("Say why you take the call back: everybody who reads it sees the reason.")
    await take_back_call(web.desk, practice, id, person.handle, reason)
    return go(request, f"{conversation_of(practice)}?show=calls", "The call is taken back. It stays on record.")


async def _conversation(
    request: Request,
    web: Services,
    person: Person,
    practice: str,
    *,
    q: str = "",
    show: str = "",
    after: str | None = None,
    caller: str = "",
    given: Mapping[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    rows = await onboardings_of(web.database, practice)
    q = " ".join(q.replace("\0", "").split())[:LONGEST_SEARCH]
    show = show if show in PARTS else ""
    items, stale = await _items(web, practice, _parts(show), q, after)
    shown = items[:SHOWN]
    reached = await reach(web.desk, practice, rows)
    former = await former_people(web.database, practice) if caller else []
    who = called([*reached.people, *former], caller)
    caller = caller if who else ""
    written, heard = await _last(web, practice)
    theirs, said = await _last(web, practice, who.correspondent) if who else (written, heard)
    # Who held a role before a replacement is not known: then what came from it is nobody's.
    told = [each for each in reached.told if not who or (each.role in who.roles and not former)]
    last_told = max(told, key=lambda each: each.at, default=None)
    return await page(
        request,
        "console/conversation.html",
        part="call" if problem else "items",
        status=422 if problem else 200,
        practice=practice,
        practice_name=rows[0].practice_name,
        conversation_of=conversation_of,
        is_estimate=is_estimate,
        step_in_words=step_in_words,
        rows=rows,
        books=PLAYBOOKS,
        q=q,
        show=show,
        caller=caller,
        who=who,
        callers=_callers(reached.people, who),
        tabs=[
            (title, _address(practice, q=q, show=name, caller=caller), name == show) for name, title in TITLES.items()
        ],
        items=shown,
        facts=FACTS,
        members=await accounts.member_names(web.database, [each.who for each in shown]),
        more=_address(practice, q=q, show=show, after=shown[-1].place, caller=caller) if len(items) > SHOWN else None,
        first=_address(practice, q=q, show=show, caller=caller) if after else None,
        stale=stale,
        written=theirs,
        heard=said,
        told=last_told if last_told and not (said and said.at >= last_told.at) else None,
        others=written if written != theirs else None,
        data=await received_data(web.database, practice, rows, reached.data),
        people=reached.people,
        practice_phone=reached.phone,
        now=reached.now,
        moved=is_moved(reached.now),
        given=given or {},
        key=(given or {}).get("key") or new_key(),
        problem=problem,
    )


async def _last(web: Services, practice: str, person: Correspondent | None = None) -> tuple[Item | None, Item | None]:
    """Returns the last mail, and what was last heard: to and from a person, or anybody at the practice."""

    def latest(parts: tuple[Part, ...]) -> Awaitable[list[Item]]:
        journals = journals_of(practice)
        return conversation(web.database, practice, journals, parts=parts, person=person, limit=LATEST)

    written, heard = await asyncio.gather(latest(MAILS), latest(HEARD))
    return (
        next((each for each in written if each.kind == "mail" and each.state not in ("cancelled", "held")), None),
        next((each for each in heard if not each.taken_back and each.title != "outgoing"), None),
    )


def _callers(people: Sequence[Known], who: Known | None) -> list[tuple[Known, str]]:
    """Returns who may be calling, each with the mark for an address; a former contact only if it is they."""
    known = [*people, *([who] if who and who not in people else ())]
    return [(each, caller_mark(each.email)) for each in known]


async def _items(
    web: Services, practice: str, parts: tuple[Part, ...], q: str, after: str | None
) -> tuple[list[Item], bool]:
    """A page of items and one more if there are more, and whether it began anew because its address was out of date."""

    def read(place: str | None) -> Awaitable[list[Item]]:
        journals = journals_of(practice)
        return conversation(web.database, practice, journals, parts=parts, search=q, limit=SHOWN + 1, after=place)

    try:
        return await read(after), False
    except ValueError:
        return await read(None), True


def _parts(show: str) -> tuple[Part, ...]:
    return tuple(part for part in PARTS if part == show) or WITH_THE_PRACTICE


def _address(practice: str, **query: str) -> str:
    given = urlencode({name: value for name, value in query.items() if value})
    return f"{conversation_of(practice)}?{given}" if given else conversation_of(practice)
