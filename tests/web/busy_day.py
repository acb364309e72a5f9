"""A busy Tuesday of an onboarding team, in a database: what the console's pages look like when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.datapoint import DATAPOINT
from playbooks.engine.listed import Row
from playbooks.engine.practice_commands import PRACTICE_SAID
from store.inbox.inbox import Arrival
from store.inbox.inbox import store as store_events
from store.journal.journal import publish
from tests.store.samples import letter, line, row
from tests.web.browser import Browser

STAGES = {stage.name: stage for stage in DATAPOINT.stages}
PARTIES = {party.name: party for party in DATAPOINT.parties}

OPEN: tuple[tuple[str, str, str, float, float | None, str], ...] = (
    # name, stage, assignee, hours in the stage, hours until it is due, how its deadline stands
    ("Riverside Veterinary Clinic", "queue_entry", "ana", 31, -7, "breached"),
    ("Bayou Cat Hospital", "queue_entry", "bo", 5, 19, "on_track"),
    ("Summit Equine Partners", "queue_entry", "ana", 21, 3, "due_soon"),
    ("Cedar Creek Animal Hospital", "invitation", "ana", 77, -29, "breached"),
    ("North Shore Pet Care", "invitation", "sam", 50, -2, "breached"),
    ("Lakeside Pets", "invitation", "sam", 40, 8, "due_soon"),
    ("Old Mill Veterinary Group", "invitation", "bo", 12, 36, "on_track"),
    ("Hilltop Animal Clinic", "registration", "sam", 220, None, "none"),
    ("Pine Street Vets", "registration", "ana", 96, None, "none"),
    ("Harbor Animal Hospital", "registration", "bo", 30, None, "none"),
    ("Maple Street Veterinary", "installation_contact", "ana", 60, -36, "breached"),
    ("Willow Bend Vets", "installation_contact", "bo", 10, 14, "on_track"),
    ("Stone Bridge Animal Care", "agent_installation", "sam", 140, None, "none"),
    ("Prairie View Veterinary", "agent_installation", "", 26, None, "none"),
    ("Silver Lake Animal Hospital", "initial_import", "ana", 90, 78, "on_track"),
    ("Twin Oaks Pet Clinic", "initial_import", "bo", 30, 306, "on_track"),
)
DAYS_TAKEN = (9, 11, 12, 12, 13, 14, 14, 15, 16, 16, 17, 18, 19, 21, 23, 24, 27, 31, 38, 52)
"""From request to connected, of those that are done."""


MAIL = """From: Example Pharmacy <support@pharmacy.test>
To: Dana Reyes <dana@riverside.test>
Subject: Riverside Veterinary Clinic is in DataPoint's queue {number}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=part

--part
Content-Type: text/plain; charset=utf-8

Hello Dana. See http://console.test/p/secret for where you stand.
--part
Content-Type: text/html; charset=utf-8

<html><head><title>Queue</title></head><body><p>Hello Dana.</p><script>document.title = "run"</script>
<img src="http://elsewhere.test/pixel.png" alt=""><a href="http://console.test/p/secret">See</a></body></html>
--part--
"""


@dataclass(frozen=True)
class Busy:
    """The console of that day; `manager` is Ana."""

    address: str
    database: AsyncEngine
    manager: Browser
    viewer: Browser


def keep_mails(mailbox: Path, count: int = 53) -> None:
    """Lays mails into a Maildir, a minute after each other."""
    (mailbox / "new").mkdir(parents=True)
    for number in range(count):
        name = f"{1_767_600_000 + 60 * number}.M{number}P1.here"
        (mailbox / "new" / name).write_text(MAIL.replace("{number}", str(number)))


def slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def one(name: str, stage: str, now: datetime, **values: Any) -> Row:
    """An open onboarding in a stage."""
    at = STAGES[stage]
    party = PARTIES[at.waits_on] if at.waits_on else None
    given = {
        "practice_name": name,
        "stage": stage,
        "stage_title": at.title,
        "waiting_on": at.waits_on,
        "waiting_on_title": party.title if party else None,
        "headline": f"{at.title} · waiting on {party.title}" if party else at.title,
        "due_at": None,
        "entered_at": now,
        "requested_at": now,
        "started_at": now,
    }
    return row(slug(name), **given | values)


def visits_of(begin: datetime, days: float, late: bool) -> list[dict[str, Any]]:
    """The stages of one that is done, in fixed parts of its days."""
    parts = {
        "queue_entry": 0.05,
        "invitation": 0.15,
        "registration": 0.3,
        "installation_contact": 0.05,
        "agent_installation": 0.2,
        "initial_import": 0.25,
    }
    found, at = [], begin
    for name, part in parts.items():
        stage, left = STAGES[name], at + timedelta(days=days * part)
        assert stage.waits_on is not None
        side = PARTIES[stage.waits_on].side.value
        kept = None if stage.target is None else not (late and side == "partner")
        times = {"entered_at": at.isoformat(), "left_at": left.isoformat()}
        found.append({"stage": name, "side": side, **times, "counted": True, "kept": kept})
        at = left
    return found


async def fill(database: AsyncEngine, now: datetime | None = None) -> None:
    """Everything: open ones, one on hold, finished ones, mails that did not arrive, a call, an anomaly, an event."""
    now = now or datetime.now(UTC)
    for name, stage, assignee, since, due, sla in OPEN:
        entered = now - timedelta(hours=since)
        values: dict[str, Any] = {"entered_at": entered, "requested_at": entered, "started_at": entered, "sla": sla}
        values["due_at"] = None if due is None else now + timedelta(hours=due)
        await publish(database, one(name, stage, now, assignee=assignee or None, **values), [], [])
    held = {"status": "on_hold", "sla": "paused", "assignee": "sam", "due_at": now + timedelta(days=9)}
    await publish(database, one("Meadow Ridge Vets", "registration", now - timedelta(days=6), **held), [], [])
    for number, days in enumerate(DAYS_TAKEN):
        closed = now - timedelta(days=number * 4)
        begin = closed - timedelta(days=days)
        done = {"status": "complete", "sla": "none", "closed_at": closed, "requested_at": begin, "started_at": begin}
        visits = visits_of(begin, days, late=number % 4 == 0)
        await publish(database, one(f"Connected Clinic {number}", "connected", closed, visits=visits, **done), [], [])
    gone = {"status": "withdrawn", "sla": "none", "closed_at": now, "started_at": now - timedelta(days=3)}
    await publish(database, one("Gone Elsewhere Vets", "queue_entry", now, **gone), [], [])
    await _troubles(database, now)


async def _troubles(database: AsyncEngine, now: datetime) -> None:
    async def add(name: str, stage: str, lines: list[Any], letters: list[dict[str, Any]]) -> None:
        written = [
            letter(f"datapoint/{slug(name)}/run-1/{number}", onboarding=f"datapoint/{slug(name)}", **each)
            for number, each in enumerate(letters)
        ]
        since = now - timedelta(hours=20)
        values = {"entered_at": since, "requested_at": since, "started_at": since, "assignee": "ana"}
        await publish(database, one(name, stage, now, sla="on_track", **values), lines, written)

    lost = {"state": "failed", "error": "550 5.1.1 No such mailbox here", "to_email": "jo@brook.example"}
    await add("Brook Lane Vets", "invitation", [], [{**lost, "created_at": now - timedelta(hours=3)}])
    doubt = {"state": "unknown", "error": "The mail server went away while it took the mail.", "kind": "import_begun"}
    await add("Fern Hill Pets", "initial_import", [], [{**doubt, "created_at": now - timedelta(hours=9)}])
    to_us = {"role": "team", "to_email": "team@pharmacy.test", "state": "sent"}
    data = line(1, name="data_received", text="Recorded: data received.", by="datapoint", at=now, recorded_at=now)
    without = {**to_us, "kind": "data_without_eula", "created_at": now - timedelta(hours=2)}
    await add("Granite Falls Vets", "registration", [data], [without])
    said = line(
        1,
        kind="command",
        name="tell",
        text="asks for help",
        why="Our server is being replaced next week. Could somebody call me?",
        by="Jo Bell (primary contact)",
        at=now,
        recorded_at=now,
    )
    call = {**to_us, "role": "assignee", "kind": PRACTICE_SAID, "created_at": now - timedelta(minutes=40)}
    await add("Orchard Park Animal Hospital", "agent_installation", [said], [call])
    stray = Arrival("datapoint", "evt_1", "agent.upgraded", {}, state="kept", error="'agent.upgraded' is not known.")
    await store_events(database, [stray])
