"""The IDs under which a clinic sees what another clinic has added: each clinic has its own (RS5)."""

from __future__ import annotations

SEPARATOR = "~"
"""Stands in no clinic's ID."""


def shown_id(clinic: str, practice: str, id: str) -> str:
    """Returns the ID that `clinic` knows the row `id` of `practice` by."""
    return id if clinic == practice else f"{practice}{SEPARATOR}{id}"


MEANT = "((practice = :clinic AND id = :id) OR (practice = :origin AND id = :origin_id))"
"""SQL for the rows that a clinic may mean by an ID: its own, which may have the separator too, before another's."""


def meant(clinic: str, id: str) -> dict[str, str]:
    """Returns the parameters of `MEANT`."""
    origin, found, origin_id = id.partition(SEPARATOR)
    if not found or origin == clinic:
        origin, origin_id = clinic, id
    return {"clinic": clinic, "id": id, "origin": origin, "origin_id": origin_id}
