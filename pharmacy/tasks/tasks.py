"""Tasks in the database. All of it runs in a `member_transaction`: PostgreSQL decides which tasks there are (RS9)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    FromClause,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.tables import clients, patients
from pharmacy.sharing.clients import client_row
from pharmacy.sharing.ids import shown_id
from pharmacy.sharing.patients import patient_row
from pharmacy.tasks.repeat import next_due
from pharmacy.tasks.rules import State
from pharmacy.tasks.tables import task_notes, tasks

DONE_FOR = timedelta(days=7)
"""A list has what was done for so long, so that it can be opened again."""
_SERIES = ("title", "origin", "client", "patient", "created_by")
_KEPT = ("practice", "assignee", *_SERIES)
_REPEATED = (*_KEPT, "id", "due_on", "repeat", "repeated")


@dataclass(frozen=True)
class Task:
    """A task; `client` and `patient` are IDs at its clinic. `notes` is what was said last.

    `shared`: whether the clinic that is signed in to sees the client or patient.
    `repeated`: the next one was made of it.
    """

    id: str
    clinic: str
    title: str
    state: State
    assignee: str
    due_on: date | None
    repeat: str | None
    client: str | None
    client_name: str | None
    patient: str | None
    patient_name: str | None
    created_by: str
    created_at: datetime
    done_at: datetime | None
    notes: str | None
    shared: bool
    repeated: bool

    @property
    def about(self) -> str | None:
        """Whom it is about, by name."""
        if self.patient:
            return self.patient_name or f"Patient {self.patient}"
        return (self.client_name or f"Client {self.client}") if self.client else None

    @property
    def repeatable(self) -> bool:
        """Whether a repeat of it counts: it is not done, and no next one was made of it."""
        return self.state != "done" and not self.repeated


@dataclass(frozen=True)
class NextTask:
    """The open task of a series that repeats."""

    id: str
    due_on: date

    @property
    def name(self) -> str:
        """As in "the next one, due 7 Dec 2026"."""
        return f"the next one, due {self.due_on.day} {self.due_on:%b %Y}"


@dataclass(frozen=True)
class Note:
    at: datetime
    by: str
    text: str


async def list_assigned(
    connection: AsyncConnection, person: str, clinics: Collection[str], present: str | None, limit: int, offset: int = 0
) -> list[Task]:
    """Returns what is assigned to a person at these clinics: by day, what is done last."""
    given = {"clinics": list(clinics), "person": person, "present": present, "limit": limit, "offset": offset}
    return [_task(row) for row in (await connection.execute(_page(of_person=True), given)).mappings()]


async def list_of_clinic(connection: AsyncConnection, clinic: str, limit: int, offset: int = 0) -> list[Task]:
    """Returns everybody's tasks at a clinic."""
    given = {"clinics": [clinic], "present": clinic, "limit": limit, "offset": offset}
    return [_task(row) for row in (await connection.execute(_page(of_person=False), given)).mappings()]


async def load_task(connection: AsyncConnection, clinic: str, id: str, present: str | None = None) -> Task:
    """Raises `NoSuchRecord`, also for a task of a clinic that the person may not enter."""
    query = _select().where(tasks.c.practice == clinic, tasks.c.id == id)
    row = (await connection.execute(query, {"present": present or clinic})).mappings().first()
    if row is None:
        raise NoSuchRecord(f"There is no task {id[:64]} at this clinic.")
    return _task(row)


async def load_next(connection: AsyncConnection, task: Task) -> NextTask | None:
    """Returns the open task that follows one by its repeat: of the same name, creator and patient, and due after it."""
    this = tasks.alias("this")
    same = (tasks.c[name].is_not_distinct_from(this.c[name]) for name in _SERIES)
    query = (
        select(tasks.c.id, tasks.c.due_on)
        .select_from(this.join(tasks, and_(tasks.c.practice == this.c.practice, *same)))
        .where(this.c.practice == task.clinic, this.c.id == task.id, this.c.repeated, tasks.c.due_on > this.c.due_on)
        .where(tasks.c.state != "done", tasks.c.listed_until > func.now())
        .order_by(tasks.c.due_on)
    )
    row = (await connection.execute(query)).mappings().first()
    return NextTask(**row) if row else None


async def load_notes(connection: AsyncConnection, clinic: str, id: str) -> list[Note]:
    """Returns what was said about a task, the oldest first."""
    mine = task_notes.c.practice == clinic, task_notes.c.task == id
    query = select(*(task_notes.c[field.name] for field in fields(Note))).where(*mine).order_by(task_notes.c.number)
    return [Note(**row) for row in (await connection.execute(query)).mappings()]


async def add_task(connection: AsyncConnection, clinic: str, by: str, values: Mapping[str, Any]) -> str:
    """Adds a task of this clinic and returns its ID. Raises `NoSuchRecord` for an unknown client or patient."""
    id = secrets.token_hex(6)
    given = {name: value for name, value in values.items() if name not in ("notes", "client", "patient")}
    given |= await _about(connection, clinic, values.get("client"), values.get("patient"))
    await connection.execute(insert(tasks).values(practice=clinic, id=id, created_by=by, **given))
    if values.get("notes"):
        await _note(connection, clinic, id, 0, by, values["notes"])
    return id


async def change_task(connection: AsyncConnection, task: Task, by: str, changes: Mapping[str, Any]) -> None:
    """Changes fields of a task, and adds `notes` to those that are there."""
    given = {name: value for name, value in changes.items() if name not in ("notes", "client", "patient", "state")}
    if {"client", "patient"} & set(changes):
        about = {name: changes.get(name, getattr(task, name)) for name in ("client", "patient")}
        given |= await _about(connection, task.clinic, **about)
    if given:
        await connection.execute(update(tasks).where(*_is(task)).values(**given))
    if changes.get("notes"):
        number = select(func.coalesce(func.max(task_notes.c.number), 0) + 1)
        number = number.where(task_notes.c.practice == task.clinic, task_notes.c.task == task.id)
        await _note(connection, task.clinic, task.id, number.scalar_subquery(), by, changes["notes"])


async def set_state(connection: AsyncConnection, task: Task, state: State, by: str, today: date) -> str | None:
    """Marks a task. The first time that it is done, the next one is made of it; returns that one's ID."""
    done: dict[str, Any] = {"done_by": None, "done_at": None, "listed_until": text("'infinity'")}
    if state == "done":
        done = {"done_by": by, "done_at": func.now(), "listed_until": func.now() + DONE_FOR}
    changed = update(tasks).where(*_is(task), tasks.c.state != state).values(state=state, **done)
    row = (await connection.execute(changed.returning(*(tasks.c[name] for name in _REPEATED)))).mappings().first()
    if row is None or state != "done" or row["repeated"] or not row["repeat"]:
        return None
    await connection.execute(update(tasks).where(*_is(task)).values(repeated=True))
    following = next_due(row["repeat"], row["due_on"], today)
    return await _follow(connection, row, *following) if following else None


async def delete_task(connection: AsyncConnection, task: Task) -> None:
    await connection.execute(delete(tasks).where(*_is(task)))


async def lock_task(connection: AsyncConnection, clinic: str, id: str) -> None:
    """Keeps other changes of the task waiting until the end of the transaction, so that each begins with the last."""
    this = tasks.c.practice == clinic, tasks.c.id == id
    await connection.execute(select(tasks.c.id).where(*this).with_for_update())


async def _follow(connection: AsyncConnection, row: RowMapping, due_on: date, repeat: str) -> str:
    id = secrets.token_hex(6)
    values = {name: row[name] for name in _KEPT} | {"id": id, "due_on": due_on, "repeat": repeat}
    await connection.execute(insert(tasks).values(**values))
    names = [task_notes.c[name] for name in ("practice", "number", "at", "by", "text")]
    first = task_notes.c.practice == row["practice"], task_notes.c.task == row["id"], task_notes.c.number == 0
    copied = select(*names, literal(id)).where(*first)
    await connection.execute(insert(task_notes).from_select([*names, task_notes.c.task], copied))
    return id


async def _note(connection: AsyncConnection, clinic: str, task: str, number: Any, by: str, said: str) -> None:
    values = {"practice": clinic, "task": task, "number": number, "by": by, "text": said}
    await connection.execute(insert(task_notes).values(values))


async def _about(
    connection: AsyncConnection, clinic: str, client: str | None, patient: str | None
) -> dict[str, str | None]:
    """Returns the columns for a client and patient whom the clinic knows by these IDs."""
    if patient:
        pet = await patient_row(connection, clinic, patient)
        if client:
            owner = await client_row(connection, clinic, client)
            of_pet = await client_row(connection, clinic, shown_id(clinic, pet["practice"], pet["client"]))
            if (owner["practice"], owner["id"]) != (of_pet["practice"], of_pet["id"]):
                raise NoSuchRecord(f"Client {client[:64]} has no patient {patient[:64]}.")
        return {"origin": pet["practice"], "client": pet["client"] if client else None, "patient": pet["id"]}
    if client:
        owner = await client_row(connection, clinic, client)
        return {"origin": owner["practice"], "client": owner["id"], "patient": None}
    return {"origin": None, "client": None, "patient": None}


def _is(task: Task) -> tuple[Any, Any]:
    return tasks.c.practice == task.clinic, tasks.c.id == task.id


@cache
def _page(*, of_person: bool) -> Select[Any]:
    """Selects a page of what is listed at some clinics. Kept, since building it takes longer than the answer."""

    def order(of: Any) -> list[Any]:
        return [of.done_at.is_not(None), of.due_on.asc().nulls_last(), of.practice, of.id]

    which = [tasks.c.practice == func.any(bindparam("clinics", type_=ARRAY(Text))), tasks.c.listed_until > func.now()]
    if of_person:
        which.append(tasks.c.assignee == bindparam("person"))
    # Of the few rows of a page alone the patients are looked up, each by its key.
    page = (
        select(tasks)
        .where(*which)
        .order_by(*order(tasks.c))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .subquery("tasks")
    )
    return _select(page).order_by(*order(page.c))


def _select(tasks: FromClause = tasks) -> Select[Any]:
    """Selects tasks as somebody reads them who is signed in to the clinic `present`, if any."""
    present = bindparam("present", type_=Text)
    circle, each = func.coalesce(patients.c.circle, clients.c.circle), func.unnest(func.own_circles()).column_valued()
    # Once for the whole list, not for each task.
    seen = select(func.array_agg(each)).where(present == func.any(func.members_of(each))).scalar_subquery()
    shared = or_(circle.is_(None), present.is_(None), func.coalesce(circle == func.any(cast(seen, ARRAY(Text))), False))
    last = select(task_notes.c.text).where(task_notes.c.practice == tasks.c.practice, task_notes.c.task == tasks.c.id)
    names = ("id", "title", "state", "assignee", "due_on", "repeat", "created_by", "created_at", "done_at", "repeated")
    of_patient = and_(patients.c.practice == tasks.c.origin, patients.c.id == tasks.c.patient)
    # Not coalesce(), which a row policy lets use no index.
    client = case((tasks.c.client.is_(None), patients.c.client), else_=tasks.c.client)
    of_client = and_(clients.c.practice == tasks.c.origin, clients.c.id == client)
    return (
        select(
            *(tasks.c[name] for name in names),
            tasks.c.practice.label("clinic"),
            tasks.c.origin,
            client.label("client"),
            tasks.c.patient,
            func.nullif(func.concat_ws(" ", clients.c.given_name, clients.c.surname), "").label("client_name"),
            patients.c.name.label("patient_name"),
            last.order_by(task_notes.c.number.desc()).limit(1).scalar_subquery().label("notes"),
            shared.label("shared"),
        )
        .select_from(tasks)
        .outerjoin(patients, of_patient)
        .outerjoin(clients, of_client)
    )


def _task(row: RowMapping) -> Task:
    values = {**row}
    origin = values.pop("origin")
    for name in ("client", "patient"):
        values[name] = shown_id(row["clinic"], origin, row[name]) if row[name] else None
    return Task(**values)


async def erase(connection: AsyncConnection, practice: str) -> None:
    await connection.execute(delete(tasks).where(tasks.c.practice == practice))
