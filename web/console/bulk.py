"""The same for many: one fact or decision for all that were chosen on the board, and why some of them refused it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk import preview
from desk.date_presets import DAYS_LATER
from desk.fact_fields import details_from
from desk.hand_over import hand_over
from desk.labels import done
from desk.partner_request import ask_partner
from desk.practice_files import playbook_called
from desk.preview import is_final
from desk.problem import DeskProblem
from desk.taking_back import take_back
from integrations.model import ONLY_IF_ASKED, PartnerRequest
from integrations.registry import integration_of
from playbooks.engine.model import CLOCK, FactType, Playbook
from playbooks.engine.onboarding import Receipt, Report
from playbooks.engine.transition import Refused
from playbooks.registry import PLAYBOOKS
from store.accounts.people import Person
from store.journal import board
from store.journal.board import Chosen
from store.journal.hand_overs import HandOver
from store.journal.listing import list_onboardings
from web.authorization import Specialist
from web.console import mails_ahead
from web.console.actions import zone_of
from web.console.choices import FactForm, OrderForm, assignable, fact_form, new_key
from web.console.commands import ORDERS, needed_reason, order_from, report_from
from web.console.deadline_moves import Move, hidden_for_back, mover, moves_back, moves_later
from web.console.filters import Filters
from web.console.mails_ahead import MailAhead
from web.console.views import filters_of
from web.pages import page, typed
from web.problem import Problem, sentence_of
from web.services import Services, Web
from web.sessions import Visit, visit_of

router = APIRouter(prefix="/bulk")
log = logging.getLogger("web")

MOST = 200
LONGEST_VIEW = 1_000
"""Rows of a view of which all are chosen; only `MOST` are treated, and the page says how many are left out."""
OFFERED = {
    "hold": "{} put on hold",
    "resume": "{} resumed",
    "extend": "Deadline moved for {}",
    "reassign": "{} handed over",
    "note": "Note written for {}",
}
"""The decisions that many can share, each with its words for how many of them it was done for. What cannot be taken
back is left to a look at each."""
MOVED_BACK = "Deadline moved back for {}"
RECORDED, TAKEN_BACK = "Recorded for {}: ", "Taken back for {}: "
HAND_OVER_BACK = "{} taken back"
"""What became of how many, once a hand-over was taken back."""
UNFORESEEN = "Something went wrong; open this practice by itself."


@dataclass(frozen=True)
class Outcome:
    """What became of one of them: what was done, or why nothing was."""

    id: str
    name: str
    text: str
    done: bool


@dataclass(frozen=True)
class TakeBack:
    """What can be taken back where it was newly done: where the form goes, what that does, and its hidden inputs."""

    action: str
    what: str
    ids: list[str]
    hidden: Mapping[str, str]
    key: str = field(default_factory=new_key)


@dataclass(frozen=True)
class Only:
    """To which of the chosen a decision applies; `one` and `many` say so of how many, `none` if there are none."""

    applies: Callable[[Chosen], bool]
    one: str
    many: str
    none: str


ONLY = {
    "resume": Only(
        lambda each: each.status == "on_hold",
        "is on hold",
        "are on hold",
        "None of them is on hold, so there is nothing to resume.",
    ),
    "extend": Only(
        lambda each: each.due_at is not None,
        "has a deadline",
        "have a deadline",
        "None of them has a deadline at its stage, so there is nothing to move.",
    ),
}
"""The decisions that do not apply to all."""


@dataclass(frozen=True)
class Offer:
    """A form for those of the chosen to which it applies; `others` are left out, and `about` says why."""

    form: FactForm | OrderForm
    chosen: list[Chosen]
    others: list[Chosen]
    about: str


@router.get("")
async def bulk(request: Request, web: Web, person: Specialist, all: str = "", do: str = "") -> Response:
    """The forms for the chosen ones: each `id`, or `all` of the board's view that `query` gives; `do` is open."""
    identities = request.query_params.getlist("id")
    shown = [] if identities else await _open_of_view(web, person, await _view(request))
    return await _form(request, web, person, shown if all else identities, opened=do, shown=len(shown))


@router.post("/facts/{fact}")
async def record(request: Request, web: Web, person: Specialist, fact: str) -> Response:
    form, identities = await typed(request), await _identities(request)
    book = _book_of(fact)
    try:
        data = details_from(book.fact(fact).payload, form, zone_of(web, person))
        report = report_from(form, data, person.handle, zone_of(web, person))
    except DeskProblem as problem:
        return await _form(request, web, person, identities, str(problem), fact, given=form)
    kind = book.fact(fact)
    return await _all(
        request,
        web,
        identities,
        RECORDED + kind.title,
        lambda each: _record(web, each, fact, report),
        back=lambda new: _recorded(new, fact, data.get(kind.per or "")),
    )


@router.post("/facts/{fact}/mails")
async def mails_of_fact(request: Request, web: Web, person: Specialist, fact: str) -> Response:
    """The mails that the form would send as it is filled in."""
    form, identities, zone = await typed(request), await _identities(request), zone_of(web, person)
    book = _book_of(fact)
    try:
        report = report_from(form, details_from(book.fact(fact).payload, form, zone), person.handle, zone)
    except DeskProblem:
        return await _mails_part(request, None, f"fact-{fact}")
    each = web.desk.each(identities[:MOST], lambda one: mails_ahead.of_fact(web, one, fact, report))
    found = [mail async for _, mails in each if isinstance(mails, tuple) for mail in mails]
    behind = _behind(book, fact, await board.chosen(web.database, identities[:MOST]))
    return await _mails_part(request, found, f"fact-{fact}", behind)


@router.post("/facts/{fact}/back")
async def take_fact_back(request: Request, web: Web, person: Specialist, fact: str) -> Response:
    """Takes back what was recorded for many, for each of them."""
    form, identities = await typed(request), await _identities(request)
    title = TAKEN_BACK + _book_of(fact).fact(fact).title
    why = needed_reason(form.get("why", ""))
    order = order_from("retract", {**form, "fact": fact, "why": why}, person.handle, zone_of(web, person))
    return await _all(request, web, identities, title, lambda each: take_back(web.desk, each, order))


@router.post("/partner-request")
async def ask(request: Request, web: Web, person: Specialist) -> Response:
    """Has the partner do for each what it waits for."""
    form, identities = await typed(request), await _identities(request)
    wanted = _request_of(await board.chosen(web.database, identities[:MOST]))
    if wanted is None:
        raise Problem(
            404,
            "There is nothing here",
            "No request to a partner fits all of these practices.",
            code="not-found",
        )
    mail = mails_ahead.choices_from(form)
    return await _all(
        request,
        web,
        identities,
        RECORDED + _book_of(wanted.fact).fact(wanted.fact).title,
        lambda each: ask_partner(web.desk, each, person.handle, mail=mail),
        back=lambda new: _recorded(new, wanted.fact),
    )


@router.post("/commands/reassign/mails")
async def mails_of_hand_over(request: Request, web: Web, person: Specialist) -> Response:
    form, identities = await typed(request), await _identities(request)
    order = order_from("reassign", form, person.handle, zone_of(web, person))
    mails = await mails_ahead.of_hand_over(web, identities[:MOST], order) if order.assignee else None
    return await _mails_part(request, mails, "do-reassign")


@router.post("/commands/{command}/mails")
async def mails_of_command(request: Request, web: Web, person: Specialist, command: str) -> Response:
    form, identities = await typed(request), await _identities(request)
    order = order_from(command, form, person.handle, zone_of(web, person))
    each = web.desk.each(identities[:MOST], lambda one: mails_ahead.of_command(web, one, command, order))
    found = [mail async for _, mails in each if isinstance(mails, tuple) for mail in mails]
    return await _mails_part(request, found, f"do-{command}")


def _behind(book: Playbook, fact: str, found: Sequence[Chosen]) -> Counter[str]:
    """Returns how many are still in which stage before the one that the fact ends, by its title."""
    own = next((number for number, stage in enumerate(book.stages) if fact in stage.until), 0)
    earlier = {stage.name for stage in book.stages[:own]}
    return Counter(each.stage_title for each in found if each.stage in earlier)


async def _mails_part(
    request: Request, mails: Sequence[MailAhead] | None, form_id: str, behind: Mapping[str, int] | None = None
) -> Response:
    """The mails, by kind: what is chosen for one counts for all of its kind. `behind` is that of `_behind`."""
    kinds = list(dict.fromkeys(mail.kind for mail in mails or ()))
    by_kind = None if mails is None else [[mail for mail in mails if mail.kind == kind] for kind in kinds]
    return await page(
        request, "console/mails_part.html", part="several", by_kind=by_kind, behind=behind or {}, form_id=form_id
    )


@router.post("/commands/extend/moves")
async def moves_ahead(request: Request, web: Web, person: Specialist) -> Response:
    """How the form moves each deadline as it is filled in."""
    form, identities = await typed(request), await _identities(request)
    found = await board.chosen(web.database, identities[:MOST])
    try:
        moves = moves_later(form, found, zone_of(web, person), web.desk.team_calendar(), datetime.now(UTC))
    except DeskProblem:
        moves = None
    return await page(request, "console/mails_part.html", part="moves", moves=moves)


@router.post("/commands/extend/back")
async def move_back(request: Request, web: Web, person: Specialist) -> Response:
    """Moves deadlines back to where they were, for each of those that were moved."""
    form, identities, zone = await typed(request), await _identities(request), zone_of(web, person)
    order = order_from("extend", {**form, "why": needed_reason(form.get("why", ""))}, person.handle, zone)
    found = await board.chosen(web.database, identities[:MOST])
    return await _all(request, web, identities, MOVED_BACK, mover(web, found, moves_back(form, found, zone), order))


@router.post("/commands/{command}")
async def carry_out(request: Request, web: Web, person: Specialist, command: str) -> Response:
    form, identities = await typed(request), await _identities(request)
    if command not in OFFERED:
        raise Problem(404, "There is nothing here", "This cannot be done for many at once.", code="not-found")
    zone, moving = zone_of(web, person), command == "extend"
    found = await board.chosen(web.database, identities[:MOST]) if moving else []
    try:
        order = order_from(command, form, person.handle, zone)
        if ORDERS[command].reasons is not None:
            needed_reason(order.why or "")
        moves = moves_later(form, found, zone, web.desk.team_calendar(), datetime.now(UTC)) if moving else []
    except DeskProblem as problem:
        return await _form(request, web, person, identities, str(problem), command, given=form)
    title = OFFERED[command]
    if moving:
        act = mover(web, found, moves, order)
        return await _all(request, web, identities, title, act, back=lambda new: _moved(new, moves))
    if command == "reassign":
        try:
            handed = await hand_over(web.desk, identities[:MOST], order)
        except Refused as problem:
            return await _form(request, web, person, identities, sentence_of(problem), command, given=form)
        return await outcomes_page(request, web, title, handed.outcomes, handed.hand_over)
    return await _all(request, web, identities, title, lambda each: web.desk.command(each, command, order))


def _book_of(fact: str) -> Playbook:
    book = next((book for book in PLAYBOOKS.values() for kind in book.facts if kind.name == fact), None)
    if book is None or is_final(book, fact):
        raise Problem(404, "There is nothing here", "This cannot be recorded for many at once.", code="not-found")
    return book


async def _record(web: Services, identity: str, fact: str, report: Report) -> Receipt:
    """Records a fact, unless it would end the onboarding: that is left to a look at it. Raises `DeskProblem`."""
    if (await preview.of_fact(web.desk, identity, fact, report)).closes:
        raise DeskProblem("It would end this onboarding and cannot be taken back; record it on its own page.")
    return await web.desk.record(identity, fact, report)


async def _form(
    request: Request,
    web: Services,
    person: Person,
    identities: list[str],
    problem: str | None = None,
    opened: str = "",
    shown: int = 0,
    given: Mapping[str, str] | None = None,
) -> Response:
    """The forms, that of `opened` open; again with what was wrong with it, and what was `given` there."""
    # A form names those to which it applies, and the others of the page.
    also = [each for each in (await request.form()).getlist("also") if isinstance(each, str)]
    identities = list(dict.fromkeys([*identities, *also]))
    found = await board.chosen(web.database, identities[:MOST])
    asked = _request_of(found)
    return await page(
        request,
        "console/bulk.html",
        status=422 if problem else 200,
        chosen=found,
        problem=problem,
        given=given or {},
        partner_request=asked,
        can_ask=asked is not None and asked.url(web.settings) is not None,
        to_ask=[
            each for each in found if asked and asked.fact in playbook_called(each.playbook).stage(each.stage).until
        ],
        only_if_asked=ONLY_IF_ASKED,
        facts=_facts(found),
        awaited=_awaited(found),
        orders=await _orders(visit_of(request), found),
        opened=opened,
        amounts=tuple(DAYS_LATER),
        view=(await _view(request)).address(),
        shown=shown,
        left_out=len(identities) - len(found),
        most=MOST,
    )


def _request_of(found: list[Chosen]) -> PartnerRequest | None:
    """Returns what the partner can be asked for, if all follow one playbook and one of them waits for that."""
    if len({each.playbook for each in found}) != 1:
        return None
    book = playbook_called(found[0].playbook)
    asked = integration_of(book.name).request
    return asked if asked and asked.fact in _awaited(found) else None


def _awaited(found: list[Chosen]) -> set[str]:
    """Returns the facts that the stages of the chosen ones wait for."""
    return {fact for each in found for fact in playbook_called(each.playbook).stage(each.stage).until}


def _facts(found: list[Chosen]) -> list[Offer]:
    """What may have happened to some of them, what is awaited first; nothing if they follow different playbooks."""
    names = {each.playbook for each in found}
    if len(names) != 1:
        return []
    book, awaited = playbook_called(names.pop()), _awaited(found)
    facts = (fact for fact in book.facts if fact.reported_by != CLOCK and not is_final(book, fact.name))
    ordered = sorted(facts, key=lambda fact: fact.name not in awaited)
    offers = [_offer_of_fact(book, fact, found) for fact in ordered]
    return [offer for offer in offers if offer.chosen]


def _offer_of_fact(book: Playbook, fact: FactType, found: list[Chosen]) -> Offer:
    """A fact that is told once is on record for those that have passed the stage which waits for it."""
    waits = next((number for number, stage in enumerate(book.stages) if fact.name in stage.until), len(book.stages))
    later = {stage.name for stage in book.stages[waits + 1 :]} if not (fact.revisable or fact.per) else set()
    others = [each for each in found if each.stage in later]
    chosen = [each for each in found if each.stage not in later]
    about = f"{len(chosen)} of {len(found)}: the others have passed this." if others else ""
    return Offer(fact_form(book, fact, None), chosen, others, about)


async def _orders(visit: Visit, found: list[Chosen]) -> list[Offer]:
    people = tuple(await assignable(visit))
    return [
        _offer_of_order(OrderForm(ORDERS[name], people if name == "reassign" else (), new_key()), found)
        for name in OFFERED
    ]


def _offer_of_order(form: OrderForm, found: list[Chosen]) -> Offer:
    only = ONLY.get(form.order.name)
    if only is None:
        return Offer(form, found, [], "")
    chosen = [each for each in found if only.applies(each)]
    some = f"{len(chosen)} of {len(found)} {only.one if len(chosen) == 1 else only.many}."
    return Offer(form, chosen, [each for each in found if each not in chosen], some if chosen else only.none)


async def _all(
    request: Request,
    web: Services,
    identities: list[str],
    title: str,
    act: Callable[[str], Awaitable[Receipt]],
    *,
    back: Callable[[list[str]], TakeBack] | None = None,
) -> Response:
    """Does it for each. With `back`, what is newly done can be taken back on the page of the outcomes."""
    found = [each async for each in web.desk.each(identities[:MOST], act)]
    new = [id for id, outcome in found if isinstance(outcome, Receipt) and outcome.outcome == "recorded"]
    return await outcomes_page(request, web, title, found, back=back(new) if back and new else None)


def _recorded(new: list[str], fact: str, of: str | None = None) -> TakeBack:
    what = "take back what you have just recorded"
    return TakeBack(f"/bulk/facts/{fact}/back", what, new, {"of": of} if of else {})


def _moved(new: list[str], moves: Sequence[Move]) -> TakeBack:
    hidden = hidden_for_back([move for move in moves if move.id in new])
    return TakeBack("/bulk/commands/extend/back", "take back the new deadline", new, hidden)


async def outcomes_page(
    request: Request,
    web: Services,
    title: str,
    found: Sequence[tuple[str, Receipt | Exception]],
    hand_over: HandOver | None = None,
    back: TakeBack | None = None,
    taken_back: HandOver | None = None,
) -> Response:
    """The page of what became of each of many; `title` has `{}` for how many of how many."""
    chosen = await board.chosen(web.database, [identity for identity, _ in found])
    names = {each.id: each.practice_name for each in chosen}
    outcomes = [_outcome(identity, names, outcome) for identity, outcome in found]
    outcomes.sort(key=lambda each: (each.name, each.id))
    done = [each for each in outcomes if each.done]
    return await page(
        request,
        "console/bulk_done.html",
        title=title.format(f"{len(done)} of {len(outcomes)}"),
        done=done,
        refused=[each for each in outcomes if not each.done],
        hand_over=hand_over,
        taken_back=taken_back,
        back=back,
        view=(await _view(request)).address(),
    )


def _outcome(identity: str, names: Mapping[str, str], outcome: Receipt | Exception) -> Outcome:
    name = names.get(identity, identity)
    if isinstance(outcome, Receipt):
        return Outcome(identity, name, done(outcome.text), True)
    if isinstance(outcome, DeskProblem | Refused):
        return Outcome(identity, name, sentence_of(outcome), False)
    log.error("for many: %s", identity, exc_info=outcome)
    return Outcome(identity, name, UNFORESEEN, False)


async def _view(request: Request) -> Filters:
    """The board's view from which somebody came, to lead back to."""
    return filters_of(request.query_params.get("query") or (await typed(request)).get("query", ""))


async def _open_of_view(web: Services, person: Person, view: Filters) -> list[str]:
    asked = view.asked(person.handle, datetime.now(UTC), zone_of(web, person))
    rows = await list_onboardings(web.database, asked, order=view.order, reverse=view.reverse, limit=LONGEST_VIEW)
    return list(dict.fromkeys(row.id for row in rows if row.closed_at is None))


async def _identities(request: Request) -> list[str]:
    found = (await request.form()).getlist("id")
    identities = list(dict.fromkeys(each for each in found if isinstance(each, str)))
    if not identities:
        raise DeskProblem("Choose onboardings on the board first.")
    return identities
