"""Starting one practice, by a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.bulk_start import doubts_of, is_asked_for, open_as
from desk.hand_over import start_for
from desk.practice_files import playbook_called
from desk.practice_table import in_words, request_of_row, too_late, zones_to_choose
from desk.problem import AlreadyOpen, DeskProblem, NoAnswer
from desk.us_zones import us_zone, zones_instead
from playbooks.calendar.time_format import format_time
from playbooks.engine.transition import Refused
from store.journal import batches
from web.authorization import Specialist
from web.console import mails_ahead
from web.console.actions import zone_of
from web.console.mails_ahead import MailAhead
from web.console.start_many import upload_form
from web.pages import by_htmx, go, page, typed
from web.problem import sentence_of
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/start")

OPEN_ALREADY = (
    "This practice has an open onboarding already. If another practice has the same name, give it an ID of its own."
)
MOMENT = timedelta(minutes=10)
"""Within which the very same request again is the same click, not a second practice."""
FORM = "start-one"
LABELS = {
    "name": "Name",
    "id": "ID",
    "time_zone": "Time zone",
    "country": "Country",
    "state": "State",
    "client_count": "Number of clients",
    "owner": "Owner of the practice",
    "contact_name": "Name of the contact",
    "contact_email": "E-mail address",
    "contact_phone": "Phone",
    "assignee": "Assigned to",
    "requested_at": "When the request came",
}
"""What the form calls the columns of a table, in its order."""


@router.get("")
async def start_page(request: Request, web: Web, person: Specialist) -> Response:
    given = {"assignee": person.handle, "country": web.settings.team_country or ""}
    if us_zone(web.settings.team_time_zone) is None:
        # In the United States the state tells it.
        given["time_zone"] = web.settings.team_time_zone
    return await _form(request, web, given)


@router.post("")
async def start(request: Request, web: Web, person: Specialist) -> Response:
    form = await typed(request)
    if zone := form.get("zone"):
        form["time_zone"] = zone
    playbook = form.get("playbook", "")
    given = _given(form)
    wanted, wrong = request_of_row(given, zone_of(web, person))
    wrong |= too_late(wanted, datetime.now(UTC))
    if wanted is None or wrong:
        zones = zones_to_choose(given) if wrong.keys() == {"time_zone"} else ()
        errors = _errors(wrong, given)
        return await _form(request, web, form, "Nothing was started. Please correct:", instead=zones, errors=errors)
    done = f"The onboarding of {wanted.practice.name} has started"
    try:
        identity = f"{playbook_called(playbook).name}/{wanted.practice.id}"
        doubts, alike = await doubts_of(web.desk, wanted)
        if doubts and form.get("anyway") != (said := " ".join(doubts)):
            zones = zones_instead(wanted.practice)
            return await _form(request, web, form, said, alike, anyway=True, instead=zones)
        await start_for(web.desk, playbook, wanted, person.handle)
    except NoAnswer:
        raise
    except AlreadyOpen:
        there = await open_as(web.desk, playbook, wanted.practice.id)
        if there and is_asked_for(there, wanted) and there.started_at >= datetime.now(UTC) - MOMENT:
            at = format_time(there.started_at, zone_of(web, person), datetime.now(UTC))
            return go(request, f"/onboardings/{identity}", f"{done} already, on {at}. Nothing was started twice.")
        return await _form(request, web, form, OPEN_ALREADY, [identity])
    except (DeskProblem, Refused) as problem:
        return await _form(request, web, form, sentence_of(problem))
    return go(request, f"/onboardings/{identity}", f"{done}.")


@router.post("/mails")
async def mails_of_start(request: Request, web: Web, person: Specialist) -> Response:
    """The mails that the form would send as it is filled in: only them for htmx, else the form with them."""
    form, mails = await typed(request), None
    given = _given(form)
    wanted, wrong = request_of_row(given, zone_of(web, person))
    wrong |= too_late(wanted, datetime.now(UTC))
    if wanted and not wrong:
        mails = await mails_ahead.of_start(web, form.get("playbook", ""), wanted, person.handle)
    filled_in = given.keys() | ({"time_zone"} if "state" in given else set())
    errors = _errors({name: sentence for name, sentence in wrong.items() if name in filled_in}, given)
    if not by_htmx(request):
        return await _form(request, web, form, mails=mails, errors=errors)
    return await page(
        request, "console/mails_part.html", part="part", mails=mails, form_id=FORM, taken=None, wrong=errors.values()
    )


def _errors(wrong: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    return {name: in_words(name, wrong[name], given, LABELS) for name in LABELS if name in wrong}


def _given(form: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name in LABELS if (text := form.get(name, "").strip())}


async def _form(
    request: Request,
    web: Services,
    given: Mapping[str, str],
    problem: str | None = None,
    there: Sequence[str] = (),
    *,
    anyway: bool = False,
    instead: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    mails: Sequence[MailAhead] | None = None,
) -> Response:
    """The form again with `errors`, sentences by field; `instead` are time zones that would fit the state."""
    return await page(
        request,
        "console/start.html",
        status=422 if problem else 200,
        given=given,
        problem=problem,
        there=there,
        anyway=anyway,
        instead=instead,
        errors=errors or {},
        form_id=FORM,
        mails=mails,
        labels=LABELS,
        files=await batches.latest(web.database),
        **await upload_form(visit_of(request)),
    )
