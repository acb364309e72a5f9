"""Reads off the facts of an onboarding, or the lines of its journal, what becomes of the pairs of clinics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.sharing.shares import Progress, follow
from pharmacy.sharing.tables import ShareState
from playbooks.engine.facts import FactKey, current_reports
from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Entry, Onboarding
from playbooks.engine.stages import position_of
from playbooks.record_sharing import RECORD_SHARING
from store.journal import journal

Reports = Mapping[FactKey, Mapping[str, Any]]


def progress_of(onboarding: Onboarding) -> Progress:
    position = position_of(RECORD_SHARING, onboarding)
    reports = {key: fact.data for key, fact in current_reports(onboarding).items()}
    stage, outcome = position.stage.name, position.outcome
    return _progress(onboarding.id, onboarding.run, onboarding.version, reports, stage, outcome)


async def follow_journal(engine: AsyncEngine, row: Row) -> None:
    """Brings the pairs to where the journal's row says that the onboarding is. Idempotent."""
    reports = _reports(await journal.lines(engine, row.id, row.run))
    outcome = None if row.status in ("open", "on_hold") else row.status
    async with engine.begin() as connection:
        await follow(connection, _progress(row.id, row.run, row.version, reports, row.stage, outcome))


def _reports(lines: Iterable[Entry]) -> Reports:
    reports: dict[FactKey, Mapping[str, Any]] = {}
    for line in lines:
        if line.kind == "fact":
            reports[line.name, RECORD_SHARING.fact(line.name).key_of(line.data)] = line.data
        elif (line.kind, line.name) == ("command", "retract"):
            name, of = line.data["fact"], line.data.get("of")
            reports = {key: data for key, data in reports.items() if key[0] != name or of not in (None, key[1])}
    return reports


def _progress(id: str, run: str, version: int, reports: Reports, stage: str, outcome: str | None) -> Progress:
    requested = reports.get(("requested", None), {})
    state: ShareState | None = "requested"
    if outcome is not None:
        state = "enabled" if outcome == "complete" else None
    elif stage == "cooling_off":
        state = "cooling_off"
    elif any(name == "confirmed" for name, _ in reports):
        state = "confirmed"
    return Progress(id, run, version, tuple(requested.get("clinics", ())), state)
