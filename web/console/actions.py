"""Records facts and gives commands, each once; final ones after a confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk import preview
from desk.clock import is_moved
from desk.fact_fields import PREFIX, details_from
from desk.hand_over import hand_over
from desk.labels import receipt_sentence
from desk.onboarding_detail import FactDetail, OnboardingDetail
from desk.practice_files import playbook_called
from desk.problem import DeskProblem, NoAnswer, NotFound
from desk.sample_data import sample
from desk.taking_back import take_back, what_remains
from playbooks.calendar.time_format import format_time
from playbooks.engine.commands import AFTER_THE_END
from playbooks.engine.model import FactType, Playbook, labels_of
from playbooks.engine.onboarding import Command, Contact, Practice, Report
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Refused
from store.accounts import accounts
from store.accounts.people import Person
from store.journal import journal
from web.authorization import Specialist
from web.console import mails_ahead
from web.console.choices import FactForm, OrderForm, may_be_recorded
from web.console.commands import ORDERS, Order, order_from, report_from
from web.console.mails_ahead import MailAhead
from web.console.opened_form import OpenedForm, asked_of, chosen_fact, open_form
from web.console.partner_contact import ASKED
from web.pages import by_htmx, go, local, page, typed
from web.problem import Problem, by_field, sentence_of
from web.services import Identity, Services, Web
from web.sessions import Kind, visit_of
from workflows.contracts import State

router = APIRouter(prefix="/onboardings/{playbook}/{practice}")


@dataclass(frozen=True)
class Act:
    """What somebody is about to do: how it is asked for, and what its form says."""

    person: Person
    identity: str
    what: FactType | Order
    form: Mapping[str, str]

    @property
    def home(self) -> str:
        return f"/onboardings/{self.identity}"

    @property
    def address(self) -> str:
        return f"{self.home}/{'facts' if isinstance(self.what, FactType) else 'commands'}/{self.what.name}"

    @property
    def form_id(self) -> str:
        return f"{'fact' if isinstance(self.what, FactType) else 'do'}-{self.what.name}"

    @property
    def sure(self) -> bool:
        return self.form.get("sure") == "yes"

    @property
    def reopens(self) -> bool:
        """Whether somebody went back from the question to the form."""
        return "reopen" in self.form

    @property
    def back(self) -> str:
        return local(self.form.get("back"), self.home)


@router.get("/facts/{fact}")
async def fact_page(request: Request, web: Web, person: Specialist, identity: Identity, fact: str) -> Response:
    """The form of a fact: of what the query's `of` names, or to correct whom its `mail` went to."""
    return await _form(request, web, Act(person, identity, _fact(identity, fact), asked_of(request)))


@router.post("/facts/{fact}")
async def record(request: Request, web: Web, person: Specialist, identity: Identity, fact: str) -> Response:
    kind = _fact(identity, fact)
    act = Act(person, identity, kind, await typed(request))
    if act.reopens:
        return await _form(request, web, act)
    try:
        zone = zone_of(web, person)
        report = report_from(act.form, details_from(kind.payload, act.form, zone), person.handle, zone)
        restarted = ""
        # The question would bring a secret back to the browser.
        if not act.sure and not kind.secrets:
            foreseen = await preview.of_fact(web.desk, act.identity, fact, report)
            if foreseen.closes or foreseen.requested_at or preview.is_final(_playbook(identity), fact):
                return await _ask(request, web, act, foreseen, report)
            if foreseen.restarted:
                restarted = f" The deadline starts again: it is due {format_time(foreseen.restarted, zone)} now."
        said = receipt_sentence(await web.desk.record(act.identity, fact, report))
        return await _done(request, web, act, f"{said}{restarted}")
    except (NotFound, NoAnswer):
        raise
    except (DeskProblem, Refused) as problem:
        return await _form(request, web, act, problem)


@router.post("/facts/{fact}/mails")
async def mails_of_fact(request: Request, web: Web, person: Specialist, identity: Identity, fact: str) -> Response:
    """The mails that the form would send as it is filled in."""
    return await _show_mails(request, web, Act(person, identity, _fact(identity, fact), await typed(request)))


@router.post("/commands/{command}/mails")
async def mails_of_command(
    request: Request, web: Web, person: Specialist, identity: Identity, command: str
) -> Response:
    return await _show_mails(request, web, Act(person, identity, _order(person, command), await typed(request)))


@router.get("/commands/{command}")
async def command_page(request: Request, web: Web, person: Specialist, identity: Identity, command: str) -> Response:
    """The form of a command, with what the query names chosen."""
    return await _form(request, web, Act(person, identity, _order(person, command), asked_of(request)))


@router.post("/commands/{command}")
async def carry_out(request: Request, web: Web, person: Specialist, identity: Identity, command: str) -> Response:
    act = Act(person, identity, order := _order(person, command), await typed(request))
    if act.reopens:
        return await _form(request, web, act)
    try:
        wanted = order_from(command, act.form, person.handle, zone_of(web, person))
        if order.final and not act.sure:
            foreseen = await preview.of_command(web.desk, act.identity, command, wanted)
            return await _ask(request, web, act, foreseen, wanted)
        # What is taken back may still count, or stay outside: no reason for green.
        kind: Kind = "notice" if command == "retract" else "good"
        return await _done(request, web, act, await _carry_out(web, act.identity, command, wanted), kind)
    except (NotFound, NoAnswer):
        raise
    except (DeskProblem, Refused) as problem:
        return await _form(request, web, act, problem)


def zone_of(web: Services, person: Person) -> ZoneInfo:
    return ZoneInfo(person.time_zone or web.settings.team_time_zone)


def _playbook(identity: str) -> Playbook:
    return playbook_called(identity.partition("/")[0])


def _fact(identity: str, name: str) -> FactType:
    found = {fact.name: fact for fact in _playbook(identity).facts}
    if name not in found:
        raise Problem(404, "There is nothing here", f"The playbook has no fact '{name[:60]}'.", code="not-found")
    return found[name]


def _order(person: Person, name: str) -> Order:
    order = ORDERS.get(name)
    if order is None:
        raise Problem(404, "There is nothing here", f"There is no command '{name[:60]}'.", code="not-found")
    if not person.may(order.role):
        raise Problem(
            403,
            "You cannot do this",
            f"You need the role {order.role} for this; ask somebody who has it.",
            code="role",
        )
    return order


async def _done(request: Request, web: Services, act: Act, text: str, kind: Kind = "good") -> Response:
    """Goes back with what was done; where many practices are listed, also with a link to the practice's page."""
    row = await journal.find(web.database, act.identity) if act.back != act.home else None
    if row is None:
        return go(request, act.back, text, kind)
    undo = ", where you can take it back" if isinstance(act.what, FactType) and not act.sure else ""
    return go(request, act.back, text, kind, (act.home, f"To {row.practice_name}{undo}"))


async def _carry_out(web: Services, identity: str, name: str, order: Command) -> str:
    """Gives a command. Returns what was done, with side effects that may be unexpected."""
    if name == "reassign":
        handed = await hand_over(web.desk, [identity], order)
        [(_, outcome)] = handed.outcomes
        if isinstance(outcome, Exception):
            raise outcome
        names = accounts.names_of(await accounts.everybody(web.database))
        receiver = names.get(order.assignee or "", order.assignee)
        told = handed.hand_over is not None and handed.hand_over.receiver != order.by
        text = f"Handed over to {receiver}.{f' {receiver} gets a mail.' if told else ''}"
        return receipt_sentence(outcome.model_copy(update={"text": text}))
    if name == "retract":
        return receipt_sentence(await take_back(web.desk, identity, order))
    receipt = await web.desk.command(identity, name, order)
    asked = name == "note" and (order.why or "").startswith(ASKED) and receipt.outcome == "recorded"
    return "It is in the journal that you asked." if asked else receipt_sentence(receipt)


async def _show_mails(request: Request, web: Services, act: Act) -> Response:
    """Only the mails for htmx; else the form with them."""
    if not by_htmx(request):
        return await _form(request, web, act)
    mails, form_id = await _mails(web, act, act.form), act.form.get("form_id", act.form_id)
    taken = None
    if act.what.name == "retract":
        state = await web.desk.state(act.identity)
        taken = _taken(state, await web.desk.show(act.identity, state), act.form)
    return await page(request, "console/mails_part.html", part="part", mails=mails, form_id=form_id, taken=taken)


@dataclass(frozen=True)
class Taken:
    """A fact that a form takes back, and what stays all the same."""

    fact: FactDetail
    stays: str


def _taken(state: State, detail: OnboardingDetail, form: Mapping[str, str]) -> Taken | None:
    chosen = chosen_fact(form, detail)
    return Taken(chosen, " ".join(what_remains(detail, state.onboarding, chosen))) if chosen else None


async def _mails(web: Services, act: Act, form: Mapping[str, str]) -> tuple[MailAhead, ...] | None:
    """Returns the mails that this form would send; None while it is not filled in."""
    zone = zone_of(web, act.person)
    try:
        if isinstance(act.what, FactType):
            data = await _details(web, act, form, zone)
            report = report_from(form, data, act.person.handle, zone)
            return await mails_ahead.of_fact(web, act.identity, act.what.name, report)
        order = order_from(act.what.name, form, act.person.handle, zone)
        return await mails_ahead.of_command(web, act.identity, act.what.name, order)
    except (DeskProblem, Refused):
        return None


async def _details(web: Services, act: Act, form: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    assert isinstance(act.what, FactType)
    if not act.what.secrets:
        return details_from(act.what.payload, form, zone)
    # A secret is sent once, with the form; its mails do not depend on it.
    return sample(_playbook(act.identity), act.what, (await web.desk.state(act.identity)).onboarding)


async def _form(request: Request, web: Services, act: Act, problem: Exception | None = None) -> Response:
    """The form alone on its page: where it was opened from elsewhere, and again with what is wrong with it."""
    state = await web.desk.state(act.identity)
    detail = await web.desk.show(act.identity, state)
    opened = await open_form(visit_of(request), act.what, detail, act.form)
    idle = opened.idle or (isinstance(act.what, FactType) and problem and not may_be_recorded(act.what, detail))
    closed = detail.status in CLOSED and act.what.name not in AFTER_THE_END
    sentence = sentence_of(problem) if problem else not closed and opened.problem
    return await page(
        request,
        "console/act.html",
        status=422 if problem else 200,
        now=detail.now,
        moved=is_moved(detail.now),
        detail=detail,
        act=act,
        given=opened.given,
        problem=sentence,
        errors=by_field(sentence, _labels(opened.form)) if problem and sentence and not (closed or idle) else {},
        closed=closed,
        idle=idle,
        mails=None if closed or idle else await _mails(web, act, _as_opened(opened)),
        taken=_taken(state, detail, _as_opened(opened)),
        back=local(request.query_params.get("back"), act.back),
        form=opened.form,
        is_fact=isinstance(act.what, FactType),
        restarts=isinstance(act.what, FactType) and _restarts(act.what, detail),
    )


def _restarts(fact: FactType, detail: OnboardingDetail) -> bool:
    """Whether the present deadline counts from a fact, so that a report which renews that starts it again."""
    stages = _playbook(detail.id).stages
    opening = next((before.until for before, stage in pairwise(stages) if stage.name == detail.stage), ())
    return fact.renews and fact.name in opening and detail.due_at is not None


def _labels(form: FactForm | OrderForm) -> dict[str, str]:
    """Returns what the fields that may be wrong are called, by the names of their inputs."""
    if isinstance(form, FactForm):
        return {f"{PREFIX}{field.name}": field.label for field in form.fields}
    match form.order.takes:
        case "contact":
            return labels_of(Contact)
        case "practice":
            return labels_of(Practice)
    return {}


def _as_opened(opened: OpenedForm) -> dict[str, str]:
    """Returns what the form would send if nothing more was filled in."""
    form = dict(opened.given)
    if isinstance(opened.form, FactForm):
        filled = {f"d_{field.name}": field.value for field in opened.form.fields if field.value}
        return filled | form
    if len(opened.form.options) == 1:
        form.setdefault(opened.form.order.takes, opened.form.options[0][0])
    return form


async def _ask(
    request: Request, web: Services, act: Act, foreseen: preview.Consequences, chosen: Report | Command
) -> Response:
    """The question before what cannot be taken back, with all that the form said."""
    asked = ("csrf", "sure", mails_ahead.HOLD, mails_ahead.PARAGRAPH)
    hidden = {name: value for name, value in act.form.items() if not name.startswith(asked)}
    mails = await mails_ahead.mails_of(web, act.identity, foreseen, chosen)
    return await page(
        request, "console/sure.html", act=act, foreseen=foreseen, chosen=chosen, hidden=hidden, mails=mails
    )
