"""The first page of a practice."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from web.clinic.access import Entered

router = APIRouter(prefix="/clinic/{practice}")


@router.get("")
async def home(member: Entered) -> Response:
    return RedirectResponse(f"/clinic/{member.clinic}/account", status_code=303)
