"""What concerns the viewer: mentions, onboardings that they got, and missed deadlines; and how they want to be told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.accounts import personal_notifications as notifications
from store.accounts.personal_notifications import KINDS, Choice
from web.authorization import Viewer
from web.pages import go, page, typed
from web.services import Web

router = APIRouter()


@router.get("/notifications")
async def listed(request: Request, web: Web, person: Viewer) -> Response:
    found = await notifications.listed(web.database, person.handle)
    return await page(request, "console/notifications.html", found=found, most=notifications.SHOWN)


@router.post("/account/notifications/read")
async def read(request: Request, web: Web, person: Viewer, id: Annotated[int | None, Form()] = None) -> Response:
    """Marks one as read, or all."""
    await notifications.mark_read(web.database, person.handle, id=id)
    return go(request, "/notifications")


@router.post("/account/notifications")
async def choose(request: Request, web: Web, person: Viewer) -> Response:
    form = await typed(request)
    choices = {kind: Choice(mail=f"mail.{kind}" in form, list=f"list.{kind}" in form) for kind in KINDS}
    await notifications.choose(web.database, person.handle, choices)
    return go(request, "/account#notifications", "Your choice is saved.")
