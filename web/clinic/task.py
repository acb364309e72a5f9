"""One task: what it is about, what was said, and the form in which it is made and changed (RS9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.clinic import member_transaction
from pharmacy.records.errors import RecordsError
from pharmacy.sharing.finding import search_patients
from pharmacy.sharing.patients import load_patient
from pharmacy.sharing.records import list_records
from pharmacy.tasks import editing, tasks
from pharmacy.tasks.editing import NewTask, TaskChange
from pharmacy.tasks.repeat import next_due
from pharmacy.tasks.rules import MANAGERS, warning
from pharmacy.tasks.tasks import Task
from store.accounts.clinics import clinic_names
from store.accounts.members import Member, members_of
from templates.filters import join_list
from web.clinic.access import Entered, form_page, records_at, tag_of
from web.clinic.once import go_once
from web.clinic.sentences import form_sentence
from web.clinic.tasks import REPEATS, listed, membership
from web.pages import typed
from web.problem import without_commands
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/tasks")

RECORDS = 5
FOUND = 20
FIELDS = ("title", "assignee", "due_on", "repeat", "notes", "patient")
CHANGED = "Somebody has changed this task since you opened the page. It stands below as it is now; change it again."


class ChangedMeanwhile(RecordsError):
    """The task is no longer as the form showed it."""


@router.get("/new")
async def new(request: Request, web: Web, member: Entered, patient: str = "") -> Response:
    return await _new(request, web, member, {"assignee": member.email, "patient": patient})


@router.post("/new")
async def add(request: Request, web: Web, member: Entered) -> Response:
    """Adds the task; or shows the form again with the patients whom its search finds, or the one who was chosen."""
    given = await typed(request)
    if "find" in given or "choose" in given or given.get("q", "").strip():
        return await _new(request, web, member, given)

    async def act() -> tuple[str, str]:
        added = await editing.add(web.database, member, NewTask.model_validate(_values(given, blank=False)))
        address = f"/clinic/{member.clinic}/tasks/{member.clinic}/{added.id}{listed(request)}"
        return address, "The task is on the list."

    try:
        return await go_once(request, web, member, act)
    except (ValidationError, RecordsError) as problem:
        return await _new(request, web, member, given, problem=_sentence(problem))


@router.get("/{clinic}/{id}")
async def show(request: Request, web: Web, member: Entered, clinic: str, id: str) -> Response:
    return await _show(request, web, member, await membership(web, member, clinic), id)


@router.post("/{clinic}/{id}")
async def change(request: Request, web: Web, member: Entered, clinic: str, id: str) -> Response:
    there = await membership(web, member, clinic)
    given = await typed(request)

    def check(task: Task) -> None:
        if given.get("tag") != _tag(task):
            raise ChangedMeanwhile(CHANGED)

    async def act() -> tuple[str, str]:
        order = TaskChange.model_validate(_values(given, blank=True))
        await editing.change(web.database, there, member.clinic, id, order, check)
        return f"/clinic/{member.clinic}/tasks/{clinic}/{id}{listed(request)}", "Saved."

    try:
        return await go_once(request, web, member, act)
    except ChangedMeanwhile as problem:
        return await _show(request, web, member, there, id, {"notes": given.get("notes", "")}, str(problem))
    except (ValidationError, RecordsError) as problem:
        return await _show(request, web, member, there, id, given, _sentence(problem))


def _tag(task: Task) -> str:
    return tag_of((task.title, task.assignee, task.due_on, task.repeat))


def _values(given: dict[str, str], *, blank: bool) -> dict[str, Any]:
    """Returns what a form says. `blank`: what is left empty is cleared, and else left out.

    Raises `RecordsError` for another rule beside a repeat that was chosen.
    """
    values: dict[str, Any] = {name: given[name].replace("\r\n", "\n").strip() for name in FIELDS if name in given}
    if rule := given.get("rule", "").strip():
        if values.get("repeat", "") not in (given.get("repeated", ""), rule):
            raise RecordsError(
                "You chose how it repeats and wrote another rule too: empty the rule, or undo the choice."
            )
        values["repeat"] = rule
    cleared = {"due_on", "repeat"} if blank else set()
    return {name: value or None for name, value in values.items() if value or name in cleared}


def _sentence(problem: Exception) -> str:
    return form_sentence(problem) if isinstance(problem, ValidationError) else without_commands(str(problem))


async def _new(
    request: Request,
    web: Services,
    member: Member,
    given: dict[str, str],
    problem: str | None = None,
) -> Response:
    chosen, q = given.get("choose", given.get("patient")), given.get("q", "")
    async with records_at(web, member) as connection:
        pet = await load_patient(connection, member.clinic, chosen) if chosen else None
        found = [] if pet else await search_patients(connection, member.clinic, q, FOUND)
    return await form_page(
        request,
        member,
        "clinic/task_new.html",
        given=given,
        patient=pet,
        q=q,
        found=found,
        clinics=await clinic_names(web.database, {each.origin for each in found}),
        people=await _people(web, member),
        repeats=REPEATS,
        listed=listed(request),
        problem=problem,
    )


async def _show(
    request: Request,
    web: Services,
    member: Member,
    there: Member,
    id: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    elsewhere = there.clinic != member.clinic
    async with member_transaction(web.database, member.person, there.clinic) as (connection, _):
        task = await tasks.load_task(connection, there.clinic, id, member.clinic)
        notes = await tasks.load_notes(connection, there.clinic, id)
        following = None if task.repeatable else await tasks.load_next(connection, task)
        records = []
        if task.patient and task.shared:
            records = await list_records(connection, there.clinic, task.patient, RECORDS)
    today = datetime.now(UTC).astimezone(ZoneInfo(there.time_zone)).date()
    again = next_due(task.repeat, task.due_on, today) if task.repeat and task.due_on and task.repeatable else None
    known = dict(REPEATS)
    people = await members_of(web.database, there.clinic)
    changers = sorted(
        each.name for each in people if each.active and (each.role in MANAGERS or each.person == task.created_by)
    )
    custom = [] if (task.repeat or "") in known else [(task.repeat, task.repeat)]
    return await form_page(
        request,
        member,
        "clinic/task.html",
        task=task,
        there=there,
        elsewhere=elsewhere,
        warning=None if task.shared else warning(task.about, member.clinic_name, there.clinic_name),
        may=editing.rights_to(there, task, elsewhere),
        may_there=editing.rights_to(there, task, elsewhere=False),
        changers=join_list(changers) if changers else "an admin or owner",
        notes=notes,
        records=records,
        clinics=await clinic_names(web.database, {each.location for each in records}),
        names={each.person: each for each in people},
        people=await _people(web, there),
        repeats=[*REPEATS, *custom],
        repeat_text=known.get(task.repeat or "", task.repeat),
        again=again[0] if again else None,
        following=following,
        listed=listed(request),
        today=today,
        tag=(given or {}).get("tag", _tag(task)),
        given=given or {},
        problem=problem,
    )


async def _people(web: Services, member: Member) -> list[tuple[str, str]]:
    return [(each.email, each.name) for each in await members_of(web.database, member.clinic) if each.active]
