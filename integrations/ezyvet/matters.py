"""What needs a person at practices' ezyVet: sites without access, prescriptions that are stuck, and what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.findings import Finding, list_findings, list_runs
from integrations.ezyvet.sites import Site, list_sites
from integrations.model import Matter
from pharmacy.prescriptions import attention, register
from playbooks.plural import count_of


async def matters(engine: AsyncEngine, of: str | None = None) -> list[Matter]:
    """Returns those of all practices, or of one."""
    sites = [each for each in await list_sites(engine) if of in (None, each.practice)]
    closed = [each for each in sites if each.state == "revoked"]
    found = []
    for site in closed:
        text = f"Its ezyVet does not give us access, and prescriptions wait: {site.reason or 'nobody knows why.'}"
        found.append(_access(site, "No access", text, "Ask the practice for access, or for new credentials."))
    for site in sites:
        # A reason without credentials: the practice has left.
        left = site.state == "no_credentials" and site.reason
        if left and (waiting := await register.waiting(engine, site.practice)):
            many = count_of(len(waiting), "waiting prescription")
            text = f"Its ezyVet is no longer connected, with {many}: {site.reason}"
            found.append(_access(site, "No longer connected", text, "Connect it again, or cancel the prescriptions."))
    for stuck in await attention.stuck(engine, of):
        many = count_of(stuck.count, "prescription")
        found.append(
            Matter(
                kind="stuck",
                practice=stuck.practice,
                why=f"{many} stuck",
                tone="bad",
                text=f"{many} cannot be sent to its ezyVet without a person.",
                todo="See why, and settle each.",
                action="See them",
                since=stuck.since,
            )
        )
    revoked = {site.practice for site in closed}
    return [*found, *await _differences(engine, of, revoked), *await _to_look_at(engine, of)]


def _access(site: Site, why: str, text: str, todo: str) -> Matter:
    return Matter(
        kind="access",
        practice=site.practice,
        why=why,
        tone="bad",
        text=text,
        todo=todo,
        action="To its ezyVet",
        since=site.since,
    )


async def _differences(engine: AsyncEngine, of: str | None, revoked: Collection[str]) -> list[Matter]:
    """Returns one for each kind of what the last comparison found, and for a comparison that failed."""
    grouped: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for each in await list_findings(engine, of):
        if each.kind != "repaired":
            grouped[each.practice, each.todo].append(each)
    matters = []
    for (practice, todo), group in grouped.items():
        more = f" And {len(group) - 1:,} more like this." if len(group) > 1 else ""
        since = min(each.since for each in group if each.since)
        matters.append(_difference(practice, f"{group[0].text}{more}", todo, since))
    for run in await list_runs(engine, of):
        if run.problem and run.practice not in revoked:
            text = f"Its prescriptions could not be compared with its ezyVet: {run.problem}"
            matters.append(_difference(run.practice, text, "Compare them again.", run.finished_at))
    return matters


def _difference(practice: str, text: str, todo: str, since: datetime | None) -> Matter:
    return Matter(
        kind="differs",
        practice=practice,
        why="Differs in ezyVet",
        tone="warn",
        text=text,
        todo=todo,
        action="To its ezyVet",
        since=since,
    )


async def _to_look_at(engine: AsyncEngine, of: str | None) -> list[Matter]:
    return [
        Matter(
            kind="look",
            practice=each.practice,
            why="To look at",
            tone="warn",
            text=f"{each.count:,} prescription{' has' if each.count == 1 else 's have'} something to look at.",
            todo="See what it is; do what it says, or mark it as done.",
            action="See them",
            since=each.since,
        )
        for each in await attention.to_look_at(engine, of)
    ]
