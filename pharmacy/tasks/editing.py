"""Tasks as a member makes and changes them: their role at the task's clinic decides (RS9)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records.clinic import member_transaction
from pharmacy.records.errors import NoSuchRecord, NotAllowed, RecordsError
from pharmacy.tasks import tasks
from pharmacy.tasks.repeat import InvalidRepeat, check_due, check_repeat
from pharmacy.tasks.rules import Rights, State, refusal, rights
from pharmacy.tasks.switch import switched_off
from pharmacy.tasks.tasks import NextTask, Task
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Key, Line, Text
from store.accounts.members import Member, members_of

Due = Annotated[date, AfterValidator(check_due)]
NewState = Annotated[State, BeforeValidator(lambda given: "done" if given in ("complete", "completed") else given)]
RepeatRule = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class NewTask(Frozen):
    """What is to be done. `assignee` is a member's e-mail address or handle, `repeat` a rule of RFC 5545 by days."""

    title: Line
    assignee: Line | None = None
    due_on: Due | None = None
    notes: Text | None = None
    repeat: RepeatRule | None = None
    client: Key | None = None
    patient: Key | None = None


class TaskChange(Frozen):
    """What changes; `notes` adds a note to those that are there."""

    title: Line | None = None
    state: NewState | None = None
    assignee: Line | None = None
    due_on: Due | None = None
    notes: Text | None = None
    repeat: RepeatRule | None = None
    client: Key | None = None
    patient: Key | None = None


@dataclass(frozen=True)
class Changed:
    """A task after a change. `following` is the ID of the next one, if it was made just now."""

    task: Task
    following: str | None


async def add(engine: AsyncEngine, member: Member, given: NewTask) -> Task:
    """Adds a task of the member's clinic, for the member if nobody else is named. Raises `RecordsError`.

    A task that repeats is due today if no day is given.
    """
    values = given.model_dump()
    values["assignee"] = await _assignee(engine, member, given.assignee)
    async with _at(engine, member) as connection:
        if given.repeat and not given.due_on:
            values["due_on"] = await _today(connection, member.time_zone)
        values["repeat"] = _repeat(given.repeat, values["due_on"])
        id = await tasks.add_task(connection, member.clinic, member.person, values)
        return await tasks.load_task(connection, member.clinic, id)


async def change(
    engine: AsyncEngine,
    member: Member,
    present: str,
    id: str,
    given: TaskChange,
    check: Callable[[Task], None] = lambda _: None,
) -> Changed:
    """Changes a task of the member's clinic for who is signed in to the clinic `present`.

    `check` raises an error if the task as it is now, which nobody else can change meanwhile, is not to be changed.
    Raises `NotAllowed`, `NoSuchRecord`, and `RecordsError` for what cannot be.
    """
    asked = {name: value for name, value in given.model_dump(exclude_unset=True).items() if _is_meant(name, value)}
    if "assignee" in asked:
        asked["assignee"] = await _assignee(engine, member, asked["assignee"])
    if asked.get("repeat") == "":
        asked["repeat"] = None
    await _check_switch(engine, member, present)
    async with _at(engine, member) as connection:
        await tasks.lock_task(connection, member.clinic, id)
        task = await tasks.load_task(connection, member.clinic, id, present)
        check(task)
        changes = {name: value for name, value in asked.items() if value != getattr(task, name)}
        elsewhere = present != member.clinic
        may = rights_to(member, task, elsewhere)
        if "repeat" in changes and may.change and not task.repeatable:
            raise RecordsError(_counts_no_more(await tasks.load_next(connection, task)))
        if why := refusal(may, changes, elsewhere=elsewhere):
            raise NotAllowed(why)
        if changes.get("repeat") and not task.due_on and "due_on" not in changes:
            changes["due_on"] = await _today(connection, member.time_zone)
        if task.repeat and not task.repeatable:
            if "due_on" in changes and changes["due_on"] is None:
                raise RecordsError("A task that repeated keeps the day when it was due: leave it, or give another.")
        elif {"repeat", "due_on"} & set(changes):
            rule, due_on = (changes.get(name, getattr(task, name)) for name in ("repeat", "due_on"))
            changes["repeat"] = _repeat(rule, due_on)
        await tasks.change_task(connection, task, member.person, changes)
        following = None
        if state := changes.get("state"):
            today = await _today(connection, member.time_zone)
            following = await tasks.set_state(connection, task, state, member.person, today)
        return Changed(await tasks.load_task(connection, member.clinic, id, present), following)


async def delete(engine: AsyncEngine, member: Member, present: str, id: str) -> None:
    """Raises `NotAllowed` and `NoSuchRecord`."""
    await _check_switch(engine, member, present)
    async with _at(engine, member) as connection:
        await tasks.lock_task(connection, member.clinic, id)
        task = await tasks.load_task(connection, member.clinic, id)
        if not rights_to(member, task, present != member.clinic).delete:
            raise NotAllowed("Only its creator, an admin or an owner can delete this task.")
        await tasks.delete_task(connection, task)


def rights_to(member: Member, task: Task, elsewhere: bool) -> Rights:
    """Returns what a member of the task's clinic may do with it."""
    assigned, own = task.assignee == member.person, task.created_by == member.person
    may = rights(member.role, assigned=assigned, own=own, elsewhere=elsewhere)
    return may if task.repeatable else replace(may, change=may.change - {"repeat"})


def _counts_no_more(following: NextTask | None) -> str:
    there = f"change it in {following.name}" if following else "add a new task that repeats"
    return f"The repeat of a task that was done counts no longer: {there}."


@asynccontextmanager
async def _at(engine: AsyncEngine, member: Member) -> AsyncIterator[AsyncConnection]:
    async with member_transaction(engine, member.person, member.clinic) as (connection, clinics):
        if not clinics:
            raise NoSuchRecord(f"You may not enter {member.clinic_name} any more.")
        yield connection


async def _check_switch(engine: AsyncEngine, member: Member, present: str) -> None:
    if present != member.clinic and await switched_off(engine, [present, member.clinic]):
        raise NotAllowed("Task sharing is turned off for these clinics: switch to the task's clinic.")


async def _assignee(engine: AsyncEngine, member: Member, named: str | None) -> str:
    if named is None:
        return member.person
    for each in await members_of(engine, member.clinic):
        if each.active and named.lower() in (each.email.lower(), each.handle):
            return each.person
    raise RecordsError(f"Nobody called {named[:80]} belongs to this clinic: name a member by e-mail address or handle.")


def _repeat(rule: str | None, due_on: date | None) -> str | None:
    if not rule:
        return None
    if due_on is None:
        raise RecordsError("A task that repeats has a day when it is due: give one, or end the repeat too.")
    try:
        return check_repeat(rule, due_on)
    except InvalidRepeat as problem:
        raise RecordsError(str(problem)) from None


def _is_meant(name: str, value: Any) -> bool:
    """A null clears what may be without value, and changes nothing else."""
    return value is not None or name in ("due_on", "repeat", "client", "patient")


async def _today(connection: AsyncConnection, zone: str) -> date:
    found: date = await connection.scalar(text("SELECT (now() AT TIME ZONE :zone)::date"), {"zone": zone})
    return found
