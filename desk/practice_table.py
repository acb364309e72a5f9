"""Tables of practices as spreadsheets write them: each row a request, or everything that has to be corrected in it.

Separators and encodings are found out as those of feeds are. A wrong guess is noticed: it leaves the table without the
columns that it needs.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from desk.fact_fields import phone_problem
from desk.practice_columns import (
    REASON,
    TITLES,
    Header,
    UnclearColumns,
    is_header,
    keys_of,
    name_parts,
    part_key,
    read_header,
)
from desk.practice_files import SIZE_LIMIT, slug
from desk.problem import DeskProblem
from desk.spreadsheets import unguarded
from desk.us_zones import us_zone, zones_instead, zones_of
from partners.holidays import UnknownPlace, calendar_for, check_time_zone
from pharmacy.feeds import csv_table
from pharmacy.feeds.container import list_members
from pharmacy.feeds.csv_table import BrokenRow
from pharmacy.feeds.dates import DateOrder, NoDate, order_of, parse_date
from pharmacy.feeds.encoding import LOST, UNKNOWN, TextFormat, decode_again, is_encoded_twice
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.file_kinds import refuse_no_text
from pharmacy.feeds.source import Source, open_source
from pharmacy.feeds.values import InvalidValue
from playbooks.engine.fields import PLACELESS
from playbooks.engine.idempotency import CLOCK_SKEW
from playbooks.engine.onboarding import Request
from playbooks.engine.validation import at_place, errors_of, sentence_of
from store.journal.batches import Kind

PRACTICE = ("id", "name", "time_zone", "country", "state", "client_count", "owner")
CONTACT = ("contact_name", "contact_email", "contact_phone")
A_DAY = "must be a day of the calendar such as 2026-11-24, or a time such as 2026-11-24 15:00"
EXAMPLES = 3
"""Values that are shown of a column that is asked about."""
_GROUPED = re.compile(r"\d{1,3}(?:[,.'’\s]\d{3})+")
"""A whole number with its thousands apart."""


@dataclass(frozen=True)
class TableRow:
    """A row as it was given, by column, or by heading where it holds none. It has a request, or problems.

    `practice` is its ID. `problems` are sentences, all that there are. `doubts` say why a person is asked, `kind` is
    that of a row that waits; `there` are the onboardings that it may be.
    """

    line: int
    practice: str
    given: dict[str, str]
    request: Request | None
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    kind: Kind | None = None

    def refused(self, *problems: str) -> TableRow:
        return replace(self, request=None, problems=(*self.problems, *problems))


class UnusableTable(DeskProblem):
    """Another file is needed: this one is no table, or too large."""


@dataclass(frozen=True)
class Table:
    """`notes` are sentences on how it was read; `delimiter` is what stands between its fields."""

    header: Header
    delimiter: str
    notes: tuple[str, ...]
    rows: tuple[TableRow, ...]


def read_table(
    data: bytes,
    name: str = "The file",
    *,
    chosen: Mapping[str, str] | None = None,
    usual: Mapping[str, str] | None = None,
    left_out: Collection[str] | None = None,
) -> Table:
    """Reads a table that is called `name`. Raises `UnusableTable` for what is none, and `UnclearColumns`.

    `chosen` gives the columns of headings that a person named, `usual` the values of rows that have none of their own.
    `left_out` is that of `read_header`.
    """
    if len(data) > SIZE_LIMIT:
        raise UnusableTable(f"The file is larger than {SIZE_LIMIT // 1_000_000} MB; split it.")
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "table")
            path.write_bytes(data)
            members = list_members(path, name)
            if len(members) != 1:
                raise UnusableTable(f"{name} holds {len(members)} files; upload the table alone.")
            return _read(open_source(members[0], alone=True), chosen, usual, left_out)
    except InvalidFeed as problem:
        raise UnusableTable(str(problem)) from None


def request_of_row(given: Mapping[str, str], clocks: ZoneInfo | None = None) -> tuple[Request | None, dict[str, str]]:
    """Returns the request that the values of a row or a form make, or what is wrong with each column.

    Times without an offset are by `clocks`, if given, or else by those of the practice.
    """
    given = _with_us_zone(given)
    practice: dict[str, Any] = {name: given[name] for name in PRACTICE if name in given}
    practice["id"] = id_of_row(given)
    if count := practice.get("client_count"):
        plain = re.sub(r"[^\d]", "", count) if _GROUPED.fullmatch(count) else count
        practice["client_count"] = int(plain) if plain.isdecimal() else count
    contact = {name.removeprefix("contact_"): given[name] for name in CONTACT if name in given}
    content: dict[str, Any] = {"practice": practice, "primary_contact": contact}
    if "requested_at" in given:
        content["requested_at"] = _moment(given["requested_at"], clocks.key if clocks else given.get("time_zone", ""))
    if "assignee" in given:
        content["assignee"] = given["assignee"]
    request, wrong = None, {column: "has a letter that was lost" for column, value in given.items() if LOST in value}
    try:
        request = Request.model_validate_json(json.dumps(content))
    except ValidationError as error:
        for each in errors_of(error):
            # A time of another century is one, but no day to mistype.
            no_day = each["loc"] == ("requested_at",) and each["type"] != "value_error"
            wrong.setdefault(_column_of(each["loc"]), A_DAY if no_day else sentence_of(each))
    if missing := _missing_zone(given):
        wrong["time_zone"] = missing
    elif "time_zone" in wrong and "time_zone" not in given:
        wrong["time_zone"] = "is missing: give it, or the state if the practice is in the United States"
    if "time_zone" in wrong and not clocks and _is_iso(given.get("requested_at", ""), datetime):
        # It waits for the zone alone.
        wrong.pop("requested_at", None)
    if no_number := phone_problem(given.get("contact_phone", "")):
        wrong.setdefault("contact_phone", no_number)
    if "id" in wrong and "id" not in given:
        # Without a name there is none to be made, and the name's problem says enough.
        del wrong["id"]
        if "name" in given:
            wrong["id"] = "is needed, as none can be made of the name"
    places = _place_problems(given)
    if places and "state" in given and "time_zone" not in given and not missing:
        # A right place may tell the zone.
        wrong.pop("time_zone", None)
    return request, wrong | places


def zones_to_choose(given: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the time zones of the state, if that which is given is none of them, or the only mistake."""
    request, wrong = request_of_row(given)
    if wrong:
        return zones_of(given.get("country"), given.get("state")) if wrong.keys() == {"time_zone"} else ()
    return zones_instead(request.practice) if request else ()


def too_late(request: Request | None, now: datetime) -> dict[str, str]:
    """Returns what is wrong with the time of a request that is in the future."""
    if request and request.requested_at and request.requested_at > now + CLOCK_SKEW:
        return {"requested_at": "is in the future; give the time of the request"}
    return {}


def id_of_row(given: Mapping[str, str]) -> str:
    return given.get("id") or slug(given.get("name", ""))


def in_words(column: str, sentence: str, given: Mapping[str, str], headings: Mapping[str, str]) -> str:
    """Says what is wrong with a value, by the heading that the table has for it."""
    heading, value = headings.get(column, TITLES.get(column, column)), given.get(column, "")
    shown = "" if not value or value in sentence else f" '{value if len(value) <= 60 else f'{value[:60]}…'}'"
    joins = sentence.startswith(("has ", "lies "))
    text = f"{heading}{shown} {sentence}" if joins else at_place(heading + shown, sentence)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _moment(text: str, zone: str) -> str:
    """A day or time as ISO 8601 with an offset, that of the practice's zone if it has none; anything else as it is.

    A day without a time is its noon, or now while that is to come: whoever reads it elsewhere is shown the same day.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(check_time_zone(zone)))
        return (_in_the_day(moment) if _is_iso(text, date) else moment).isoformat()
    except ValueError:
        return text


def _in_the_day(midnight: datetime) -> datetime:
    noon, now = midnight.replace(hour=12), datetime.now(midnight.tzinfo)
    return min(noon, now) if noon.date() == now.date() else noon


def _is_iso(text: str, kind: type[date]) -> bool:
    """Returns whether it is a `date`, which has no time, or a `datetime`, as ISO 8601 writes it."""
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read(
    source: Source,
    chosen: Mapping[str, str] | None,
    usual: Mapping[str, str] | None,
    left_out: Collection[str] | None,
) -> Table:
    if source.format.encoding == UNKNOWN:
        raise UnusableTable("The letters with accents in the file cannot be read; save it as CSV UTF-8 and try again.")
    with source.open() as text:
        found = csv_table.read_header(text, source.member.name, partial(is_header, chosen=chosen))
        lines = list(csv_table.read_rows(found))
        first_cells = [found.cells, *(row[1] for row in lines[:3] if not isinstance(row, BrokenRow))]
        refuse_no_text(source.member.name, "".join(cell for cells in first_cells for cell in cells))
        examples = _examples(found.cells, [row[1] for row in lines if not isinstance(row, BrokenRow)])
        if left_out is not None:
            empty = {cell.strip() for cell in found.cells} - examples.keys()
            left_out = empty.union(left_out)
        try:
            header = read_header(found.cells, chosen, usual, left_out)
        except UnclearColumns as unclear:
            unclear.headings = tuple(heading for heading in unclear.headings if heading in examples)
            unclear.examples = examples
            raise
        rows: list[TableRow | tuple[int, dict[str, str]]] = []
        for row in lines:
            if isinstance(row, BrokenRow):
                rows.append(_broken(row, header, found.delimiter))
            elif any(cell.strip() for cell in row[1]):
                rows.append((row[0], _given(row[1], header)))
    good = [row[1] for row in rows if isinstance(row, tuple)]
    in_us = _are_in_us(good)
    for given in good:
        _fill_in(given, header, in_us=in_us)
    order = _order_of_dates(good)
    first: dict[str, int] = {}
    read = [row if isinstance(row, TableRow) else _row(*row, header, first, order) for row in rows]
    return Table(header, found.delimiter, (*_encoding_notes(source.format), *header.notes), tuple(read))


def _examples(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """Returns the first values of each column that has some, by its heading."""
    found: dict[str, list[str]] = {}
    for cells in rows:
        for heading, cell in zip(headings, cells, strict=True):
            if value := _value(cell):
                values = found.setdefault(heading.strip(), [])
                if len(values) < EXAMPLES and value not in values:
                    values.append(value)
    return found


def _order_of_dates(rows: Sequence[Mapping[str, str]]) -> DateOrder | None:
    """Returns what stands first in the days of the table, if some of its values prove it and none the other."""
    orders = {order for given in rows if (order := order_of(given.get("requested_at", "")))}
    return orders.pop() if len(orders) == 1 else None


def _encoding_notes(found: TextFormat) -> list[str]:
    if found.strays:
        lines = ", ".join(map(str, found.strays))
        return [f"Some letters are not UTF-8 (lines {lines}) and were read as Windows-1252. Check them."]
    if found.encoding == "cp1252":
        return ["The file is not UTF-8 and was read as Windows-1252. Check the letters with accents."]
    return []


def _row(line: int, given: dict[str, str], header: Header, first: dict[str, int], order: DateOrder | None) -> TableRow:
    unclear = _read_day(given, order)
    practice = id_of_row(given)
    request, wrong = request_of_row(given)
    wrong |= unclear
    problems = [in_words(column, sentence, given, header.headings) for column, sentence in wrong.items()]
    if practice in first:
        if "id" in given:
            problems.append(f"The practice is already in line {first[practice]}.")
        else:
            problems.append(f"Its name makes the same ID as that of line {first[practice]}: give each of them an ID.")
    row = TableRow(line, practice, given, request)
    if problems:
        return row.refused(*problems)
    first[practice] = line
    return row


def _fill_in(given: dict[str, str], header: Header, *, in_us: bool) -> None:
    """Adds the country where states tell it, and the usual values; the usual time zone only if the state tells none.

    `in_us` is whether the table's states are those of the United States. One that is misspelt may be one of them too.
    """
    zone, state = given.get("time_zone") or header.usual.get("time_zone"), given.get("state")
    is_us = us_zone(zone) is not None if zone else in_us
    if is_us and "country" not in header.headings and state and _may_be_us(state):
        given["country"] = "US"
    told = _with_us_zone(given)
    given.update({column: value for column, value in header.usual.items() if column not in told})


def _are_in_us(rows: Sequence[Mapping[str, str]]) -> bool:
    """Returns whether most of the table's states are those of the United States: one code alone may be Spain's."""
    states = [state for given in rows if (state := given.get("state"))]
    return 2 * sum(map(_may_be_us, states)) > len(states)


def _may_be_us(state: str) -> bool:
    """Returns whether it is a state of the United States, or like one."""
    problem = _place_problem("US", state)
    return problem is None or bool(problem[1].similar)


def _with_us_zone(given: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the values with the time zone that is called `Mountain` in the United States by its own name, and with
    that of the state, if it has only one and none is given."""
    if not _is_us(given.get("country")):
        return given
    state, called = given.get("state", ""), given.get("time_zone")
    zones = zones_of(given.get("country"), state)
    zone = us_zone(called, state) if called else zones[0] if len(zones) == 1 else None
    return {**given, "time_zone": zone} if zone else given


def _read_day(given: dict[str, str], order: DateOrder | None) -> dict[str, str]:
    """Writes the day of the request as 2026-11-24, if it stands alone in another form; returns why it cannot."""
    text = given.get("requested_at", "")
    if not text or ":" in text or _is_iso(text, datetime):
        return {}
    try:
        given["requested_at"] = parse_date(text, datetime.now(UTC).date(), order).isoformat()
    except NoDate:
        return {}
    except InvalidValue as problem:
        return {"requested_at": str(problem)}
    return {}


def _broken(row: BrokenRow, header: Header, delimiter: str) -> TableRow:
    given = {**header.usual, **_given(next(csv.reader([row.raw], delimiter=delimiter), []), header)}
    return TableRow(row.line, id_of_row(given), given, None, (row.reason,))


def _given(cells: list[str], header: Header) -> dict[str, str]:
    found: dict[str, str] = {}
    for (heading, _), key, cell in zip(header.fields, keys_of(header.fields), cells, strict=False):
        if heading and heading != REASON and (value := _value(cell)):
            found[key] = value
    if name := " ".join(found[key] for key in map(part_key, name_parts(header.fields)) if key in found):
        found["contact_name"] = name
    return found


def _value(cell: str) -> str:
    value = unguarded(cell).strip()
    return decode_again(value) if is_encoded_twice(value) else value


def _column_of(place: tuple[int | str, ...]) -> str:
    match place:
        case ("primary_contact", name):
            return f"contact_{name}"
        case ("practice", name):
            return str(name)
    return str(place[0])


def _place_problems(given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if (zone := given.get("time_zone")) and zone not in PLACELESS:
        try:
            check_time_zone(zone)
        except UnknownPlace as problem:
            found["time_zone"] = str(problem)
    country, state = given.get("country"), given.get("state")
    if place := _place_problem(country, state):
        found[place[0]] = str(place[1])
    if state and not country and (no_such := _place_problem("US", state)):
        elsewhere = "correct it, or give the country if it is in another one"
        unlike = f"There is no state {state!r} in the United States; {elsewhere}"
        found["state"] = f"{no_such[1]} Give its country too." if no_such[1].similar else unlike
    return found


def _missing_zone(given: Mapping[str, str]) -> str | None:
    """Says that the time zone is missing, if the state has several; also if the state or country is misspelt."""
    if "time_zone" in given:
        return None
    country = given.get("country")
    for code, state in _places_meant(country or "US", given.get("state")):
        if len(zones := zones_of(code, state)) > 1:
            where = "" if country else " in the United States"
            return f"is missing, as {state} has more than one{where}: give {' or '.join(zones)}"
    return None


def _places_meant(country: str, state: str | None) -> Iterator[tuple[str, str | None]]:
    """Yields the country and state, or those that are alike if there are none of these names."""
    place = _place_problem(country, state)
    if place is None:
        yield country, state
        return
    codes = [label.partition(" ")[0] for label in place[1].similar]
    for code in codes:
        yield from _places_meant(code, state) if place[0] == "country" else [(country, code)]


@lru_cache(100)
def _is_us(country: str | None) -> bool:
    try:
        return calendar_for("UTC", country, first_day=date(2000, 1, 1), years=0).country == "US"
    except UnknownPlace:
        return False


@lru_cache(1000)
def _place_problem(country: str | None, state: str | None) -> tuple[str, UnknownPlace] | None:
    """Returns the column that is wrong, and why; None for a place that there is."""
    for column, part in (("country", None), ("state", state)):
        try:
            calendar_for("UTC", country, part, first_day=date(2000, 1, 1), years=0)
        except UnknownPlace as problem:
            return column, problem.with_traceback(None)
    return None
