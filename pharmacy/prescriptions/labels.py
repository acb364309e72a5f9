"""The pet's name on a prescription: after a pet is renamed, its open prescriptions need a new one (DP13)."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.prescriptions.tables import prescriptions


async def mark_renamed(
    connection: AsyncConnection, practice: str, patient: str, old: str | None, new: str
) -> list[int]:
    """Marks the open prescriptions on which another name stands; returns their numbers."""
    its = prescriptions.c.practice == practice, prescriptions.c.patient == patient, prescriptions.c.state == "open"
    label = prescriptions.c.label_name
    # Back under the name that stands on it, a prescription is good again.
    await connection.execute(update(prescriptions).where(*its, label == new).values(needs_new=None))
    need = f"The pet was renamed from {old or 'no name'} to {new}: write a new prescription under {new}."
    marked = update(prescriptions).where(*its, label.is_distinct_from(new)).values(needs_new=need)
    return sorted((await connection.execute(marked.returning(prescriptions.c.id))).scalars())
