"""All parts that pages are made of, on one page: only in development."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from web.pages import page
from web.problem import Problem
from web.services import Web

router = APIRouter()


@router.get("/styleguide")
async def styleguide(request: Request, web: Web) -> Response:
    if not web.settings.development:
        raise Problem(404, "There is nothing here", "The address is wrong, or what was here is gone.", code="not-found")
    now = datetime.now(UTC)
    return await page(request, "styleguide.html", past=now - timedelta(days=3), soon=now + timedelta(hours=5))
