"""Two clients to test merging with, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pharmacy.merge.match import match
from pharmacy.merge.people import Patient, Person
from pharmacy.merge.proposal import Proposal

ANN = Person(
    "h1",
    "Rosalind",
    "Okafor",
    "12 Main Street",
    "Springfield",
    "IL",
    "62701",
    "(217) 555-0142",
    "okafor@example.com",
    (Patient("Bella", "dog", "Beagle"), Patient("Max", "cat", "Persian")),
)
"""A home-delivery client with every field filled in."""


def like(person: Person, identity: str = "c1", **changes: Any) -> Person:
    """Returns `person` as another file has them."""
    return replace(person, id=identity, **changes)


def bare(person: Person, identity: str | None = None, **changes: Any) -> Person:
    """Returns `person` with name and address only."""
    return replace(person, id=identity or person.id, **{"phone": "", "email": "", "patients": (), **changes})


def decisions(*proposals: Proposal) -> list[tuple[str, str, str]]:
    return [(each.existing, each.imported, each.decision.value) for each in proposals]


def outcome(one: Person, other: Person) -> str:
    """Returns what becomes of two clients who are alone in their files: merge, review or new."""
    proposals = match([one], [other])
    return proposals[0].decision.value if proposals else "new"


def reasons(one: Person, other: Person) -> str:
    return " ".join(match([one], [other])[0].reasons)
