"""The columns of a table of practices, by the names that people give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from desk.problem import DeskProblem

TITLES = {
    "id": "ID",
    "name": "Practice name",
    "time_zone": "Time zone",
    "country": "Country",
    "state": "State",
    "client_count": "Number of clients",
    "owner": "Owner",
    "contact_name": "Contact",
    "contact_email": "E-mail",
    "contact_phone": "Phone",
    "requested_at": "Requested on",
    "assignee": "Assigned to",
}
"""The columns, and what people call them."""
NEEDED = ("name", "time_zone", "contact_name", "contact_email")
REASON = "Refused because"
"""A column that is passed over: in it stands why a row was refused, where a table of such rows is given back."""

ALIASES = {
    "id": ("practice ID", "clinic ID", "hospital ID"),
    "name": ("practice", "name of the practice", "clinic", "clinic name", "hospital", "hospital name"),
    "time_zone": ("TZ",),
    "country": ("country code",),
    "state": ("state code", "province"),
    "client_count": ("clients", "no. of clients", "# of clients"),
    "owner": ("practice owner", "clinic owner", "owner name", "legal entity"),
    "contact_name": ("contact person", "name of the contact", "primary contact", "primary contact name"),
    "contact_email": (
        *("mail", "e-mail address", "contact e-mail address", "contact's e-mail"),
        *("primary contact e-mail", "primary contact e-mail address"),
    ),
    "contact_phone": (
        *("telephone", "phone number", "telephone number", "tel", "contact telephone", "contact phone number"),
        *("contact's phone", "primary contact phone", "primary contact telephone"),
        *("mobile", "mobile phone", "cell phone"),
    ),
    "requested_at": ("requested", "request date", "date of request", "when the request came"),
    "assignee": ("assigned", "colleague"),
}
"""What else a column may be called, whatever its case and punctuation."""

AMBIGUOUS = {
    "date": ("requested_at",),
    "number": ("id", "client_count", "contact_phone"),
    "client number": ("client_count", "id"),
    "location": ("time_zone", "country", "state"),
    "place": ("time_zone", "country", "state"),
    "region": ("time_zone", "country", "state"),
    "zone": ("time_zone", "state"),
    "code": ("id", "country", "state"),
    "person": ("contact_name", "owner", "assignee"),
    "vet": ("contact_name", "owner"),
    "veterinarian": ("contact_name", "owner"),
    "doctor": ("contact_name", "owner"),
    "manager": ("contact_name", "owner", "assignee"),
    "responsible": ("contact_name", "owner", "assignee"),
    "specialist": ("contact_name", "assignee"),
    "owner e-mail": ("contact_email",),
    "owner phone": ("contact_phone",),
}
"""What may mean something else, and what it may mean."""


@dataclass(frozen=True)
class Header:
    """The first line of a table: each field's heading, with the column that it holds or None where it holds none.

    `notes` are sentences about columns that are left out.
    """

    fields: tuple[tuple[str, str | None], ...]
    notes: tuple[str, ...]

    @property
    def headings(self) -> dict[str, str]:
        """What the table calls each column that it has."""
        return {column: heading for heading, column in self.fields if column}


def is_header(cells: Sequence[str]) -> bool:
    """Returns whether a line names columns: a title above the table does not."""
    return sum(column is not None for column in _columns_of(cells)) > 1


def read_header(cells: Sequence[str]) -> Header:
    """Returns what a table's first line names. Raises `DeskProblem` with all that keeps the table from being read."""
    cells = [cell.strip() for cell in cells]
    columns = _columns_of(cells)
    unclear = {_plain(name): meant for name, meant in AMBIGUOUS.items()}
    missing = [column for column in NEEDED if column not in columns]
    problems, notes, unknown = [], [], []
    for column in TITLES:
        alike = [cell for cell, meant in zip(cells, columns, strict=True) if meant == column]
        if len(alike) > 1:
            what = f"The columns {_quoted(alike)} could each be {TITLES[column]}"
            if len(set(alike)) == 1:
                what = f"The column '{alike[0]}' is there more than once"
            problems.append(f"{what}: keep one of them, and rename or remove the others.")
    for cell, known in zip(cells, columns, strict=True):
        if meant := unclear.get(_plain(cell)):
            what = f"The column '{cell}' may be {_titles(meant)}"
            if set(meant) & set(missing):
                problems.append(f"{what}: rename it, or remove it.")
            else:
                notes.append(f"{what}, so it was left out. Rename it if it should be read.")
        elif known is None and cell and _plain(cell) != _plain(REASON):
            unknown.append(cell)
    if missing:
        there = f"the first line has {_quoted([cell for cell in cells if cell])}" if any(cells) else "it is empty"
        problems.insert(0, f"There is no column for {_titles(missing, 'and')}; {there}.")
    if problems:
        raise DeskProblem(f"{' '.join(problems)} Nothing was started.")
    if unknown:
        what = "This column is not known, and was" if len(unknown) == 1 else "These columns are not known, and were"
        notes.insert(0, f"{what} left out: {_quoted(unknown)}.")
    return Header(tuple(zip(cells, columns, strict=True)), tuple(notes))


def _columns_of(cells: Sequence[str]) -> list[str | None]:
    return [_KNOWN.get(_plain(cell)) for cell in cells]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name[:60]}'" for name in names)


def _titles(columns: Sequence[str], last: str = "or") -> str:
    *others, final = (TITLES[column] for column in columns)
    return f"{', '.join(others)} {last} {final}" if others else final


def _plain(name: str) -> str:
    """A column's name in small letters and digits alone."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())


_KNOWN = {
    _plain(name): column for column, title in TITLES.items() for name in (column, title, *ALIASES.get(column, ()))
}
