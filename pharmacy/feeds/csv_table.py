"""Reads rows of CSV. A broken row, such as one with a quote that never closes, takes no other row with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from pharmacy.feeds.errors import InvalidFeed

DELIMITERS = ",;\t|"
MAX_ROW_LINES = 1_000
MAX_ROW_LENGTH = 16_000_000
"""A row with more lines or characters is taken for a quote that never closes."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be split into cells, and why."""

    line: int
    reason: str
    raw: str


class _Lines:
    """Lines of text; those of the current row can be unread."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._unread: deque[str] = deque()
        self._length = 0
        self.row: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._unread.popleft() if self._unread else self._text.readline(MAX_ROW_LENGTH)
        if not line:
            raise StopIteration
        self._length += len(line)
        self.row.append(line)
        if len(self.row) > MAX_ROW_LINES or self._length >= MAX_ROW_LENGTH:
            raise csv.Error("unexpected end")
        # PostgreSQL cannot store NUL, and the parser of Python 3.11 keeps it.
        return line.replace("\0", "") if "\0" in line else line

    def start_row(self) -> int:
        """Starts a row, and returns the number of its first line."""
        self.number += len(self.row)
        self.row, self._length = [], 0
        return self.number + 1

    def unread_all_but_first(self) -> str:
        """Unreads all lines of the row but the first, which is returned."""
        first = self.row[0]
        self._unread.extendleft(reversed(self.row[1:]))
        del self.row[1:]
        return first


def read_header(text: TextIO, name: str) -> tuple[list[str], _Lines, str]:
    """Returns the cells of the first line, the lines after it and the delimiter. Raises `InvalidFeed` if empty."""
    lines = _Lines(text)
    first = next(lines, "")
    while first and not first.strip():
        lines.start_row()
        first = next(lines, "")
    if not first:
        raise InvalidFeed(f"{name} is empty: it has not even a first line that names its columns.")
    delimiter = max(DELIMITERS, key=first.count)
    return next(csv.reader([first], delimiter=delimiter)), lines, delimiter


def read_rows(lines: _Lines, delimiter: str, width: int) -> Iterator[tuple[int, list[str], str] | BrokenRow]:
    """Yields for each row the number of its first line, its cells and its raw text; or the broken row."""
    # A cell of ten megabytes is one value too long, and not the end of the feed.
    csv.field_size_limit(MAX_ROW_LENGTH)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.start_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = _plain(str(error))
            yield BrokenRow(line, f"The row cannot be taken apart ({reason}).", lines.unread_all_but_first())
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if len(row) > width and not any(row[width:]):
            del row[width:]
        if len(row) == width:
            yield line, row, "".join(lines.row)
        elif row:
            yield BrokenRow(
                line, f"The row has {len(row)} cells, the first line {width}.", lines.unread_all_but_first()
            )


def _plain(reason: str) -> str:
    if "unexpected end" in reason:
        return "a quote that is never closed"
    return "a quote in the middle of a cell" if "expected after" in reason else reason
