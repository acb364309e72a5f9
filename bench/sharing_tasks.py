"""The task list of somebody who belongs to all clinics of the group, beside as many tasks at one clinic alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.sharing_compare import Side, compare
from bench.table import Line
from pharmacy.tasks.tasks import list_assigned

PERSON = "member:relief"
ASSIGNED, OTHERS, DONE = 200, 2000, 20_000
"""Open tasks of the person over all clinics, of others at each clinic, and of the person long ago, over all."""
TRIES = 200


async def task_lines(engine: AsyncEngine, url: str, group: Sequence[str], alone: str) -> list[Line]:
    """The clinics and their patients exist."""
    await asyncio.to_thread(_fill, url, [group, [alone]])
    shared, single = (Side(PERSON, each, partial(_list, each), [""] * TRIES) for each in (group, [alone]))
    return await compare(engine, f"The task list over {len(group)} clinics, {ASSIGNED} tasks", shared, single)


async def _list(clinics: Sequence[str], connection: AsyncConnection, _: str) -> None:
    found = await list_assigned(connection, PERSON, clinics, clinics[0], ASSIGNED)
    assert len(found) == ASSIGNED, "the list is not full"


def _fill(url: str, sides: Sequence[Sequence[str]]) -> None:
    """Tasks about the clinics' patients; each clinic has as many of others on both sides."""
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        connection.execute(
            "INSERT INTO users (handle, name, email) VALUES (%s, 'Relief', 'relief@mail.test')", [PERSON]
        )
        for clinics in sides:
            for clinic in clinics:
                connection.execute(
                    "INSERT INTO members (clinic, person, handle, role) VALUES (%s, %s, 'relief', 'vet')",
                    [clinic, PERSON],
                )
                share = len(clinics)
                for name, person, count, done in (
                    ("mine", PERSON, ASSIGNED // share, None),
                    ("others", f"member:{clinic}", OTHERS, None),
                    ("past", PERSON, DONE // share, 30),
                ):
                    connection.execute(
                        "INSERT INTO tasks (practice, id, title, assignee, due_on, origin, patient, created_by, state, "
                        "done_at, listed_until) SELECT p.practice, %s || row_number() OVER (), 'Call', %s, "
                        "current_date, p.practice, p.id, %s, CASE WHEN %s::int IS NULL THEN 'open' ELSE 'done' END, "
                        "now() - make_interval(days => %s), "
                        "coalesce(now() - make_interval(days => %s), 'infinity') "
                        "FROM (SELECT practice, id FROM patients WHERE practice = %s LIMIT %s) p",
                        [name, person, person, done, done, done, clinic, count],
                    )
        connection.execute(
            "INSERT INTO task_notes (practice, task, number, by, text) "
            "SELECT practice, id, 0, created_by, 'Before noon.' FROM tasks"
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE tasks, task_notes, members, users")
