"""Many onboardings written straight into the journal: what the console reads, without the time that living takes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from playbooks.registry import PLAYBOOKS

PLAYBOOK = PLAYBOOKS["datapoint"]
LINES, MAILS = 20, 8
"""How many lines of the journal and mails each onboarding has."""
ANIMALS = ("Pet", "Animal", "Veterinary", "Feline", "Equine", "Avian", "Companion")
PLACES = ("Riverside", "Hillcrest", "Lakeview", "Cedar Creek", "North Shore", "Maple Street", "Old Mill", "Prairie")
HOUSES = ("Clinic", "Hospital", "Care", "Center", "Practice", "House")
PEOPLE = tuple(f"colleague-{number}" for number in range(12))
BODY = "<p>This is what a mail says, at some length.</p>" * 40


def fill(url: str, count: int, first: int = 0) -> None:
    """Writes so many onboardings, seven of ten open, each with its lines and mails; then has the planner look."""
    pick = random.Random(first)
    now = datetime.now(UTC)
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        rows = [_row(pick, number, now) for number in range(first, first + count)]
        _copy(connection, "onboardings", rows)
        _copy(connection, "entries", (line for row in rows for line in _lines(row)))
        _copy(connection, "mails", (mail for row in rows for mail in _mails(pick, row)))
        connection.execute("VACUUM ANALYZE")


def _row(pick: random.Random, number: int, now: datetime) -> dict[str, Any]:
    stage = pick.choice(PLAYBOOK.stages[:-1])
    closed = pick.random() < 0.3
    entered = now - timedelta(hours=pick.uniform(1, 400))
    started = entered - timedelta(days=pick.uniform(1, 60))
    due = entered + timedelta(hours=pick.uniform(24, 600)) if stage.target else None
    practice = f"bench-{number}"
    assert stage.waits_on is not None
    return {
        "id": f"datapoint/{practice}",
        "run": f"run-{number}",
        "playbook": "datapoint",
        "practice": practice,
        "practice_name": f"{pick.choice(PLACES)} {pick.choice(ANIMALS)} {pick.choice(HOUSES)} {number}",
        "status": "complete" if closed else pick.choices(("open", "on_hold"), (19, 1))[0],
        "stage": "connected" if closed else stage.name,
        "stage_title": "Connected" if closed else stage.title,
        "waiting_on": None if closed else stage.waits_on,
        "waiting_on_title": None if closed else PLAYBOOK.party(stage.waits_on).title,
        "sla": "none" if closed or due is None else "breached" if due < now else "on_track",
        "assignee": pick.choice(PEOPLE),
        "headline": stage.title,
        "entered_at": entered,
        "due_at": None if closed else due,
        "requested_at": started,
        "started_at": started,
        "closed_at": entered if closed else None,
        "version": LINES,
        "visits": json.dumps([_visit(pick, stage.name, entered) for stage in PLAYBOOK.stages[:-1]]),
        "updated_at": entered,
    }


def _visit(pick: random.Random, stage: str, entered: datetime) -> dict[str, Any]:
    hours = pick.uniform(1, 200)
    left = entered + timedelta(hours=hours)
    times = {"entered_at": entered.isoformat(), "left_at": left.isoformat(), "hours": hours}
    return {"stage": stage, "side": pick.choice(("us", "partner")), **times, "counted": True, "kept": hours < 150}


def _lines(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    facts = [fact.name for fact in PLAYBOOK.facts]
    for number in range(1, LINES + 1):
        at = row["started_at"] + timedelta(hours=number)
        yield {
            "onboarding": row["id"],
            "run": row["run"],
            "number": number,
            "kind": ("fact", "clock", "command")[number % 3],
            "name": facts[number % len(facts)],
            "text": "Something happened, and somebody said so",
            "by": row["assignee"],
            "at": at,
            "recorded_at": at,
            "data": "{}",
        }


def _mails(pick: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(MAILS):
        key = f"{row['id']}/{row['run']}/{number}"
        at = row["started_at"] + timedelta(hours=number)
        yield {
            "key": key,
            "onboarding": row["id"],
            "run": row["run"],
            "kind": PLAYBOOK.mail_kinds[number % len(PLAYBOOK.mail_kinds)],
            "role": "primary_contact",
            "to_name": "Dana Reyes",
            "to_email": f"dana@{row['practice']}.example",
            "subject": "Your practice is in the queue",
            "text": BODY,
            "html": BODY,
            "message_id": f"<{key}@pharmacy.example>",
            "state": pick.choices(("sent", "failed", "bounced"), (196, 3, 1))[0],
            "attempts": 1,
            "created_at": at,
            "sent_at": at,
            "updated_at": at,
        }


def _copy(connection: psycopg.Connection[Any], table: str, rows: Any) -> None:
    copy = None
    with connection.cursor() as cursor:
        for row in rows:
            if copy is None:
                manager = cursor.copy(f"COPY {table} ({', '.join(map(quoted, row))}) FROM STDIN")
                copy = manager.__enter__()
            copy.write_row(list(row.values()))
        if copy is not None:
            manager.__exit__(None, None, None)


def quoted(name: str) -> str:
    return f'"{name}"'
