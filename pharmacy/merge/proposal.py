"""The proposals of merging: pairs to merge or to review, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Decision(StrEnum):
    MERGE = "merge"
    REVIEW = "review"


class Verdict(StrEnum):
    """How one field of two people compares."""

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class FieldComparison(NamedTuple):
    """One field of the two people, side by side."""

    field: str
    existing: str
    imported: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair to merge, or to show to a person who decides (DP9).

    `score` is the probability, from 0 to 1, that a pair which agrees like this is one person, before the rules.
    `reasons` are sentences for people, the deciding one first.
    """

    existing: str
    imported: str
    decision: Decision
    score: float
    reasons: tuple[str, ...]
