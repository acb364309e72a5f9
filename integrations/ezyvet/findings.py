"""What reconciliation found at each practice, and how far its run is. Only reconciliation and people's decisions write.

A run is resumed where it was interrupted: what a batch found is stored together with the batch's end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from integrations.ezyvet.reconciliation_tables import Decision, FindingKind, findings, runs
from store.columns import storable
from store.database import at_once

RESUMED = timedelta(hours=12)
"""A run that was interrupted longer ago begins anew."""
ABOUT_PRESCRIPTIONS: tuple[FindingKind, ...] = ("missing", "twice", "changed", "unreadable", "repaired")
TO_DECIDE: tuple[FindingKind, ...] = ("missing", "changed")
"""What a person decides about by `ours` or `theirs`."""


@dataclass(frozen=True)
class Found:
    """What differs, in a sentence, and what to do about it. `subject` is a prescription, a vet or a patient."""

    kind: FindingKind
    subject: str
    text: str
    todo: str = ""


@dataclass(frozen=True)
class Finding(Found):
    """One on record, `since` when."""

    practice: str = ""
    since: datetime | None = None
    decision: Decision | None = None
    decided_by: str | None = None


@dataclass(frozen=True)
class Run:
    """The last run of a practice, or the one under way. Of the `compared` prescriptions so many `agreed`."""

    practice: str
    started_at: datetime
    finished_at: datetime | None
    position: str
    compared: int
    agreed: int
    problem: str | None


async def begin(engine: AsyncEngine, practice: str) -> Run:
    """Begins a run, or returns the one that was interrupted."""
    new = {"started_at": func.clock_timestamp(), "finished_at": None, "position": "", "compared": 0, "agreed": 0}
    old = or_(runs.c.finished_at.is_not(None), runs.c.started_at < func.clock_timestamp() - RESUMED)
    begun = insert(runs).values(practice=practice, problem=None, **new)
    begun = begun.on_conflict_do_update(index_elements=["practice"], set_={**new, "problem": None}, where=old)
    async with engine.begin() as connection:
        await connection.execute(begun)
        return await _run(connection, practice)


async def record(
    engine: AsyncEngine, run: Run, found: Collection[Found], about: Collection[str] = (), agreed: int = 0
) -> None:
    """Stores what was found about these prescriptions, all that there is, and about vets and patients.

    The run goes on behind the last of them.
    """
    of_practice = findings.c.practice == run.practice
    async with engine.begin() as connection:
        if about:
            stale = delete(findings).where(of_practice, findings.c.kind.in_(ABOUT_PRESCRIPTIONS))
            kept = [each.subject for each in found if each.kind in TO_DECIDE]
            stale = stale.where(findings.c.subject.in_(about))
            await connection.execute(
                stale.where(or_(findings.c.kind.not_in(TO_DECIDE), findings.c.subject.not_in(kept)))
            )
            counts = {"compared": runs.c.compared + len(about), "agreed": runs.c.agreed + agreed}
            mine = runs.c.practice == run.practice, runs.c.started_at == run.started_at, runs.c.finished_at.is_(None)
            await connection.execute(update(runs).where(*mine).values(position=max(about), **counts))
        # One more for a patient or vet that several batches name.
        unique = {(each.kind, each.subject): each for each in found}
        if unique:
            statement = insert(findings).values(
                [
                    {
                        "practice": run.practice,
                        "kind": each.kind,
                        "subject": each.subject,
                        "text": storable(each.text),
                        "todo": each.todo,
                        "run_at": run.started_at,
                    }
                    for each in unique.values()
                ]
            )
            new, same = statement.excluded, findings.c.text == statement.excluded.text
            changes = {
                "text": new.text,
                "todo": new.todo,
                "run_at": new.run_at,
                "since": case((same, findings.c.since), else_=func.now()),
                "decision": case((same, findings.c.decision)),
                "decided_by": case((same, findings.c.decided_by)),
            }
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["practice", "kind", "subject"], set_=changes)
            )


async def finish(engine: AsyncEngine, run: Run) -> Run:
    """Ends a run: what it did not find any more is solved."""
    mine = runs.c.practice == run.practice, runs.c.started_at == run.started_at
    async with engine.begin() as connection:
        await connection.execute(
            delete(findings).where(findings.c.practice == run.practice, findings.c.run_at < run.started_at)
        )
        await connection.execute(update(runs).where(*mine).values(finished_at=func.clock_timestamp()))
        return await _run(connection, run.practice)


async def fail(engine: AsyncEngine, practice: str, problem: str) -> Run:
    """Ends a run that cannot go on; what was found before stays."""
    failed = {"finished_at": func.clock_timestamp(), "problem": storable(problem)}
    begun = insert(runs).values(practice=practice, started_at=func.clock_timestamp(), position="", **failed)
    async with engine.begin() as connection:
        await connection.execute(begun.on_conflict_do_update(index_elements=["practice"], set_=failed))
        return await _run(connection, practice)


async def list_runs(engine: AsyncEngine, practice: str | None = None) -> list[Run]:
    """Returns the last runs, by practice."""
    query = select(runs).order_by(runs.c.practice)
    query = query if practice is None else query.where(runs.c.practice == practice)
    async with at_once(engine) as connection:
        return [Run(**row) for row in (await connection.execute(query)).mappings()]


async def list_findings(engine: AsyncEngine, practice: str | None = None) -> list[Finding]:
    """Returns what was found and nobody has left as it is there; what was repaired comes last."""
    query = select(findings).where(findings.c.decision.is_distinct_from("theirs"))
    query = query if practice is None else query.where(findings.c.practice == practice)
    query = query.order_by(findings.c.kind == "repaired", findings.c.practice, findings.c.kind, findings.c.subject)
    async with at_once(engine) as connection:
        return [_finding(row) for row in (await connection.execute(query)).mappings()]


async def decisions(engine: AsyncEngine, practice: str, subjects: Collection[str]) -> dict[str, Finding]:
    """Returns the findings about these prescriptions of which a person has decided, by prescription."""
    query = select(findings).where(
        findings.c.practice == practice, findings.c.subject.in_(subjects), findings.c.decision.is_not(None)
    )
    async with at_once(engine) as connection:
        return {row["subject"]: _finding(row) for row in (await connection.execute(query)).mappings()}


async def decide(engine: AsyncEngine, practice: str, prescription: str, decision: Decision, by: str) -> bool:
    """Stores what a person decides about a prescription that differs; False if none does."""
    mine = findings.c.practice == practice, findings.c.subject == prescription, findings.c.kind.in_(TO_DECIDE)
    decided = update(findings).where(*mine).values(decision=decision, decided_by=by)
    async with at_once(engine) as connection:
        return (await connection.execute(decided)).rowcount > 0


async def _run(connection: AsyncConnection, practice: str) -> Run:
    return Run(**(await connection.execute(select(runs).where(runs.c.practice == practice))).mappings().one())


def _finding(row: object) -> Finding:
    return Finding(**{name: value for name, value in dict(row).items() if name != "run_at"})  # type: ignore[call-overload]
