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
from pharmacy.feeds.columns import PHONES, Kind
from pharmacy.feeds.dates import order_of, parse_date
from pharmacy.feeds.deceased import parse_deceased, parse_status
from pharmacy.feeds.encoding import decode_again, is_encoded_twice
from pharmacy.feeds.spreadsheets import BLANK_WORDS, NAMES, is_error, without_formula
from pharmacy.feeds.styles import Styles
from pharmacy.feeds.values import UNKNOWN, InvalidValue
from pharmacy.feeds.weights import is_ambiguous, is_pound, parse_weight, with_ounces
from pharmacy.merge.address import is_placeholder_street

T = TypeVar("T")
MAX_RAW_LENGTH = 300
"""Characters of a rejected row that are kept."""
_NAME_FIELDS = frozenset({"given_name", "surname", "name"})
_UNITS = {"weight": "", "weight_kg": "kg", "weight_lb": "lb", "weight_oz": "oz", "weight_g": "g"}
_SAME_WEIGHT = 1.1
"""By what factor two columns may differ that give the same weight in two units."""


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


@dataclass(slots=True)
class Context:
    """What is needed to parse a row: the day of the feed, how its file writes values, and where findings go.

    `reject` takes the field, the reason and the raw text of a value that is left out; `mend` what was done to a value.
    `is_plain` says that all cells of the row are short, printable ASCII, as most are.
    """

    today: date
    styles: Styles
    reject: Callable[[str, str, str], None]
    mend: Callable[[str], None]
    is_plain: bool = False


def clean_cells(cells: dict[str, str], context: Context) -> None:
    """Blanks the words of programs for no value and the errors of spreadsheets, and opens formulas as `="02134"`."""
    for field, written in cells.items():
        cell = without_formula(written)
        if cell != written:
            cells[field] = cell
            context.mend(FORMULA)
        if cell in BLANK_WORDS:
            if cell and not (field in _NAME_FIELDS and cell in NAMES):
                cells[field] = ""
                context.mend(BLANK)
        elif is_error(cell) and field not in ("id", "client_id"):
            cells[field] = ""
            _reject(context, field, "is an error of a spreadsheet", cell)


BLANK = "A word like NULL or N/A was read as a blank cell"
FORMULA = 'A formula like ="02134" was read as the text in it'
TWICE = "Text that was encoded twice was mended"


def parse_client(cells: dict[str, str], line: int, context: Context) -> Row:
    """Returns the client's row. Raises `InvalidValue` if the whole row is rejected."""
    id = values.parse_id(cells["id"])
    if id is None:
        raise InvalidValue("has no id")

    given_name, surname = _text(cells, "given_name", context), _text(cells, "surname", context)
    if given_name is None and surname is None:
        given_name, surname = values.split_name(_text(cells, "name", context))
    street, second_line = _text(cells, "street", context, ", "), _text(cells, "street_2", context, ", ")
    street = f"{street}, {second_line}" if street and second_line else street or second_line
    if street and not street[0].isdigit() and is_placeholder_street(street):
        _reject(context, "street", "is typed where there is none", street)
        street = None
    city, state = _text(cells, "city", context), _text(cells, "state", context)
    postcode = _parse(values.parse_postcode, cells, "postcode", context)
    email = _parse(values.parse_email, cells, "email", context)
    phone = None
    for field in PHONES:
        if phone is None and field in cells:
            phone = _parse(values.parse_phone, cells, field, context)
    parsed = (given_name, surname, street, city, state, postcode, phone, email)
    return Row("client", line, id, parsed, _digest(parsed))


def parse_patient(cells: dict[str, str], line: int, context: Context) -> Row:
    """Returns the patient's row. Raises `InvalidValue` if the whole row is rejected."""
    id = values.parse_id(cells["id"])
    if id is None:
        raise InvalidValue("has no id")
    client = values.parse_id(cells["client_id"])
    if client is None:
        raise InvalidValue("has no client_id: we cannot tell whose patient it is")
    name, species, breed = (
        _text(cells, "name", context),
        _text(cells, "species", context),
        _text(cells, "breed", context),
    )
    birth_date = _date(cells, "birth_date", context)
    age_months = _parse(values.parse_age, cells, "age", context) if birth_date is None and "age" in cells else None
    weight = _weight(cells, species, context)
    deceased, deceased_on = _deceased(cells, context)
    if deceased_on and birth_date and deceased_on < birth_date:
        _reject(context, "birth_date", "is after the day of death", cells["birth_date"])
        _reject(context, "deceased_on", "is before the day of birth", cells.get("deceased_on") or cells["deceased"])
        birth_date = deceased_on = None
    described = (client, name, species, breed, birth_date, age_months)
    age_on = context.today if age_months is not None else None
    # The day of an age is another with every feed, and no change.
    digest = _digest((*described, weight, deceased, deceased_on))
    return Row("patient", line, id, (*described, age_on, weight, deceased, deceased_on), digest)


def _deceased(cells: dict[str, str], context: Context) -> tuple[bool | None, date | None]:
    """Returns whether a patient is deceased, and since when; neither if the columns contradict each other."""
    cell = cells.get("deceased", "")
    # The file is read once more for the order of dates, of which there are few here.
    order = context.styles.date_order("deceased") if len(cell) > 7 and cell[-1].isdigit() else None
    deceased = since = None
    if cell:
        try:
            deceased, since = parse_deceased(cell, context.today, order)
        except InvalidValue as error:
            _reject(context, "deceased", str(error), cell)
            # Of "Deceased 3/4/2024" only the day may be in doubt.
            deceased = parse_status(cell) or None
    deceased_on = _date(cells, "deceased_on", context)
    status = parse_status(cells["status"]) if "status" in cells else None
    if status is None and deceased_on is None:
        return deceased, since
    said = {deceased, status, True if deceased_on else None} - {None}
    if len(said) > 1 or (since and deceased_on and since != deceased_on):
        _reject(context, "deceased", "contradicts another column", cell)
        return None, None
    return said.pop(), deceased_on or since


def _date(cells: dict[str, str], field: str, context: Context) -> date | None:
    cell = cells.get(field, "")
    if not cell or cell.lower() in UNKNOWN:
        return None
    # The file is read once more for the order, which most dates do not need.
    certain = cell[4:5] == "-" or order_of(cell)
    order = None if certain else context.styles.date_order(field)
    try:
        return parse_date(cell, context.today, order)
    except InvalidValue as error:
        _reject(context, field, str(error), cell)
        return None


def _text(cells: dict[str, str], field: str, context: Context, separator: str = " ") -> str | None:
    cell = cells.get(field, "")
    if not cell or context.is_plain or values.is_plain(cell):
        return cell or None
    if is_encoded_twice(cell):
        cells[field] = decode_again(cell)
        context.mend(TWICE)
    return _parse(partial(values.clean_text, separator=separator), cells, field, context)


def _weight(cells: dict[str, str], species: str | None, context: Context) -> int | None:
    """Returns grams from whichever columns of weights are filled; None if they contradict each other."""
    found: dict[str, int] = {}
    ounces = cells.get("weight_oz", "")
    for field, unit in _UNITS.items():
        cell = cells.get(field, "")
        if not cell:
            continue
        unit = unit or cells.get("weight_unit", "")  # noqa: PLW2901
        if ounces and is_pound(unit):
            cell, ounces = with_ounces(cell, ounces), cells.pop("weight_oz")
        decimal = context.styles.decimal if is_ambiguous(cell) else None
        try:
            weight = parse_weight(cell, unit, species, decimal)
        except InvalidValue as error:
            _reject(context, field, str(error), cell)
        else:
            if weight:
                found[field] = weight
    if found and max(found.values()) > min(found.values()) * _SAME_WEIGHT:
        for field in found:
            _reject(context, field, "contradicts another column", cells[field])
        return None
    return next(iter(found.values()), None)


def _parse(parse: Callable[[str], T | None], cells: dict[str, str], field: str, context: Context) -> T | None:
    cell = cells.get(field, "")
    if not cell:
        return None
    try:
        return parse(cell)
    except InvalidValue as error:
        _reject(context, field, str(error), cell)
        return None


def _reject(context: Context, field: str, reason: str, raw: str) -> None:
    context.reject(field, f"{field} {reason}: the value is left out.", raw[:MAX_RAW_LENGTH])


def _digest(parsed: tuple[Any, ...]) -> int:
    text = "\x1f".join(["" if value is None else str(value) for value in parsed])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)
