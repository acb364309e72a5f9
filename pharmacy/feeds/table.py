"""Rows of a CSV text. A row that is broken, by a quote that never closes for one, takes no other row with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from pharmacy.feeds.problem import FeedProblem

DELIMITERS = ",;\t|"
ROW_LINES = 1_000
ROW_LETTERS = 16_000_000
"""A row longer than this, in lines or in letters, is a quote that was never closed."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be taken apart, and why."""

    line: int
    reason: str
    raw: str


class _TooLong(Exception):
    """A row went on past the limit."""


class _Lines:
    """Lines of text, of which the last row's can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._letters = 0
        self.row: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(ROW_LETTERS)
        if not line:
            raise StopIteration
        self._letters += len(line)
        self.row.append(line)
        if len(self.row) > ROW_LINES or self._letters >= ROW_LETTERS:
            raise _TooLong
        # PostgreSQL keeps no NUL, and Python's parser of 3.11 and later does.
        return line.replace("\0", "") if "\0" in line else line

    def next_row(self) -> int:
        """Begins a row, and says in which line."""
        self.number += len(self.row)
        self.row, self._letters = [], 0
        return self.number + 1

    def keep_first(self) -> str:
        """Gives back all of the row but its first line, which is returned."""
        first = self.row[0]
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]
        return first


def header(text: TextIO, name: str) -> tuple[list[str], _Lines, str]:
    """The first line's cells, what follows, and the delimiter. Raises `FeedProblem` if there is no first line."""
    lines = _Lines(text)
    first = next(lines, "")
    while first and not first.strip():
        lines.next_row()
        first = next(lines, "")
    if not first:
        raise FeedProblem(f"{name} is empty: it has not even a first line that names its columns.")
    delimiter = max(DELIMITERS, key=first.count)
    return next(csv.reader([first], delimiter=delimiter)), lines, delimiter


def rows(lines: _Lines, delimiter: str, width: int) -> Iterator[tuple[int, list[str], str] | Broken]:
    """Each row with the number of its first line and its raw text, or what is broken."""
    # A cell of ten megabytes is one value too long, and no reason to lose the place.
    csv.field_size_limit(ROW_LETTERS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.next_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            reason = str(error) if isinstance(error, csv.Error) else "a quote that is never closed"
            yield Broken(line, f"The row cannot be taken apart ({_plain(reason)}).", lines.keep_first())
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if len(row) > width and not any(row[width:]):
            del row[width:]
        if len(row) == width:
            yield line, row, "".join(lines.row)
        elif row:
            yield Broken(line, f"The row has {len(row)} cells, the first line {width}.", lines.keep_first())


def _plain(reason: str) -> str:
    if "unexpected end" in reason:
        return "a quote that is never closed"
    return "a quote in the middle of a cell" if "expected after" in reason else reason
