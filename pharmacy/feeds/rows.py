"""Parses one client or one patient from the cells of a row.

A row without id or owner is rejected. A value that cannot be right is left out and rejected by itself, and the rest of
its row is taken. A blank cell says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import blake2b
from typing import Any, TypeVar

from pharmacy.feeds import values
from pharmacy.feeds.columns import Kind
from pharmacy.feeds.values import InvalidValue
from pharmacy.feeds.weights import parse_weight

T = TypeVar("T")
MAX_RAW_LENGTH = 300
"""Characters of a rejected row that are kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """A valid row: `values` in the order of the staging table's columns, without its keys.

    `digest` is of all that the practice said; it stays the same in later feeds as long as the row does.
    """

    kind: Kind
    line: int
    id: str
    values: tuple[Any, ...]
    digest: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected row, or with `field` one rejected value of it. `raw` is the beginning of what was there."""

    kind: str
    line: int
    field: str
    id: str | None
    reason: str
    raw: str


Reject = Callable[[str, str, str], None]
"""Takes the field, the reason and the raw text of a value that is left out."""


def parse_client(cells: dict[str, str], line: int, today: date, reject: Reject) -> Row:
    """Returns the client's row. Raises `InvalidValue` if the whole row is rejected."""
    del today
    id = values.parse_id(cells["id"])
    if id is None:
        raise InvalidValue("has no id")

    given_name, surname = _text(cells, "given_name", reject), _text(cells, "surname", reject)
    if given_name is None and surname is None:
        given_name, surname = values.split_name(_text(cells, "name", reject))
    street, second_line = _text(cells, "street", reject, ", "), _text(cells, "street_2", reject, ", ")
    street = f"{street}, {second_line}" if street and second_line else street or second_line
    city, state, postcode, phone = (_text(cells, field, reject) for field in ("city", "state", "postcode", "phone"))
    email = _parse(values.parse_email, cells, "email", reject)
    parsed = (given_name, surname, street, city, state, postcode, phone, email)
    return Row("client", line, id, parsed, _digest(parsed))


def parse_patient(cells: dict[str, str], line: int, today: date, reject: Reject) -> Row:
    """Returns the patient's row. Raises `InvalidValue` if the whole row is rejected."""
    id = values.parse_id(cells["id"])
    if id is None:
        raise InvalidValue("has no id")
    client = values.parse_id(cells["client_id"])
    if client is None:
        raise InvalidValue("has no client_id: whose patient it is cannot be told")
    name, species, breed = (_text(cells, field, reject) for field in ("name", "species", "breed"))
    birth_date = _parse(lambda cell: values.parse_date(cell, today), cells, "birth_date", reject)
    age_months = _parse(values.parse_age, cells, "age", reject) if birth_date is None else None
    weight = _weight(cells, species, reject)
    flag = _parse(lambda cell: values.parse_deceased(cell, today), cells, "deceased", reject)
    deceased, since = flag or (None, None)
    deceased_on = _parse(lambda cell: values.parse_date(cell, today), cells, "deceased_on", reject) or since
    if deceased_on is not None and deceased is None:
        deceased = True
    described = (client, name, species, breed, birth_date, age_months)
    age_on = today if age_months is not None else None
    # The day of an age is another with every feed, and no change.
    digest = _digest((*described, weight, deceased, deceased_on))
    return Row("patient", line, id, (*described, age_on, weight, deceased, deceased_on), digest)


def _text(cells: dict[str, str], field: str, reject: Reject, separator: str = " ") -> str | None:
    cell = cells.get(field, "")
    if values.is_plain(cell):
        return cell.strip() or None
    return _parse(partial(values.clean_text, separator=separator), cells, field, reject)


def _weight(cells: dict[str, str], species: str | None, reject: Reject) -> int | None:
    unit = cells.get("weight_unit", "")
    for field, field_unit in (("weight", unit), ("weight_kg", "kg"), ("weight_lb", "lb"), ("weight_g", "g")):
        if cells.get(field):
            weight = _parse(partial(parse_weight, unit=field_unit, species=species), cells, field, reject)
            if weight:
                return weight
    return None


def _parse(parse: Callable[[str], T | None], cells: dict[str, str], field: str, reject: Reject) -> T | None:
    cell = cells.get(field, "")
    if not cell:
        return None
    try:
        return parse(cell)
    except InvalidValue as error:
        reject(field, f"{field} {error}: the value is left out.", cell[:MAX_RAW_LENGTH])
        return None


def _digest(parsed: tuple[Any, ...]) -> int:
    text = "\x1f".join(["" if value is None else str(value) for value in parsed])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)
