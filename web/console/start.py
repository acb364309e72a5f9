"""Starting one practice, by a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.bulk_start import doubts_of, open_by
from desk.hand_over import start_for
from desk.practice_files import playbook_called, request_of, slug
from desk.problem import AlreadyOpen, DeskProblem, NoAnswer
from playbooks.engine.transition import Refused
from playbooks.registry import PLAYBOOKS
from store.journal import batches
from web.authorization import Specialist
from web.console.actions import sentence_of, zone_of
from web.console.choices import assignable
from web.console.commands import moment_from
from web.pages import go, page, typed
from web.services import Services, Web

router = APIRouter(prefix="/start")

MOMENT = timedelta(minutes=10)
"""Within which the very same request again is the same click, not a second practice."""
PRACTICE = ("id", "name", "time_zone", "country", "state", "client_count", "owner")


@router.get("")
async def start_page(request: Request, web: Web, person: Specialist) -> Response:
    given = {"assignee": person.handle, "time_zone": web.settings.team_time_zone}
    given["country"] = web.settings.team_country or ""
    return await _form(request, web, given)


@router.post("")
async def start(request: Request, web: Web, person: Specialist) -> Response:
    form = await typed(request)
    playbook = form.get("playbook", "")
    try:
        wanted = request_of(practice_file(form, zone_of(web, person)))
        identity = f"{playbook_called(playbook).name}/{wanted.practice.id}"
        doubts, alike = await doubts_of(web.desk, wanted)
        if not set(alike) <= set(form.get("anyway", "").split()):
            return await _form(request, web, form, " ".join(doubts), alike, anyway=True)
        receipt = await start_for(web.desk, playbook, wanted, person.handle)
    except NoAnswer:
        raise
    except AlreadyOpen:
        there = await open_by(web.desk, playbook, wanted)
        if there and there.started_at >= datetime.now(UTC) - MOMENT:
            return go(request, f"/onboardings/{identity}", f"The onboarding of {wanted.practice.name} has started.")
        return await _form(request, web, form, "This practice has an open onboarding already.", [identity])
    except (DeskProblem, Refused) as problem:
        return await _form(request, web, form, _in_words(sentence_of(problem)))
    return go(request, f"/onboardings/{identity}", receipt.text)


def practice_file(form: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """What the form says, as a practice file says it. Raises `DeskProblem` for a time that is none."""
    given = {name: value.strip() for name, value in form.items() if value.strip()}
    practice: dict[str, Any] = {name: given[name] for name in PRACTICE if name in given}
    practice["id"] = given.get("id") or slug(given.get("name", ""))
    if practice.get("client_count", "").isdecimal():
        practice["client_count"] = int(practice["client_count"])
    contact = {name: given[f"contact_{name}"] for name in ("name", "email", "phone") if f"contact_{name}" in given}
    content: dict[str, Any] = {"practice": practice, "primary_contact": contact}
    if "requested_at" in given:
        content["requested_at"] = moment_from(given["requested_at"], zone).isoformat()
    if "assignee" in given:
        content["assignee"] = given["assignee"]
    return content


def _in_words(complaint: str) -> str:
    """A complaint about a practice file, in the words of the form."""
    text = complaint.removeprefix("The practice file is not valid: ")
    text = text.replace("primary_contact.email", "the contact's e-mail address")
    text = text.replace("primary_contact.", "the contact's ").replace("practice.", "the practice's ").replace("_", " ")
    return text[:1].upper() + text[1:]


async def _form(
    request: Request,
    web: Services,
    given: Mapping[str, str],
    problem: str | None = None,
    there: Sequence[str] = (),
    *,
    anyway: bool = False,
) -> Response:
    return await page(
        request,
        "console/start.html",
        status=422 if problem else 200,
        given=given,
        problem=problem,
        there=there,
        anyway=anyway,
        playbooks=[(book.name, book.title) for book in PLAYBOOKS.values()],
        people=await assignable(web),
        zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix"))),
        files=await batches.latest(web.database),
    )
