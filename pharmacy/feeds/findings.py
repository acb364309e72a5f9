"""Counts what was done with damaged values while a feed is read, for its report."""

from __future__ import annotations

MAX_FINDINGS = 30
EXAMPLES = 3


class Findings:
    """What was done how often, each with its first lines; more kinds than `MAX_FINDINGS` are left out."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lines: dict[str, list[int]] = {}

    def add(self, what: str, line: int) -> None:
        count = self._counts.get(what, 0)
        if not count and len(self._counts) >= MAX_FINDINGS:
            return
        self._counts[what] = count + 1
        if count < EXAMPLES:
            self._lines.setdefault(what, []).append(line)

    def sentences(self) -> list[str]:
        """Returns one sentence for each, the most frequent first."""
        return [
            f"{what.rstrip('.')} ({times(count)}, {name_lines(self._lines[what], count)})."
            for what, count in sorted(self._counts.items(), key=lambda each: -each[1])
        ]


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def name_lines(lines: list[int], count: int) -> str:
    """Returns `in line 3`, or `in lines 3, 17, 20 and more`."""
    numbers = ", ".join(map(str, lines))
    return f"in line{'s' if count > 1 else ''} {numbers}{' and more' if count > len(lines) else ''}"
