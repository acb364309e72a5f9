"""What needs a person of the team: requests that nobody could check, and sharing that lost its common owner (RS1)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.model import Matter
from integrations.record_sharing import kept
from pharmacy.sharing.shares import unsettled
from store.accounts.clinics import clinic_names


async def matters(engine: AsyncEngine, of: str | None = None) -> list[Matter]:
    """Returns those of all clinics, or of one."""
    found = [
        Matter(
            kind="sharing",
            practice=share.clinic,
            why="Sharing ended",
            tone="warn",
            text=f"It no longer shares new clients with {share.other}: {share.removed_because}",
            todo="Ask both clinics whether the owner on record is right, and tell them what stays shared.",
            action="To its record sharing",
            since=share.since,
        )
        for share in await unsettled(engine, of)
    ]
    waiting = await kept.undecided(engine, of)
    practices = [of or each.may_ask[0] for each in waiting]
    names = await clinic_names(engine, practices) if waiting else {}
    for each, practice in zip(waiting, practices, strict=True):
        found.append(
            Matter(
                kind="sharing",
                practice=practice,
                why="Request by e-mail",
                tone="warn",
                text=f"A request for record sharing by e-mail waits for a decision: {each.reason}",
                todo="Call the clinic at its number on record, then accept or refuse the request.",
                action="To the request",
                since=each.at,
                part=f"/requests/{each.id}",
                name=names.get(practice),
            )
        )
    return found
