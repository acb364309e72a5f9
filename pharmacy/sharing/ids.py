"""The IDs under which a clinic sees what another clinic has added: each clinic has its own (RS5)."""

from __future__ import annotations

SEPARATOR = "~"
"""Stands in no clinic's ID."""


def shown_id(clinic: str, practice: str, id: str) -> str:
    """Returns the ID that `clinic` knows the row `id` of `practice` by."""
    return id if clinic == practice else f"{practice}{SEPARATOR}{id}"


def origins(clinic: str, id: str) -> list[tuple[str, str]]:
    """Returns the practice and ID of the rows that `clinic` may mean by an ID, the likelier first.

    A practice's own ID may have the separator too.
    """
    practice, found, rest = id.partition(SEPARATOR)
    return [(clinic, id), (practice, rest)] if found and practice != clinic else [(clinic, id)]
