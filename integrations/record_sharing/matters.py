"""What needs a person of the team: requests that nobody could check, and sharing that lost its common owner (RS1)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.model import Matter
from integrations.record_sharing import kept
from pharmacy.sharing.shares import unsettled


async def matters(engine: AsyncEngine, of: str | None = None) -> list[Matter]:
    """Returns those of all clinics, or of one."""
    found = [
        Matter(
            kind="sharing",
            practice=share.clinic,
            why="Sharing ended",
            tone="warn",
            text=f"It shares no new clients with {share.other} any more: {share.removed_because}",
            todo="Ask both clinics whether the owner on record is right, and tell them what stays shared.",
            action="To its record sharing",
            since=share.since,
        )
        for share in await unsettled(engine, of)
    ]
    for each in await kept.undecided(engine, of):
        if each.clinic:
            found.append(
                Matter(
                    kind="sharing",
                    practice=each.clinic,
                    why="Request by e-mail",
                    tone="warn",
                    text=f"Who asked for record sharing by e-mail could not be checked: {each.reason}",
                    todo="Call the clinic at its number on record, then accept or refuse the request.",
                    action="To the request",
                    since=each.at,
                )
            )
    return found
