"""Bars of a chart: which part of the longest each is, for a drawing that any width can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["good", "warn", "bad", "calm"]

Shares = Sequence[tuple[Kind, int]]
Line = tuple[str, Shares, str]
"""A title, the shares the line is made of, and words about it."""

MOST = 16
"""Lines of the longest histogram, unless even the widest blocks are too many."""
UNITS = ((1, "Day"), (7, "Week"), (28, "Four weeks, block"))


@dataclass(frozen=True)
class Part:
    """A stretch of a bar, in hundredths of the width."""

    kind: Kind
    start: float
    width: float


@dataclass(frozen=True)
class Bar:
    title: str
    parts: tuple[Part, ...]
    total: int
    about: str = ""


def bars(lines: Iterable[Line], *, whole: bool = False) -> tuple[Bar, ...]:
    """A bar for each line. The longest is as wide as there is room; with `whole` each is, to compare shares."""
    found = list(lines)
    longest = max((_sum(shares) for _, shares, _ in found), default=0)
    return tuple(_bar(title, shares, about, _sum(shares) if whole else longest) for title, shares, about in found)


def histogram(days: Iterable[tuple[int, int]]) -> tuple[Bar, ...]:
    """How many took how long: by the day where all were quick, else by weeks, or by blocks of four weeks."""
    counted = dict(days)
    longest = max(counted, default=0)
    size, unit = next(((size, unit) for size, unit in UNITS if longest < size * MOST), UNITS[-1])
    bins = [0] * (longest // size + 1 if counted else 0)
    for day, count in counted.items():
        bins[max(0, day) // size] += count
    return bars((f"{unit} {number}", [("calm", count)], "") for number, count in enumerate(bins, start=1))


def _bar(title: str, shares: Shares, about: str, longest: int) -> Bar:
    drawn, start = [], 0.0
    for kind, count in shares:
        if count:
            width = 100 * count / longest
            drawn.append(Part(kind, round(start, 2), round(width, 2)))
            start += width
    return Bar(title, tuple(drawn), _sum(shares), about)


def _sum(shares: Shares) -> int:
    return sum(count for _, count in shares)
