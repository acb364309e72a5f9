"""The routes of a clinic's tasks (RS9)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.tasks import editing, tasks
from pharmacy.tasks.editing import NewTask, TaskChange
from pharmacy.tasks.rules import State, warning
from pharmacy.tasks.tasks import Task
from playbooks.calendar.values import Frozen
from store.accounts.members import Member, members_of
from web.api.answers import EVERYWHERE, WITH_BODY, WITH_KEY, problems
from web.api.bodies import json_body
from web.api.idempotency import Key
from web.api.member.callers import AtClinic, Here, answer_once
from web.api.member.paging import Position, next_page, position
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.services import Services, Web

router = APIRouter(prefix="/api/clinics/{clinic}/tasks", tags=["tasks"], route_class=ApiRoute)


CHANGE = problems(*EVERYWHERE, *WITH_BODY, *WITH_KEY, "not-found")


class TaskDetail(Frozen):
    """A task. `client` and `patient` are IDs at its clinic; `notes` is what was said last.

    `warning` says that the client or patient is not shared with the clinic signed in to. `may_change` are the fields
    that the caller may change.
    """

    id: str
    clinic: str
    title: str
    state: State
    assignee: str
    due_on: date | None
    repeat: str | None
    notes: str | None
    client: str | None
    client_name: str | None
    patient: str | None
    patient_name: str | None
    warning: str | None
    created_at: datetime
    done_at: datetime | None
    may_change: tuple[str, ...]
    may_delete: bool


class TaskNote(Frozen):
    at: datetime
    by: str
    text: str


class WholeTask(TaskDetail):
    """A task with everything that was said about it, the oldest first."""

    conversation: tuple[TaskNote, ...]


class ChangedTask(TaskDetail):
    """A task after the change. `following` is the next one, if it is repeated and was done just now."""

    following: str | None


class TaskList(Frozen):
    items: tuple[TaskDetail, ...]
    next: str | None


SignedInTo = Annotated[str | None, Query(alias="clinic", description="The clinic signed in to; the path's without.")]


@router.get(
    "",
    summary="A clinic's tasks",
    response_model=TaskList,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def list_tasks(
    request: Request, web: Web, here: AtClinic, limit: Limit = 50, after: Position | None = None
) -> TaskList:
    """Everybody's, by day; what was done in the last seven days comes last."""
    (offset,) = position(after, int) or (0,)
    async with here.transaction() as connection:
        found = await tasks.list_of_clinic(connection, here.clinic, limit + 1, max(0, min(offset, 1_000_000)))
    emails = await _emails(web, here)
    return TaskList(
        items=tuple(detail(each, here.member, None, emails.get(each.assignee, "")) for each in found[:limit]),
        next=next_page(request, str(offset + limit)) if len(found) > limit else None,
    )


@router.post(
    "",
    summary="Add a task",
    status_code=201,
    response_model=TaskDetail,
    responses=CHANGE,
)
async def add_task(
    request: Request, web: Web, here: AtClinic, order: Annotated[NewTask, Depends(json_body(NewTask))], key: Key = None
) -> Response:
    """For the caller if no assignee is named; `repeat` is a recurrence rule by days, such as FREQ=WEEKLY;BYDAY=MO."""

    async def act() -> TaskDetail:
        added = await editing.add(web.database, here.member, order)
        return detail(added, here.member, None, (await _emails(web, here))[added.assignee])

    return await answer_once(request, here, key, order, act)


@router.get(
    "/{id}",
    summary="A task",
    response_model=WholeTask,
    responses=problems(*EVERYWHERE, "not-found", "invalid"),
)
async def show_task(web: Web, here: AtClinic, id: str, present: SignedInTo = None) -> WholeTask:
    signed_in = here.visitor.at(present or here.clinic)
    async with here.transaction() as connection:
        task = await tasks.load_task(connection, here.clinic, id, signed_in.clinic)
        said = await tasks.load_notes(connection, here.clinic, id)
    emails = await _emails(web, here)
    shown = detail(task, here.member, signed_in, emails.get(task.assignee, ""))
    notes = [TaskNote(at=each.at, by=emails.get(each.by, ""), text=each.text) for each in said]
    return WholeTask(**dict(shown), conversation=tuple(notes))


@router.patch(
    "/{id}",
    summary="Change a task",
    response_model=ChangedTask,
    responses=CHANGE,
)
async def change_task(
    request: Request,
    web: Web,
    here: AtClinic,
    id: str,
    order: Annotated[TaskChange, Depends(json_body(TaskChange))],
    present: SignedInTo = None,
    key: Key = None,
) -> Response:
    """From another clinic than the task's only notes, repeat and state. A repeated task that is done makes the next."""
    signed_in = here.visitor.at(present or here.clinic)

    async def act() -> ChangedTask:
        changed = await editing.change(web.database, here.member, signed_in.clinic, id, order)
        emails = await _emails(web, here)
        shown = detail(changed.task, here.member, signed_in, emails.get(changed.task.assignee, ""))
        return ChangedTask(**dict(shown), following=changed.following)

    return await answer_once(request, here, key, order, act)


@router.delete(
    "/{id}",
    summary="Delete a task",
    status_code=204,
    responses={204: {"description": "It is deleted."}, **problems(*EVERYWHERE, "not-found", "invalid")},
)
async def delete_task(web: Web, here: AtClinic, id: str, present: SignedInTo = None) -> Response:
    """Who created it, an admin or an owner may. A repeated task is not made again."""
    signed_in = here.visitor.at(present or here.clinic)
    await editing.delete(web.database, here.member, signed_in.clinic, id)
    return Response(status_code=204)


def detail(task: Task, member: Member, present: Member | None, assignee: str) -> TaskDetail:
    """Returns a task as a member of its clinic sees it who is signed in to `present`."""
    may = editing.rights_to(member, task, present is not None and present.clinic != task.clinic)
    warn = warning(task.about, present.clinic_name, member.clinic_name) if present and not task.shared else None
    names = TaskDetail.model_fields.keys() - {"assignee", "warning", "may_change", "may_delete"}
    return TaskDetail(
        **{name: getattr(task, name) for name in names},
        assignee=assignee,
        warning=warn,
        may_change=tuple(sorted(may.change)),
        may_delete=may.delete,
    )


async def _emails(web: Services, here: Here) -> dict[str, str]:
    return {each.person: each.email for each in await members_of(web.database, here.clinic)}
