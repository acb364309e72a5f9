"""Outgoing mail: the stop for all of it (managers), what waits to be sent and why, and what each mail looks like."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from desk.problem import DeskProblem
from store.mail import outbox
from store.mail.undelivered import troubled_count
from web.authorization import Manager, Viewer
from web.console.commands import reason_in
from web.pages import go, page
from web.problem import without_commands
from web.services import Web

router = APIRouter(prefix="/mails")

SHOWN = 100

Why = Annotated[str, Form()]


@router.get("")
async def mails(request: Request, web: Web, person: Viewer) -> Response:
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
    )


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
