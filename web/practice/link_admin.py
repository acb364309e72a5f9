"""The team's page of the links to a practice's page; managers revoke them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from playbooks.engine.facts import holders
from playbooks.engine.mail_commands import COLLEAGUE
from playbooks.engine.model import role_phrase
from playbooks.engine.onboarding import Command, Onboarding
from playbooks.engine.states import CLOSED
from playbooks.engine.view import view
from playbooks.plural import count_of
from playbooks.registry import PLAYBOOKS
from practice_page.actions.fields import Answers, InvalidAnswer, Short, read
from practice_page.visitor import forwarder
from store.accounts import audit, practice_links
from store.accounts.practice_links import Link
from web.authorization import Manager, Viewer
from web.pages import go, page
from web.problem import Problem
from web.services import Identity, Web


class Reason(Answers):
    why: Short | None = None


router = APIRouter(prefix="/links/{playbook}/{practice}")


@router.get("")
async def links_page(request: Request, web: Web, person: Viewer, identity: Identity) -> Response:
    onboarding = (await web.desk.state(identity)).onboarding
    found = await practice_links.of(web.database, onboarding.id, onboarding.run)
    rows = [{"link": link, "mail": link.mail.split("/")[-3], "state": _state(onboarding, link)} for link in found]
    roles = sorted({link.role for link in found if _state(onboarding, link) == "good"} - {COLLEAGUE})
    return await page(request, "practice/links.html", onboarding=onboarding, rows=rows, roles=roles)


@router.post("/revoke")
async def revoke(
    request: Request,
    web: Web,
    person: Manager,
    identity: Identity,
    role: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    state = await web.desk.state(identity)
    onboarding = state.onboarding
    if role not in PLAYBOOKS[onboarding.playbook].practice_roles:
        raise Problem(422, "That cannot be done", "Choose whose links are to end.", code="invalid")
    try:
        reason = read(Reason, {"why": why}).why or ""
    except InvalidAnswer as wrong:
        raise Problem(422, "That cannot be done", str(wrong), code="invalid") from None
    role_name = role_phrase(role)
    # Recorded first, as revoking can be repeated: no link ends without a record.
    if view(PLAYBOOKS[onboarding.playbook], onboarding, state.now).status in CLOSED:
        async with web.database.begin() as connection:
            await audit.log(connection, person.handle, None, "links revoked", onboarding=onboarding.id, role=role)
    else:
        note = f"Ended: all links of the {role_name} to the practice's page. {reason}".strip()
        await web.desk.command(onboarding.id, "note", Command(by=person.handle, why=note))
    number = await practice_links.revoke(web.database, onboarding.id, onboarding.run, role)
    number += await practice_links.revoke(web.database, onboarding.id, onboarding.run, COLLEAGUE)
    notice = f"{count_of(number, 'link')} of the {role_name} ended; the next mail brings a new one."
    return go(request, f"/links/{onboarding.id}", notice)


def _state(onboarding: Onboarding, link: Link) -> str:
    """Returns `good`, `revoked`, `expired`, or `replaced`: by another person or address, or as the onboarding ended."""
    if link.revoked_at:
        return "revoked"
    if link.expires_at <= datetime.now(UTC):
        return "expired"
    if link.role == COLLEAGUE:
        by = forwarder(onboarding, link)
        link = replace(link, role=by.role, email=by.email) if by else link
    people = holders(PLAYBOOKS[onboarding.playbook], onboarding, link.role).values()
    held = any(person.email == link.email for person in people) and not onboarding.withdrawn
    return "good" if held else "replaced"
