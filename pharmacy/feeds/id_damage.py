"""Counts ids that went through a spreadsheet while a feed is read, and asks a person about them."""

from __future__ import annotations

from pharmacy.feeds.findings import EXAMPLES, name_lines, times
from pharmacy.feeds.rows import Row
from pharmacy.feeds.spreadsheets import EXACT_DIGITS, is_cut_id, is_float_id
from pharmacy.feeds.values import DestroyedId, InvalidValue

_ADVICE = "export the ids as text, and not through a spreadsheet."


class _Count:
    def __init__(self) -> None:
        self.total = 0
        self.lines: list[int] = []

    def add(self, line: int) -> None:
        self.total += 1
        if len(self.lines) < EXAMPLES:
            self.lines.append(line)

    def __str__(self) -> str:
        return f"{times(self.total)}, {name_lines(self.lines, self.total)}"


class IdDamage:
    """What was found in the ids of clients and patients, and in the owners of patients."""

    def __init__(self) -> None:
        self._destroyed, self._floats, self._cut = _Count(), _Count(), _Count()
        self._long = 0

    def add_rejected(self, error: InvalidValue, line: int) -> None:
        """Counts a row that was set aside, if its id was why."""
        if isinstance(error, DestroyedId):
            self._destroyed.add(line)

    def add(self, row: Row) -> None:
        """Counts a row that was taken, if its id, or its owner's, is doubtful."""
        self._look(row.id, row.line)
        if row.kind == "patient":
            self._look(row.values[0], row.line)

    def _look(self, id: str, line: int) -> None:
        if len(id) <= EXACT_DIGITS and id[-2:] != ".0":
            return
        if is_float_id(id):
            self._floats.add(line)
        elif id.isdigit():
            self._long += 1
            if is_cut_id(id):
                self._cut.add(line)

    def questions(self) -> list[str]:
        """Returns what a person must decide before the feed is imported."""
        found = []
        if self._destroyed.total:
            found.append(
                f"A spreadsheet destroyed ids ({self._destroyed}); these rows were set aside, because "
                f"we cannot tell whose they are: {_ADVICE}"
            )
        if self._floats.total:
            found.append(f"Ids end in .0, as a spreadsheet or a program leaves them ({self._floats}): {_ADVICE}")
        # One long id in ten ends in a zero by itself.
        if self._cut.total and self._cut.total == self._long:
            found.append(f"Every long id has only zeros after the 15th digit ({self._cut}): {_ADVICE}")
        return found
