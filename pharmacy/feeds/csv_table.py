"""Reads rows of CSV. A broken row, such as one with a quote that never closes, takes no other row with it."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from pharmacy.feeds.errors import InvalidFeed

DELIMITERS = ",;\t|"
MAX_TITLE_LINES = 20
"""Lines among which the one with the columns' names is looked for."""
_SEPARATOR = re.compile(r"\ufeff?\"?sep=(.)\"?[,;\s]*", re.IGNORECASE)
"""How a spreadsheet states the delimiter in a line of its own."""
MAX_ROW_LINES = 1_000
MAX_ROW_LENGTH = 16_000_000
"""A row with more lines or characters is taken for a quote that never closes."""
REASONS = {
    "unexpected end": "a quote that is never closed",
    "expected after": "a quote in the middle of a cell",
    "field larger": "a cell that is far too long",
}
"""What the library says of a row that it cannot read, in plain words."""


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

    def unread_after(self, count: int) -> str:
        """Unreads all lines of the row but the first ones. Returns the first one."""
        self._unread.extendleft(reversed(self.row[count:]))
        del self.row[count:]
        return self.row[0]


@dataclass(frozen=True, slots=True)
class Header:
    """The cells of the line that names the columns, the lines after it, and the delimiter.

    `before` is how many lines stand above it, such as titles of a report.
    """

    cells: list[str]
    lines: _Lines
    delimiter: str
    before: int


def read_header(text: TextIO, name: str, is_header: Callable[[list[str]], bool]) -> Header:
    """Reads up to the line that names the columns; if none does, to the first one. Raises `InvalidFeed` if empty."""
    # A cell of ten megabytes is one value too long, and not the end of the feed.
    csv.field_size_limit(MAX_ROW_LENGTH)
    lines = _Lines(text)
    found: list[tuple[int, list[str], str]] = []
    separator, before = "", 0
    with suppress(csv.Error):
        for number, line in enumerate(islice(lines, MAX_TITLE_LINES)):
            if stated := _SEPARATOR.fullmatch(line):
                separator = stated[1]
            elif line.strip():
                delimiter = separator or max(DELIMITERS, key=line.count)
                found.append((number, next(csv.reader([line], delimiter=delimiter)), delimiter))
                if is_header(found[-1][1]):
                    before = len(found) - 1
                    found = found[-1:]
                    break
    if not found:
        raise InvalidFeed(f"{name} is empty: it has not even a first line that names its columns.")
    number, cells, delimiter = found[0]
    lines.unread_after(number + 1)
    return Header(cells, lines, delimiter, before)


def read_rows(header: Header) -> Iterator[tuple[int, list[str], str] | BrokenRow]:
    """Yields for each row the number of its first line, its cells and its raw text; or the broken row."""
    lines, delimiter, width = header.lines, header.delimiter, len(header.cells)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.start_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = _plain(str(error))
            yield BrokenRow(line, f"The row cannot be read ({reason}).", lines.unread_after(1))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if len(row) > width and not any(row[width:]):
            del row[width:]
        if len(row) == width:
            yield line, row, "".join(lines.row)
        elif row:
            yield BrokenRow(line, f"The row has {len(row)} cells, the first line {width}.", lines.unread_after(1))


def _plain(reason: str) -> str:
    return next((words for said, words in REASONS.items() if said in reason), "it is no row of a table")
