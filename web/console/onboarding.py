"""One onboarding: its position and why, its journal and mails, and what can be done."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.attention.collect import items_of
from desk.attention.item import AttentionItem, form_address, stage_of
from desk.attention.status import POSITION_KINDS, calls, corrected
from desk.clock import is_moved
from desk.explain import explain
from desk.mails_caused import mails_caused_by, sent_sentence
from desk.onboarding_detail import FactDetail, OnboardingDetail
from desk.overview import Dossier, dossier
from desk.partner_request import ask_partner, asked_before, left_at_partner, wanted_of
from integrations.model import ONLY_IF_ASKED
from integrations.registry import BRINGS_DATA, RECONNECTION, integration_of
from playbooks.engine.facts import practice_phone
from playbooks.engine.listed import Summary, ToTell
from playbooks.engine.onboarding import Report
from playbooks.engine.partner_knowledge import to_tell
from playbooks.engine.states import CLOSED
from playbooks.registry import PLAYBOOKS
from store.accounts import personal_notifications
from store.accounts.accounts import names_of
from store.accounts.people import Person
from store.journal import hand_overs, journal
from store.journal.hand_overs import HandOver
from store.mail import outbox
from web.authorization import Specialist, Viewer
from web.console import mails_ahead
from web.console.choices import Choices, choices, new_key
from web.console.mails_ahead import MailAhead
from web.console.partner_contact import reach_of
from web.console.undo_offer import undo_offer
from web.pages import by_htmx, go, page, typed
from web.problem import Problem, without_commands
from web.services import Identity, Services, Web
from web.sessions import Visit, visit_of

router = APIRouter(prefix="/onboardings/{playbook}/{practice}")


@router.get("")
async def onboarding(
    request: Request, web: Web, person: Viewer, identity: Identity, run: str | None = None
) -> Response:
    found, written = await asyncio.gather(dossier(web.desk, identity, run), items_of(web.database, identity))
    live = found.live
    # Attention items belong to the practice's latest onboarding, which the journal may not have yet.
    is_latest = not run or not found.runs or found.runs[0].run == found.detail.run
    needs = _with_what_was_asked(found, corrected(written, found.detail)) if is_latest else ()
    offered = await choices_for(visit_of(request), found, person)
    if not by_htmx(request):
        await personal_notifications.mark_read(web.database, person.handle, onboarding=identity)
    return await page(
        request,
        "console/onboarding.html",
        part="onboarding",
        **page_values(web, found, needs, names_of(await visit_of(request).team())),
        needs=needs,
        calls=calls(live, needs) if live else (),
        undo_offer=undo_offer(live, person) if live and person.may("specialist") else None,
        choices=offered,
        mails_ahead=await _mails_ahead(web, found, offered, person) if offered else {},
        **await connection(web, found),
        hand_over=await _hand_over(web, live) if live else None,
        asked_run=run,
    )


@router.get("/mails/{mark}")
async def mail_page(web: Web, person: Viewer, identity: Identity, mark: str, run: str = "") -> Response:
    """Leads addresses that were kept to the page of the mail."""
    keys = (each.key for each in await outbox.mails_of(web.database, identity, run) if mark_of(each.key) == mark)
    if key := next(keys, None):
        return RedirectResponse(f"/mails/one?{urlencode({'key': key})}", status_code=303)
    raise Problem(404, "There is nothing here", "There is no such mail.", code="not-found")


@router.post("/partner-request")
async def request_from_partner(request: Request, web: Web, person: Specialist, identity: Identity) -> Response:
    """Has the partner do what the onboarding waits for."""
    chosen = mails_ahead.choices_from(await typed(request))
    await ask_partner(web.desk, identity, person.handle, mail=chosen)
    asked = integration_of(identity.partition("/")[0]).request
    assert asked is not None, "else it was refused"
    return go(request, f"/onboardings/{identity}", asked.done)


async def connection(web: Services, found: Dossier) -> dict[str, Any]:
    """Returns a connected practice's open reconnection, and a reconnection's original onboarding (DP7)."""
    detail, connected = found.detail, BRINGS_DATA.playbook.name
    other = {connected: RECONNECTION, RECONNECTION: connected}
    if detail.playbook not in other:
        return {"reconnection": None, "connected": None}
    row = await journal.find(web.database, f"{other[detail.playbook]}/{detail.id.partition('/')[2]}")
    is_lost = detail.playbook == connected and detail.status == "complete" and row is not None and row.closed_at is None
    return {"reconnection": row if is_lost else None, "connected": row if detail.playbook == RECONNECTION else None}


def mark_of(key: str) -> str:
    """Returns an identifier for addresses of what is itself none for them."""
    return hashlib.sha256(key.encode()).hexdigest()[:20]


def is_estimate(row: Summary) -> bool:
    """Returns whether a deadline that still runs is only expected: it counts as missed some time after that."""
    stage = stage_of(row)
    return row.sla in ("on_track", "due_soon") and bool(stage and stage.target and stage.target.grace)


def page_values(
    web: Services, found: Dossier, needs: tuple[AttentionItem, ...], team: Mapping[str, str]
) -> dict[str, Any]:
    """`team` are the names of the team's people by handle."""
    detail = found.detail
    book = PLAYBOOKS[detail.playbook]
    now = found.live.now if found.live else datetime.now(UTC)
    return {
        "now": now,
        "moved": is_moved(now),
        "found": found,
        "members": found.names,
        "detail": detail,
        "live": found.live,
        "book": book,
        "practice_phone": practice_phone(book, found.state.onboarding) if found.state else None,
        "said": _explanation(found, needs, team),
        "undone": _left_of_retracted(found),
        "taken_back": _entries_taken_back(found),
        "retries": [(each, without_commands(each.why)) for each in found.retries],
        "trouble": found.trouble,
        "in_temporal": web.temporal_ui(f"workflows/{quote(detail.id, safe='')}"),
        "connected_by": BRINGS_DATA.playbook.title,
        "own_page": integration_of(detail.playbook).console,
        "has_data": integration_of(detail.playbook).feed is not None,
        "asked_before": _asked_before(found),
        "partner_request": (wanted := wanted_of(found.live) if found.live else None),
        "can_ask": wanted is not None and wanted.url(web.settings) is not None,
        "only_if_asked": ONLY_IF_ASKED,
        "facts": {fact.name: fact for fact in book.facts},
        "to_tell": _to_tell(found),
        "there": found.live and _there(found.live),
        "lines": list(reversed(found.lines)),
        "call_key": new_key(),
        "reach": partial(reach_of, web.settings),
        "form_address": form_address,
        "is_estimate": is_estimate,
    }


def _asked_before(found: Dossier) -> str:
    return asked_before(found.live, found.state.onboarding) if found.live and found.state else ""


def _with_what_was_asked(found: Dossier, needs: tuple[AttentionItem, ...]) -> tuple[AttentionItem, ...]:
    """Returns the items; none says to ask the partner for what it still has."""
    if not (todo := _asked_before(found)):
        return needs
    own = {(found.detail.id, kind) for kind in POSITION_KINDS}
    return tuple(replace(need, todo=todo) if (need.id, need.kind) in own else need for need in needs)


def _explanation(found: Dossier, needs: tuple[AttentionItem, ...], team: Mapping[str, str]) -> list[str]:
    """Returns the explanation without terminal commands, and without what the page shows elsewhere."""
    detail = found.live
    if detail is None:
        return []
    omit = {"beside", *(need.kind for need in needs if need.id == detail.id)}
    if _asked_before(found):
        omit.add("ours")
    sentences = explain(detail, omit, team)[1 if detail.waiting_on else 0 :]
    return [without_commands(each) if "onboard " in each else each for each in sentences]


def _left_of_retracted(found: Dossier) -> dict[int, str]:
    """Returns by entry number what stays of a retracted fact: the mails that it had caused, and what a partner has."""
    detail, state = found.live, found.state
    if detail is None or state is None:
        return {}
    back = {(fact.name, fact.taken_back.at): fact for fact in detail.facts if fact.taken_back}
    lines = [(line.number, back.get((line.data.get("fact", ""), line.at))) for line in found.lines]

    def left_of(fact: FactDetail) -> str:
        at_partner = left_at_partner(state.onboarding, fact.name) if fact.name in detail.missing else ""
        return " ".join(filter(None, (sent_sentence(mails_caused_by(detail, fact)), at_partner)))

    return {number: left_of(fact) for number, fact in lines if fact}


def _entries_taken_back(found: Dossier) -> set[int]:
    """Returns the numbers of the entries of facts that were retracted."""
    facts = found.live.facts if found.live else ()
    back = {("fact", fact.name, fact.at, fact.recorded_at) for fact in facts if fact.retracted}
    return {line.number for line in found.lines if (line.kind, line.name, line.at, line.recorded_at) in back}


async def _mails_ahead(
    web: Services, found: Dossier, offered: Choices, person: Person
) -> dict[str, tuple[MailAhead, ...] | None]:
    """Returns the mails of each fact that is recorded by one click, by its name."""
    plain = [each.fact.name for each in offered.awaited if each.plain and not each.fact.secrets]
    report = Report(by=person.handle)
    return {name: await mails_ahead.of_fact(web, found.detail.id, name, report, found.state) for name in plain}


async def _hand_over(web: Services, detail: OnboardingDetail) -> HandOver | None:
    """Returns by what hand-over its assignee has it."""
    return await hand_overs.last_of(web.database, detail.id, detail.assignee) if detail.assignee else None


def _to_tell(found: Dossier) -> dict[str, ToTell | None]:
    """Returns what the partner has to be told of the contacts, by role, while the onboarding is open."""
    if found.state is None or found.detail.status in CLOSED:
        return {}
    onboarding, book = found.state.onboarding, PLAYBOOKS[found.detail.playbook]
    return {role: to_tell(book, onboarding, role) for role in book.practice_roles}


def _there(detail: OnboardingDetail) -> str:
    there = detail.now.astimezone(ZoneInfo(detail.practice.time_zone))
    return f"{there:%a %H:%M %Z}"


async def choices_for(visit: Visit, found: Dossier, person: Person) -> Choices | None:
    """Returns what can be done; None without the role, or if nothing can."""
    detail = found.detail
    if not isinstance(detail, OnboardingDetail) or detail.status in CLOSED or not person.may("specialist"):
        return None
    return await choices(visit, detail, person)
