"""What needs a person at practices' ezyVet: sites that do not let us in, and prescriptions that are stuck."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.sites import list_sites
from integrations.model import Matter
from pharmacy.prescriptions import register


async def matters(engine: AsyncEngine, of: str | None = None) -> list[Matter]:
    """Returns those of all practices, or of one."""
    closed = [each for each in await list_sites(engine) if each.state == "revoked" and of in (None, each.practice)]
    found = [
        Matter(
            kind="access",
            practice=site.practice,
            why="No access",
            tone="bad",
            text=f"Its ezyVet does not let us in, and prescriptions wait: {site.reason or 'nobody knows why.'}",
            todo="Ask the practice for access, or for new credentials.",
            action="To its ezyVet",
            since=site.since,
        )
        for site in closed
    ]
    for stuck in await register.stuck(engine, of):
        many = f"{stuck.count:,} prescription{'' if stuck.count == 1 else 's'}"
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
    return found
