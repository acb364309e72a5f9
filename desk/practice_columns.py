"""The columns of a table of practices, by the names that people give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from desk.problem import DeskProblem

COLUMNS = (
    "id",
    "name",
    "time_zone",
    "country",
    "state",
    "client_count",
    "owner",
    "contact_name",
    "contact_email",
    "contact_phone",
    "requested_at",
    "assignee",
)
NEEDED = ("name", "time_zone", "contact_name", "contact_email")
REASON = "refused_because"
"""A column that is passed over: in it stands why a row was refused, where a table of such rows is given back."""

ALIASES = {
    "id": ("practice ID", "clinic ID", "hospital ID"),
    "name": ("practice", "practice name", "name of the practice", "clinic", "clinic name", "hospital", "hospital name"),
    "time_zone": ("TZ",),
    "country": ("country code",),
    "state": ("state code", "province"),
    "client_count": ("clients", "number of clients", "no. of clients", "# of clients"),
    "owner": ("practice owner", "clinic owner", "owner name", "legal entity"),
    "contact_name": ("contact", "contact person", "name of the contact", "primary contact", "primary contact name"),
    "contact_email": (
        *("e-mail", "e-mail address", "contact e-mail address", "contact's e-mail"),
        *("primary contact e-mail", "primary contact e-mail address"),
    ),
    "contact_phone": (
        *("phone", "phone number", "telephone", "telephone number", "tel", "contact telephone", "contact phone number"),
        *("contact's phone", "primary contact phone", "primary contact telephone"),
    ),
    "requested_at": ("requested", "requested on", "request date", "date of request", "when the request came"),
    "assignee": ("assigned to", "assigned", "colleague"),
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


def columns_of(header: Sequence[str]) -> list[str]:
    """Returns the column that each field of a table's first line names. Raises `DeskProblem` if that is not certain."""
    unclear = {_plain(name): meant for name, meant in AMBIGUOUS.items()}
    for name in header:
        if meant := unclear.get(_plain(name)):
            raise DeskProblem(
                f"It is not certain what the column '{name}' holds. Rename it to {' or '.join(meant)}, or remove it."
            )
    known = {_plain(alias): column for column, names in ALIASES.items() for alias in (column, *names)}
    known[_plain(REASON)] = REASON
    found = [known.get(_plain(name), name) for name in header]
    for column in dict.fromkeys(found):
        alike = [name for name, meant in zip(header, found, strict=True) if meant == column]
        if len(alike) > 1 and len(set(alike)) > 1:
            names = ", ".join(f"'{name}'" for name in alike)
            raise DeskProblem(
                f"The columns {names} could each be {column}. Keep one of them, and rename or remove others."
            )
    return found


def _plain(name: str) -> str:
    """A column's name in small letters and digits alone."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())
