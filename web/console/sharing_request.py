"""A request for record sharing by e-mail: the message, what was checked, and the decision of one that waits (RS2)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk import sharing_emails
from desk.problem import DeskProblem, NotFound
from integrations.record_sharing import kept
from partners.signed_mail import parse_mail, text_of
from playbooks.engine.transition import Refused
from store.accounts.clinics import clinic_names, load_clinic
from web.authorization import Specialist, Viewer
from web.pages import go, page, typed
from web.problem import without_commands
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}/sharing/requests/{id}")

SHOWN = 50_000
"""Letters of a message that are shown as it came."""


@router.get("")
async def show(request: Request, web: Web, person: Viewer, practice: str, id: int) -> Response:
    return await _page(request, web, practice, id)


@router.post("")
async def decide(request: Request, web: Web, person: Specialist, practice: str, id: int) -> Response:
    given = await typed(request)
    act, why = given.get("act"), given.get("why", "").strip()
    try:
        if act not in ("accept", "refuse"):
            raise DeskProblem("Choose whether to accept the request or to refuse it.")
        if not why:
            raise DeskProblem("Say why: it is kept, and who asked reads the reason of a refusal.")
        found = await sharing_emails.decide(
            web.desk, id, act == "accept", why[:2000], person.handle, given.get("clinic") or None
        )
    except NotFound:
        return await _page(request, web, practice, id, given, "Somebody has decided about it in the meantime.")
    except (DeskProblem, Refused) as problem:
        return await _page(request, web, practice, id, given, without_commands(str(problem)))
    if found.outcome == "accepted":
        done = "Accepted. Each clinic is asked by mail to look at what would follow, and to confirm."
    else:
        done = "Refused. " + ("A mail says why." if found.answered else "Nobody is written to: tell the clinic.")
    return go(request, f"/practices/{practice}/sharing/requests/{id}", done)


async def _page(
    request: Request,
    web: Services,
    practice: str,
    id: int,
    given: dict[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    asked, raw = await kept.load_request(web.database, id) or (None, None)
    if asked is None or raw is None or practice not in asked.may_ask:
        raise NotFound("This practice has no such request.")
    message = parse_mail(raw)
    return await page(
        request,
        "console/sharing_request.html",
        status=422 if problem else 200,
        clinic=await load_clinic(web.database, practice),
        names=await clinic_names(web.database, (*asked.may_ask, *asked.clinics)),
        asked=asked,
        lines=[(name, str(message[name])) for name in ("From", "To", "Date", "Subject") if message[name]],
        text=text_of(message).partition("\n")[2].strip(),
        raw=raw[:SHOWN].decode(errors="replace"),
        given=given or {},
        problem=problem,
    )
