"""Where a practice hands over its ezyVet credentials: a file, which is tried at once and never shown again.

It has no second page that asks "sure?", because that would send the credentials back to the browser.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from desk import ezyvet
from integrations.ezyvet.credentials_file import MOST_BYTES, InvalidFile, read_credentials_file
from playbooks.engine.model import Role
from playbooks.engine.transition import Refused
from playbooks.ezyvet import EZYVET
from practice_page.overview import overview_of
from practice_page.visitor import Visitor
from store.accounts import throttle
from store.accounts.practice_links import PATH
from store.accounts.throttle import Limit
from templates.languages import say
from web.pages import go, kept
from web.practice.access import Entered
from web.practice.errors import PracticeRoute
from web.practice.routes import contact_page
from web.problem import Problem, without_commands
from web.services import Services, Web

TRIES = Limit(free=10, longest=600)
"""Files that a practice may try before it has to wait."""

router = APIRouter(prefix=f"{PATH}{{token}}/credentials", route_class=PracticeRoute)


@router.get("")
async def form(request: Request, web: Web, visitor: Entered) -> Response:
    _check_offered(visitor)
    return await _form(request, web, visitor)


@router.post("")
async def hand_over(request: Request, web: Web, visitor: Entered) -> Response:
    _check_offered(visitor)
    practice = visitor.onboarding.practice.id
    async with request.form() as given:
        file = given.get("file")
        content = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) and file.filename else b""
    if not content:
        return await _form(request, web, visitor, say("Choose the file first."))
    try:
        credentials = read_credentials_file(content)
        await throttle.count(web.database, f"ezyvet credentials {practice}", TRIES)
        await ezyvet.connect(web.desk, practice, credentials, visitor.by)
    except (InvalidFile, Refused) as problem:
        return await _form(request, web, visitor, without_commands(str(problem)))
    return go(
        request, visitor.here, say("Thank you. ezyVet gives us access, and the credentials are stored encrypted.")
    )


def _check_offered(visitor: Visitor) -> None:
    """Raises `Problem` for somebody else than the primary contact, and once the connection works."""
    view = overview_of(visitor).view
    if visitor.playbook.name != EZYVET.name or visitor.role != Role.PRIMARY_CONTACT:
        raise Problem(404, say("There is nothing here"), say("Your page shows what you can do."), code="not-found")
    if view.closed or view.stage not in ("access", "credentials"):
        detail = say("The connection works already. Have the credentials changed? Then call us.")
        raise Problem(409, say("That is not possible now"), detail, code="not-now")


async def _form(request: Request, web: Services, visitor: Visitor, problem: str | None = None) -> Response:
    status = 422 if problem else 200
    response = await contact_page(request, visitor, "practice/credentials.html", status=status, error=problem)
    return kept(response) if problem else response
