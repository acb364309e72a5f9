"""A measured figure with its goal, and the table they make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    what: str
    figure: str
    goal: str = ""
    met: bool | None = None


def markdown(lines: Iterable[Line]) -> str:
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [f"| {line.what} | {line.figure} | {line.goal} | {marks[line.met]} |" for line in lines]
    return "\n".join(["| What | Measured | Goal | Met |", "|---|---|---|---|", *rows])
