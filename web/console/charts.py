"""Bars of a chart: which part of the longest each is, for a drawing that any width can show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["good", "warn", "bad", "calm"]

Shares = Sequence[tuple[Kind, int]]


@dataclass(frozen=True)
class Said:
    """A figure in words; `address` leads to the practices behind it."""

    text: str
    address: str = ""


@dataclass(frozen=True)
class Line:
    """The shares that a line is made of, and more about it; `address` leads to the practices behind all of it."""

    title: str
    shares: Shares
    about: Sequence[Said] = ()
    address: str = ""


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
    about: tuple[Said, ...] = ()
    address: str = ""


def bars(lines: Iterable[Line], *, whole: bool = False) -> tuple[Bar, ...]:
    """A bar for each line. The longest is as wide as there is room; with `whole` each is, to compare shares."""
    found = list(lines)
    longest = max((_sum(line.shares) for line in found), default=0)
    return tuple(_bar(line, _sum(line.shares) if whole else longest) for line in found)


def histogram(
    days: Iterable[tuple[int, int]], address: Callable[[int, int], str] = lambda first, end: ""
) -> tuple[Bar, ...]:
    """How many took how long: by the day where all were quick, else by weeks, or by blocks of four weeks.

    `address` leads to those that took so many days: from the first to before the second.
    """
    counted = dict(days)
    longest = max(counted, default=0)
    size, unit = next(((size, unit) for size, unit in UNITS if longest < size * MOST), UNITS[-1])
    bins = [0] * (longest // size + 1 if counted else 0)
    for day, count in counted.items():
        bins[max(0, day) // size] += count
    return bars(
        Line(f"{unit} {number + 1}", [("calm", count)], address=address(number * size, (number + 1) * size))
        for number, count in enumerate(bins)
    )


def _bar(line: Line, longest: int) -> Bar:
    drawn, start = [], 0.0
    for kind, count in line.shares:
        if count:
            width = 100 * count / longest
            drawn.append(Part(kind, round(start, 2), round(width, 2)))
            start += width
    return Bar(line.title, tuple(drawn), _sum(line.shares), tuple(line.about), line.address)


def _sum(shares: Shares) -> int:
    return sum(count for _, count in shares)
