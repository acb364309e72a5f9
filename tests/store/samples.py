"""Rows, lines and letters to store, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Entry
from store.mail.rows import Letter

MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def row(practice: str = "riverside-vet", run: str = "run-1", version: int = 1, **values: Any) -> Row:
    playbook = values.get("playbook", "datapoint")
    given: dict[str, Any] = {
        "id": f"{playbook}/{practice}",
        "run": run,
        "playbook": playbook,
        "practice": practice,
        "practice_name": practice.replace("-", " ").title(),
        "status": "open",
        "stage": "queue_entry",
        "stage_title": "Queue entry",
        "waiting_on": "team",
        "waiting_on_title": "the onboarding team",
        "sla": "on_track",
        "headline": "Queue entry · waiting on the onboarding team",
        "entered_at": MONDAY,
        "requested_at": MONDAY,
        "started_at": MONDAY,
        "due_at": MONDAY + timedelta(days=1),
        "version": version,
        **dict.fromkeys(("assignee", "next_what", "next_at", "closed_at")),
    }
    return Row(**given | values)


def line(number: int = 1, **values: Any) -> Entry:
    given: dict[str, Any] = {
        "number": number,
        "kind": "fact",
        "name": "queued",
        "text": "The practice is in the queue",
        "by": "ann",
        "at": MONDAY,
        "recorded_at": MONDAY + timedelta(seconds=1),
    }
    return Entry(**given | values)


def letter(key: str = "datapoint/riverside-vet/run-1/queue_confirmation", **values: Any) -> Letter:
    given: dict[str, Any] = {
        "key": key,
        "onboarding": "datapoint/riverside-vet",
        "run": "run-1",
        "kind": "queue_confirmation",
        "role": "primary_contact",
        "stage": None,
        "to_name": "Dana Reyes",
        "to_email": "dana@riverside.test",
        "subject": "You are in the queue",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "message_id": f"<{key}@pharmacy.test>",
        "created_at": MONDAY,
    }
    return Letter(**given | values)


def visit(stage: str, hours: float | None, **values: Any) -> dict[str, Any]:
    given = {
        "stage": stage,
        "side": "us",
        "entered_at": MONDAY.isoformat(),
        "left_at": None if hours is None else (MONDAY + timedelta(hours=hours)).isoformat(),
        "counted": True,
        "kept": None,
    }
    return given | values
