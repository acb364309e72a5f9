"""Outgoing mail: the stop for all of it (managers), what waits to be sent and why, and what went out day by day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk.clock import is_moved
from desk.problem import DeskProblem
from store.mail import outbox
from store.mail.rows import Mail
from store.mail.undelivered import troubled_count
from web.authorization import Manager, Viewer
from web.console.actions import zone_of
from web.console.commands import reason_in
from web.pages import go, page
from web.problem import Problem, without_commands
from web.security import framed
from web.services import Services, Web

router = APIRouter(prefix="/mails")

SHOWN = 100
SENT = 50
LONGEST_SEARCH = 200

To = Literal["", "practices", "colleagues"]
Why = Annotated[str, Form()]


@router.get("")
async def mails(
    request: Request, web: Web, person: Viewer, day: str = "", to: str = "", q: str = "", after: str = ""
) -> Response:
    """What waits, and what went out on a `day` by the viewer's clocks, `to` whom and with which words (`q`)."""
    waiting = await outbox.pending(web.database, SHOWN)
    trouble = await outbox.trouble(web.database)
    return await page(
        request,
        "console/mails.html",
        part="mails",
        switch=await outbox.switch(web.database),
        waiting=[(mail, without_commands(mail.error) if mail.error else None) for mail in waiting],
        count=await outbox.pending_count(web.database),
        troubled=await troubled_count(web.database),
        trouble=without_commands(trouble) if trouble else None,
        redirect=web.settings.mail_redirect_all,
        has_mailbox=web.mailbox is not None,
        **await _sent(web, zone_of(web, person), day, to, q, after),
    )


@router.get("/one")
async def one(request: Request, web: Web, person: Viewer, key: str) -> Response:
    """A mail as it was sent, of an onboarding or of none."""
    letter = await _letter(web, key)
    return await page(request, "console/letter.html", letter=letter, moved=is_moved(letter.created_at))


@router.get("/one/html")
async def one_html(web: Web, person: Viewer, key: str) -> Response:
    """Its HTML, for a frame in which scripts and loading are blocked."""
    return framed((await _letter(web, key)).html or "")


async def _letter(web: Services, key: str) -> Mail:
    if letter := await outbox.find(web.database, key.replace("\0", "")):
        return letter
    raise Problem(404, "There is nothing here", "There is no such mail.", code="not-found")


async def _sent(web: Services, zone: ZoneInfo, day: str, to: str, q: str, after: str) -> dict[str, Any]:
    today = datetime.now(zone).date()
    try:
        chosen = min(max(date.fromisoformat(day), date(2000, 1, 1)), today)
    except ValueError:
        chosen = today
    begin, end = (datetime.combine(each, time(), zone) for each in (chosen, chosen + timedelta(days=1)))
    whom: To = next((each for each in get_args(To) if each == to), "")
    words = q.replace("\0", "")[:LONGEST_SEARCH]

    async def read(place: str) -> list[Mail]:
        return await outbox.sent_mails(web.database, begin, end, to=whom, words=words, after=place, limit=SENT + 1)

    try:
        found = await read(after.replace("\0", ""))
    except ValueError:
        found, after = await read(""), ""
    given = {"day": chosen.isoformat(), "to": whom, "q": words}
    before = await outbox.last_sent(web.database, begin)
    return {
        **given,
        "today": today,
        "chosen": begin,
        "sent": found[:SENT],
        "first": _address(**given) if after else None,
        "more": _address(**given, after=outbox.place_of(found[SENT - 1])) if len(found) > SENT else None,
        "day_before": before and (before, _address(**given | {"day": before.astimezone(zone).date().isoformat()})),
    }


def _address(**query: str) -> str:
    return f"/mails?{urlencode({name: value for name, value in query.items() if value})}#sent"


@router.post("/pause")
async def pause(request: Request, web: Web, person: Manager, why: Why = "") -> Response:
    await outbox.pause(web.database, person.handle, _reason(why))
    return go(request, "/mails", "All mail is paused; new mails wait.")


@router.post("/resume")
async def resume(request: Request, web: Web, person: Manager, why: Why = "") -> Response:
    waiting = await outbox.pending_count(web.database)
    await outbox.resume(web.database, person.handle, why.strip()[:1000] or None)
    return go(request, "/mails", f"Mail is sent again; {waiting} were waiting.")


def _reason(why: str) -> str:
    if not (reason := reason_in(why)):
        raise DeskProblem("Say why you pause all mail: everybody sees the reason.")
    return reason
