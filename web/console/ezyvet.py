"""A practice's ezyVet: its credentials, who prescribes, the test, which animal a patient is, and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from desk import ezyvet, ezyvet_leaving, ezyvet_reconciliation
from desk.ezyvet_site import site_detail
from desk.ezyvet_trial import send_test
from desk.prescriptions import record_event
from desk.problem import DeskProblem
from integrations.ezyvet.credentials_file import MOST_BYTES, InvalidFile, read_credentials_file
from integrations.ezyvet.limits import Wait
from integrations.ezyvet.reconciliation_tables import Decision
from partners.ezyvet.errors import EzyvetError
from pharmacy.prescriptions.life.events import Dismiss, parse_event
from playbooks.engine.listed import Row
from playbooks.engine.transition import Refused
from playbooks.engine.validation import error_sentence
from playbooks.ezyvet import EZYVET
from playbooks.plural import count_of
from store.journal import journal
from web.authorization import Specialist, Viewer
from web.pages import go, page, typed
from web.problem import Problem, without_commands
from web.services import Services, Web

router = APIRouter(prefix="/practices/{practice}/ezyvet")

SETTLING = {"decision": "What to do", "uid": "Its uid in ezyVet", "clinical_record": "Clinical record"}
"""What the form that settles a prescription calls its fields."""
COMPARED = timedelta(seconds=15)
"""How long somebody at the page waits for a comparison."""
USER, NEW_VET, NEW_USER = "user-", "new_vet", "new_user"
"""The fields of the form of prescribers."""


async def connecting(web: Web, practice: str) -> Row:
    """Returns the onboarding in the path. Raises a `Problem` for a practice that is not being connected."""
    if row := await journal.find(web.database, f"{EZYVET.name}/{practice}"):
        return row
    detail = f"{practice[:80]} is not being connected with ezyVet: start that first."
    raise Problem(404, "There is nothing here", detail, code="not-found")


Connecting = Annotated[Row, Depends(connecting)]


@router.get("")
async def site(request: Request, web: Web, person: Viewer, practice: str, row: Connecting) -> Response:
    return await _page(request, web, practice, row)


@router.post("/credentials")
async def credentials(request: Request, web: Web, person: Specialist, practice: str, row: Connecting) -> Response:
    """Tries the file, or the text that was pasted. Neither is shown again, also if it is wrong."""
    async with request.form() as given:
        file, text = given.get("file"), given.get("text")
        content = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) and file.filename else b""
    content = content or (text.encode() if isinstance(text, str) else b"")
    try:
        tried = await ezyvet.connect(web.desk, practice, read_credentials_file(content), person.handle)
    except (InvalidFile, Refused) as problem:
        return await _page(request, web, practice, row, problem)
    users = f"{count_of(tried.users, 'user')}, {tried.vets} with vet rights"
    notice = f"ezyVet gives us access: {users}. The credentials are stored encrypted."
    return go(request, f"/practices/{practice}/ezyvet", notice)


@router.post("/disconnect")
async def disconnect(request: Request, web: Web, person: Specialist, practice: str, row: Connecting) -> Response:
    """Deletes the credentials of a practice that leaves."""
    form = await typed(request)
    try:
        if not (why := form.get("why", "").strip()):
            raise Refused("Say why the credentials are deleted.")
        await ezyvet_leaving.disconnect(web.desk, practice, person.handle, why)
    except Refused as problem:
        return await _page(request, web, practice, row, problem)
    return go(request, f"/practices/{practice}/ezyvet", "The credentials are deleted. What is to be sent waits.")


@router.post("/prescribers")
async def prescribers(request: Request, web: Web, person: Specialist, practice: str, row: Connecting) -> Response:
    form = await typed(request)
    try:
        await ezyvet.choose_users(web.desk, practice, _choices(form), person.handle)
    except (Refused, EzyvetError, Wait) as problem:
        return await _page(request, web, practice, row, problem)
    return go(request, f"/practices/{practice}/ezyvet", "Saved: who prescribes.")


@router.post("/test")
async def test(request: Request, web: Web, person: Specialist, practice: str, row: Connecting) -> Response:
    form = await typed(request)
    try:
        sent = await send_test(
            web.desk, practice, form.get("patient", "").strip(), person.handle, form.get("vet", "").strip() or None
        )
    except (Refused, EzyvetError, Wait) as problem:
        return await _page(request, web, practice, row, problem)
    notice = f"The test prescription is in ezyVet, in the record of animal {sent.animal}. We have asked the practice."
    return go(request, f"/practices/{practice}/ezyvet", notice)


@router.post("/prescriptions/{id}")
async def settle(request: Request, web: Web, person: Specialist, practice: str, row: Connecting, id: str) -> Response:
    """Settles a prescription that is stuck: it is there, it is to be sent, or nothing more of it is."""
    form = await typed(request)
    given = {
        "decision": form.get("decision"),
        **{name: form.get(name, "").strip() or None for name in ("uid", "clinical_record")},
    }
    try:
        receipt = await record_event(web.desk, id, parse_event("resolve", given), person.handle)
    except ValidationError as error:
        return await _page(request, web, practice, row, Refused(error_sentence(error, SETTLING)))
    except Refused as problem:
        return await _page(request, web, practice, row, problem)
    return go(request, f"/practices/{practice}/ezyvet", receipt.text)


@router.post("/prescriptions/{id}/dealt-with")
async def dealt_with(
    request: Request, web: Web, person: Specialist, practice: str, row: Connecting, id: str
) -> Response:
    """Notes that something about a prescription is dealt with."""
    form = await typed(request)
    event = Dismiss(concern=form.get("concern", ""))
    try:
        await record_event(web.desk, id, event, person.handle)
    except Refused as problem:
        return await _page(request, web, practice, row, problem)
    return go(request, f"/practices/{practice}/ezyvet", "Marked as done.")


@router.post("/compare")
async def compare(request: Request, web: Web, person: Specialist, practice: str, row: Connecting) -> Response:
    try:
        await ezyvet_reconciliation.compare(web.desk, practice, COMPARED)
    except (Refused, DeskProblem) as problem:
        return await _page(request, web, practice, row, problem)
    return go(request, f"/practices/{practice}/ezyvet", "Compared with ezyVet.")


@router.post("/differences/{id}")
async def difference(
    request: Request, web: Web, person: Specialist, practice: str, row: Connecting, id: str
) -> Response:
    """Settles what differs: ours is sent again, or it is left as it is in ezyVet."""
    decision: Decision = "ours" if (await typed(request)).get("decision") == "ours" else "theirs"
    try:
        await ezyvet_reconciliation.settle(web.desk, practice, id, decision, person.handle)
    except (Refused, DeskProblem) as problem:
        return await _page(request, web, practice, row, problem)
    notice = "Ours is sent to ezyVet." if decision == "ours" else "It is left as it is in ezyVet."
    return go(request, f"/practices/{practice}/ezyvet", notice)


@router.post("/animal")
async def animal(request: Request, web: Web, person: Specialist, practice: str, row: Connecting) -> Response:
    form = await typed(request)
    try:
        number = _number(form.get("animal", ""), "The animal")
        await ezyvet.choose_animal(web.desk, practice, form.get("patient", "").strip(), number, person.handle)
    except (Refused, EzyvetError, Wait) as problem:
        return await _page(request, web, practice, row, problem)
    return go(request, f"/practices/{practice}/ezyvet", f"Saved: the patient is animal {number} in ezyVet.")


def _choices(form: Mapping[str, str]) -> dict[str, int | None]:
    """Returns the user of each vet in the form. Raises `Refused`."""
    choices = {
        name.removeprefix(USER): _number(value, "The user") if value else None
        for name, value in form.items()
        if name.startswith(USER)
    }
    if vet := form.get(NEW_VET, "").strip():
        choices[vet] = _number(form.get(NEW_USER, ""), "The user of the new vet")
    return choices


def _number(text: str, what: str) -> int:
    if not text.strip().isdecimal() or len(text) > 9:
        raise Refused(f"{what} is missing: choose one.")
    return int(text)


async def _page(request: Request, web: Services, practice: str, row: Row, problem: Exception | None = None) -> Response:
    detail = await site_detail(web.desk, practice)
    connected = detail.site.id is not None
    return await page(
        request,
        "console/ezyvet.html",
        status=422 if problem else 200,
        onboarding=row,
        practice=practice,
        detail=detail,
        follows=await ezyvet_leaving.what_follows(web.desk, practice) if connected else (),
        asks=EZYVET.stage(row.stage).asks,
        problem=without_commands(str(problem)) if problem else None,
    )
