"""One client or one patient from its cells.

What makes a row useless (no id, no owner) sets it aside; a value that cannot be is left out and told, and the rest of
its row goes in. A blank says nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import blake2b
from typing import Any, TypeVar

from pharmacy.feeds import values
from pharmacy.feeds.columns import Kind
from pharmacy.feeds.values import Wrong
from pharmacy.feeds.weights import grams

T = TypeVar("T")
RAW = 300
"""Letters of a row that are kept to show what was wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be taken: `values` in the order of the staging table's columns, without its keys.

    `fed` is a digest of all that the practice said: the same row in a later feed has the same.
    """

    kind: Kind
    line: int
    id: str
    values: tuple[Any, ...]
    fed: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row, or with `field` one value of it, that was not taken. `raw` is what stood there, cut."""

    kind: str
    line: int
    field: str
    id: str | None
    reason: str
    raw: str


Told = Callable[[str, str, str], None]
"""Takes the field, the reason and what stood there, of a value that was left out."""


def client(cells: dict[str, str], line: int, today: date, told: Told) -> Row:
    """Raises `Wrong` if the row is of no use."""
    del today
    own = values.identity(cells["id"])
    if own is None:
        raise Wrong("has no id")

    def text(field: str, between: str = " ") -> str | None:
        given = cells.get(field, "")
        if values.is_plain(given):
            return given.strip() or None
        return _checked(partial(values.words, between=between), given, field, told)

    given, surname = text("given_name"), text("surname")
    if given is None and surname is None:
        given, surname = values.split_name(text("name"))
    street, more = text("street", ", "), text("street_2", ", ")
    street = f"{street}, {more}" if street and more else street or more
    email = _checked(values.email, cells.get("email", ""), "email", told)
    found = (given, surname, street, text("city"), text("state"), text("postcode"), text("phone"), email)
    return Row("client", line, own, found, _digest(found))


def patient(cells: dict[str, str], line: int, today: date, told: Told) -> Row:
    """Raises `Wrong` if the row is of no use."""
    own = values.identity(cells["id"])
    if own is None:
        raise Wrong("has no id")
    owner = values.identity(cells["client_id"])
    if owner is None:
        raise Wrong("has no client_id: whose patient it is cannot be told")

    def text(field: str) -> str | None:
        given = cells.get(field, "")
        if values.is_plain(given):
            return given.strip() or None
        return _checked(values.words, given, field, told)

    name, species, breed = text("name"), text("species"), text("breed")
    born = _checked(lambda given: values.day(given, today), cells.get("birth_date", ""), "birth_date", told)
    months = None
    if born is None:
        months = _checked(values.age, cells.get("age", ""), "age", told)
    weight = _weight(cells, species, told)
    dead = _checked(lambda given: values.yes(given, today), cells.get("deceased", ""), "deceased", told)
    deceased, since = dead or (None, None)
    since = _checked(lambda given: values.day(given, today), cells.get("deceased_on", ""), "deceased_on", told) or since
    if since is not None and deceased is None:
        deceased = True
    said = (owner, name, species, breed, born, months, weight, deceased, since)
    found = (owner, name, species, breed, born, months, today if months is not None else None, weight, deceased, since)
    # The day on which an age was told is another with every feed, and no news.
    return Row("patient", line, own, found, _digest(said))


def _weight(cells: dict[str, str], species: str | None, told: Told) -> int | None:
    unit = cells.get("weight_unit", "")
    for field, of_column in (("weight", unit), ("weight_kg", "kg"), ("weight_lb", "lb"), ("weight_g", "g")):
        given = cells.get(field, "")
        if given and (found := _checked(partial(grams, unit=of_column, species=species), given, field, told)):
            return found
    return None


def _checked(read: Callable[[str], T | None], given: str, field: str, told: Told) -> T | None:
    if not given:
        return None
    try:
        return read(given)
    except Wrong as wrong:
        told(field, f"{field} {wrong}: the value is left out.", given[:RAW])
        return None


def _digest(found: tuple[Any, ...]) -> int:
    text = "\x1f".join(["" if value is None else str(value) for value in found])
    number: int = struct.unpack("<q", blake2b(text.encode(), digest_size=8).digest())[0]
    return number
