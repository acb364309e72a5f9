"""The task list of somebody who belongs to all clinics of the group, beside as many tasks at one clinic alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.table import Line
from pharmacy.records.clinic import member_transaction
from pharmacy.tasks.tasks import list_assigned

PERSON = "member:relief"
ASSIGNED, OTHERS, DONE = 200, 2000, 20_000
"""Open tasks of the person over all clinics, of others at each clinic, and of the person long ago, over all."""
TRIES = 200
GOAL, RATIO = 100, 1.5
BIG = ("clients", "patients", "tasks", "task_notes")


async def task_lines(engine: AsyncEngine, url: str, group: Sequence[str], alone: str) -> list[Line]:
    """Measures both in turns, so that the machine is the same for both. The clinics and their patients exist."""
    await asyncio.to_thread(_fill, url, [group, [alone]])
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(TRIES):
        for each, clinics in zip(took, (group, [alone]), strict=True):
            start = time.perf_counter()
            await _list(engine, clinics)
            each.append((time.perf_counter() - start) * 1000)
    shared, single = (sorted(each)[TRIES * 95 // 100] for each in took)
    ratio, scans = shared / single, await _list(engine, group)
    what = f"The task list over {len(group)} clinics, {ASSIGNED} tasks (p95)"
    return [
        Line(what, f"{shared:.1f} ms", f"under {GOAL} ms", shared < GOAL),
        Line("... in times of the same at one clinic", f"{ratio:.2f}", f"at most {RATIO}", ratio <= RATIO),
        Line("... reads of a whole table that grows", str(scans), "none", scans == 0),
    ]


async def _list(engine: AsyncEngine, clinics: Sequence[str]) -> int:
    """Asks as the page does; returns how often a table that grows was read from its beginning to its end."""
    query = text("SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname = ANY (:big)")
    async with member_transaction(engine, PERSON, *clinics) as (connection, entered):
        found = await list_assigned(connection, PERSON, entered, clinics[0], ASSIGNED)
        assert len(found) == ASSIGNED, "the list is not full"
        return int(await connection.scalar(query, {"big": list(BIG)}) or 0)


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
