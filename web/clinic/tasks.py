"""Assigned to me: a person's tasks over the clinics that they choose, and the requests that wait for them (RS9)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from desk import practice_prescriptions
from pharmacy.records.clinic import member_transaction
from pharmacy.tasks import editing, tasks
from pharmacy.tasks.assigned import Choice, assigned_to, choose
from pharmacy.tasks.editing import TaskChange
from pharmacy.tasks.rules import STATES, Rights, warning
from pharmacy.tasks.tasks import Task
from store.accounts.members import Member, active_member, members_of
from web.clinic.access import Entered, member_page
from web.pages import go
from web.problem import Problem
from web.services import Services, Web
from web.sessions import YEAR, visit_of

router = APIRouter(prefix="/clinic/{practice}/tasks")

SHOWN = 200
CHOICE, LONGEST_CHOICE = "task_clinics", 3000
"""The cookie with the clinics whose tasks the list shows; without it, the clinic signed in to."""
REPEATS = (
    ("", "Does not repeat"),
    ("FREQ=DAILY", "Every day"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Mon–Fri"),
    ("FREQ=WEEKLY", "Every week"),
    ("FREQ=WEEKLY;INTERVAL=2", "Every two weeks"),
    ("FREQ=MONTHLY", "Every month"),
    ("FREQ=YEARLY", "Every year"),
)
"""The rules that a form offers, in words."""
SAYS = {"open": "Open again", "in_progress": "In progress", "done": "Done"}


@router.get("")
async def assigned(
    request: Request,
    web: Web,
    member: Entered,
    clinics: Annotated[list[str] | None, Query()] = None,
    whose: str = "",
    keep: str = "",
) -> Response:
    """Of the clinic signed in to, or of those chosen; or everybody's of this clinic. `keep`: also from now on."""
    visit = visit_of(request)
    memberships = {each.clinic: each for each in await visit.memberships()}
    kept = visit.kept(CHOICE) if clinics is None else clinics
    chosen = [each for each in memberships if isinstance(kept, list) and each in kept]
    if keep and chosen == [member.clinic]:
        visit.drop(CHOICE)
    elif keep:
        visit.keep(CHOICE, chosen, YEAR, LONGEST_CHOICE)
    choice = await choose(web.database, list(memberships.values()), member.clinic, chosen)
    if whose == "all":
        async with member_transaction(web.database, member.person, member.clinic) as (connection, _):
            found = await tasks.list_of_clinic(connection, member.clinic, SHOWN)
    else:
        found = await assigned_to(web.database, member.person, choice, member.clinic, SHOWN)
    now = datetime.now(UTC)
    requests = await practice_prescriptions.requests_for(web.desk, choice.shown, now) if whose != "all" else []
    query = urlencode([("whose", "all")] if whose == "all" else [("clinics", each) for each in chosen])
    return await member_page(
        request,
        member,
        "clinic/tasks.html",
        part="tasks",
        tasks=[(each, _warning(each, member, memberships), rights(member, memberships, each)) for each in found],
        requests=requests,
        elsewhere=await _elsewhere(web, member, memberships, choice) if whose != "all" else [],
        memberships=memberships,
        choice=choice,
        repeats=dict(REPEATS),
        everybody=whose == "all",
        names={each.person: each.name for each in await members_of(web.database, member.clinic)},
        here=f"/clinic/{member.clinic}/tasks{'?' if query else ''}{query}",
        listed=listed(request),
        now=now,
        today=now.astimezone(ZoneInfo(member.time_zone)).date(),
    )


@router.post("/{clinic}/{id}/state")
async def mark(
    request: Request,
    web: Web,
    member: Entered,
    clinic: str,
    id: str,
    state: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    there = await membership(web, member, clinic)
    if state not in STATES:
        raise Problem(422, "That cannot be done", f"A task is {', '.join(STATES)}.", code="invalid")
    changed = await editing.change(web.database, there, member.clinic, id, TaskChange.model_validate({"state": state}))
    said = f"{SAYS[state]}: {changed.task.title}." + (" The next one is on the list." if changed.following else "")
    here = f"/clinic/{member.clinic}/tasks/{clinic}/{id}"
    undone = (here, "To open it again") if state == "done" and not back.startswith(here) else None
    return go(request, back or f"/clinic/{member.clinic}/tasks", said, link=undone)


@router.post("/{clinic}/{id}/delete")
async def delete(request: Request, web: Web, member: Entered, clinic: str, id: str) -> Response:
    there = await membership(web, member, clinic)
    await editing.delete(web.database, there, member.clinic, id)
    return go(request, f"/clinic/{member.clinic}/tasks{listed(request)}", "The task is deleted.")


async def _elsewhere(
    web: Services, member: Member, memberships: dict[str, Member], choice: Choice
) -> list[tuple[Member, int]]:
    """Returns the clinics that the list does not show and where the person has tasks to do, with how many."""
    rest = [each for each in memberships.values() if each not in (*choice.shown, *choice.left_out)]
    if not rest:
        return []
    others = await choose(web.database, rest, member.clinic, [each.clinic for each in rest])
    found = await assigned_to(web.database, member.person, others, member.clinic, SHOWN)
    open_at = Counter(each.clinic for each in found if each.state != "done")
    return [(each, open_at[each.clinic]) for each in others.shown if open_at[each.clinic]]


async def membership(web: Services, member: Member, clinic: str) -> Member:
    """Returns the person's membership of the task's clinic. Raises `Problem` if they may not enter it."""
    there = member if clinic == member.clinic else await active_member(web.database, clinic, member.person)
    if there is None:
        raise Problem(404, "There is nothing here", "There is no such task.", code="not-found")
    return there


def listed(request: Request) -> str:
    """Returns the query that a task's addresses carry for the way back to the list: its clinics, or everybody's."""
    kept = [each for each in request.query_params.multi_items() if each[0] in ("clinics", "whose")]
    return f"?{urlencode(kept)}" if kept else ""


def rights(member: Member, memberships: dict[str, Member], task: Task) -> Rights:
    return editing.rights_to(memberships[task.clinic], task, elsewhere=task.clinic != member.clinic)


def _warning(task: Task, member: Member, memberships: dict[str, Member]) -> str | None:
    return None if task.shared else warning(task.about, member.clinic_name, memberships[task.clinic].clinic_name)
