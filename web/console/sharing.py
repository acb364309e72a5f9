"""A practice's record sharing in the console: its pairs, every request on record, and what a person has to settle."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk import sharing_pairs
from integrations.record_sharing import kept
from store.accounts import accounts
from store.accounts.clinics import load_clinic
from web.authorization import Specialist, Viewer
from web.pages import go, page
from web.services import Web

router = APIRouter(prefix="/practices/{practice}/sharing")


@router.get("")
async def show(request: Request, web: Web, person: Viewer, practice: str) -> Response:
    requests = await kept.list_requests(web.database, practice)
    return await page(
        request,
        "console/sharing.html",
        clinic=await load_clinic(web.database, practice),
        pairs=await sharing_pairs.list_pairs(web.desk, practice),
        requests=requests,
        members=await accounts.member_names(web.database, (each.by for each in requests)),
    )


@router.post("/{other}/settle")
async def settle(request: Request, web: Web, person: Specialist, practice: str, other: str) -> Response:
    await sharing_pairs.settle(web.desk, practice, other, person.handle)
    return go(request, f"/practices/{practice}/sharing", "It is removed from the list of what needs a person.")
