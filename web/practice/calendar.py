"""`/p/{token}/calendar.ics`: the time that the page names, as an entry for the reader's calendar.

The time is given in UTC, which every calendar shows by its own clock, also where the clocks change meanwhile; the text
names it by the practice's. The entry has no link to the page: calendars are shared, and whoever has the link gets in.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from practice_page.named_time import NamedTime, named_time
from practice_page.overview import Overview
from store.accounts.practice_links import PATH
from templates.languages import marked, say
from web.practice.access import Reading
from web.practice.errors import PracticeRoute
from web.practice.routes import find_state
from web.practice.texts import step_title
from web.practice.times import Clock
from web.problem import Problem
from web.services import Services, Web

router = APIRouter(prefix=f"{PATH}{{token}}", route_class=PracticeRoute)


@router.get("/calendar.ics")
async def calendar(request: Request, web: Web, visitor: Reading) -> Response:
    visitor, lost, overview = await find_state(web, visitor)
    at, of = (lost.overview, visitor.acting) if lost else (overview, visitor)
    named = named_time(of, at)
    if named is None:
        raise Problem(
            404,
            say("There is no time to put into a calendar"),
            say("Your page shows what you can do."),
            code="not-found",
        )
    practice = visitor.onboarding.practice.name
    step = step_title(of.playbook.name, at.view.stage, at.view.stage_title)
    about = _about(web, named, at, Clock(visitor.zone, visitor.now))
    content = calendar_of(named, f"{step} ({practice})", about, str(web.settings.brand.name))
    headers = {"Content-Disposition": f'attachment; filename="{of.playbook.name}.ics"'}
    return Response(content, media_type="text/calendar", headers=headers)


def calendar_of(named: NamedTime, title: str, about: str, pharmacy: str) -> bytes:
    """Returns a calendar with one entry; who adds it again, with another time, moves the entry."""
    # Few want one, and the library takes longer to import than to be used.
    from icalendar import Calendar, Event

    entry = Event()
    entry.add("uid", f"{hashlib.sha256(named.uid.encode()).hexdigest()[:32]}@practice-onboarding")
    entry.add("dtstamp", datetime.now(UTC))
    entry.add("dtstart", named.at.astimezone(UTC).replace(microsecond=0))
    entry.add("summary", title)
    entry.add("description", about)
    # Nobody is busy at that time.
    entry.add("transp", "TRANSPARENT")
    whole = Calendar()
    whole.add("prodid", f"-//{pharmacy}//Practice onboarding//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add_component(entry)
    content: bytes = whole.to_ical()
    return content


def _about(web: Services, named: NamedTime, overview: Overview, clock: Clock) -> str:
    brand, until = web.settings.brand, clock.moment(named.at).striptags()
    reach = say("write to %(mail)s or call %(phone)s", mail=brand.support_address, phone=brand.support_phone)
    if overview.waits_on == "you":
        text = marked("Please do it by %(until)s. Does something stop you? Then %(reach)s.")
        return say(text, until=until, reach=reach)
    free = say("There is no deadline on your side.")
    if overview.waits_on == "us":
        return f"{say('We do it by %(until)s.', until=until)} {free}"
    if overview.waits_on == "colleague":
        return say("We asked %(holder)s for it by %(until)s.", holder=named.holder, until=until)
    missing = say("If nothing has come by then, please look in junk and spam, and %(reach)s.", reach=reach)
    return f"{say('%(holder)s has until %(until)s.', holder=named.holder, until=until)} {free} {missing}"
