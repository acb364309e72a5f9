"""The mailbox of a system on one machine: what its mail server took, as a mail program shows it.

For specialists and above: what lies there holds the links by which practices act.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from web.authorization import Specialist
from web.pages import page
from web.problem import Problem
from web.security import MAIL, framed
from web.services import Services, Web

router = APIRouter(prefix="/mails/box")

SHOWN = 50
FOLDERS = ("new", "cur")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._,=-]{0,199}(:2,[A-Za-z]*)?")
LARGEST = 25_000_000
"""Bytes of the largest message that is shown."""
LINKS = "allow-popups allow-popups-to-escape-sandbox"
"""On one machine people play all parts: the links of these mails lead on."""


@dataclass(frozen=True)
class Envelope:
    name: str
    to: str
    sender: str
    subject: str
    at: datetime


@router.get("")
async def box(request: Request, web: Web, person: Specialist, before: str = "") -> Response:
    folder = _folder(web)
    found, more = await asyncio.to_thread(_listed, folder, before)
    return await page(request, "console/mailbox.html", messages=found, more=found[-1].name if more else None)


@router.get("/{name}")
async def message(request: Request, web: Web, person: Specialist, name: str) -> Response:
    found = await asyncio.to_thread(_read, _folder(web), name)
    return await page(
        request,
        "console/message.html",
        name=name,
        envelope=_envelope(name, found),
        all_headers=[(header, str(value)) for header, value in found.items()],
        text=_body(found, "plain"),
        has_html=_body(found, "html") is not None,
    )


@router.get("/{name}/html")
async def message_html(web: Web, person: Specialist, name: str) -> Response:
    """The HTML of a message; shown in a frame, where nothing of it runs or loads, and links open beside."""
    html = _body(await asyncio.to_thread(_read, _folder(web), name), "html") or ""
    response = framed(re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', html, count=1))
    response.headers["Content-Security-Policy"] = MAIL.replace("sandbox;", f"sandbox {LINKS};")
    return response


def _folder(web: Services) -> Path:
    if web.mailbox is None:
        raise Problem(
            404, "There is no mailbox here", "This system sends its mail through another server.", code="not-found"
        )
    return web.mailbox


def _listed(folder: Path, before: str) -> tuple[list[Envelope], bool]:
    """The latest messages, those that came before `before` if that is given."""
    files = {path.name: path for place in FOLDERS for path in (folder / place).glob("*") if NAME.fullmatch(path.name)}
    names = sorted((name for name in files if not before or _time(name) < _time(before)), key=_time, reverse=True)
    return [_envelope(name, _headers(files[name])) for name in names[:SHOWN]], len(names) > SHOWN


def _headers(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        found = email.message_from_bytes(file.read(64_000), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _read(folder: Path, name: str) -> EmailMessage:
    places = [folder / place / name for place in FOLDERS] if NAME.fullmatch(name) else []
    path = next((path for path in places if path.is_file()), None)
    if path is None or path.stat().st_size > LARGEST:
        raise Problem(404, "There is nothing here", "There is no such message, or it was deleted.", code="not-found")
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _envelope(name: str, found: EmailMessage) -> Envelope:
    seconds, _ = _time(name)
    to = ", ".join(found.get_all("Delivered-To", [])) or str(found.get("To", ""))
    return Envelope(
        name, to, str(found.get("From", "")), str(found.get("Subject", "")), datetime.fromtimestamp(seconds, UTC)
    )


def _time(name: str) -> tuple[float, str]:
    """When a message came, by its name: seconds or billionths of them, as the server that wrote it counts."""
    number = name.partition(".")[0]
    if not number.isdecimal() or len(number) > 19:
        return 0.0, name
    return (int(number) / 1e9 if len(number) > 12 else float(number)), name


def _body(found: EmailMessage, kind: str) -> str | None:
    part = found.get_body((kind,))
    if part is None:
        return None
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError):
        return None
    return content if isinstance(content, str) else None
