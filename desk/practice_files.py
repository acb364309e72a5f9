"""Practice files: one practice as JSON, many as CSV, read into requests or refused in a sentence each."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from desk.practice_columns import COLUMNS, NEEDED, REASON, columns_of
from desk.problem import DeskProblem, NotFound
from desk.spreadsheets import unguarded
from partners.holidays import UnknownPlace, calendar_for
from playbooks.calendar.values import Calendar
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Contact, Practice, Request
from playbooks.engine.validation import error_sentence, without_blanks
from playbooks.registry import PLAYBOOKS

SIZE_LIMIT = 20_000_000


@dataclass(frozen=True)
class Taken:
    """A row of a CSV file that is a request. `given` is what stands in it, by column."""

    line: int
    request: Request
    given: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """A row of a CSV file that cannot be taken, and why. `given` is what stands in it, by column."""

    line: int
    practice: str
    why: str
    given: dict[str, str] = field(default_factory=dict)


def playbook_called(name: str) -> Playbook:
    """Raises `DeskProblem` naming the playbooks there are."""
    if name not in PLAYBOOKS:
        raise DeskProblem(f"There is no playbook '{name}'; choose one of {', '.join(PLAYBOOKS)}.")
    return PLAYBOOKS[name]


def playbook_of(identity: str) -> Playbook:
    """The playbook of an onboarding, by its ID. Raises `NotFound` for what can be no ID, before a server is asked."""
    name, _, practice = identity.partition("/")
    if not PRACTICE_ID.fullmatch(practice):
        raise unknown(identity)
    return playbook_called(name)


def unknown(identity: str) -> NotFound:
    return NotFound(f"There is no onboarding {identity[:80]}; 'onboard list' shows all.")


def read_practice(text: str | bytes) -> Request:
    """One practice from its JSON file. Raises `DeskProblem` saying which field is wrong."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DeskProblem(f"The practice file is not JSON ({error}); see the example in the README.") from None
    return request_of(content)


def request_of(content: object) -> Request:
    """A request from the decoded practice file, its places checked. Raises `DeskProblem`."""
    if not isinstance(content, dict):
        raise DeskProblem("The practice file must be a JSON object with 'practice' and 'primary_contact'.")
    parts: dict[str, type[BaseModel]] = {"practice": Practice, "primary_contact": Contact}
    content = without_blanks(Request, content) | {
        name: without_blanks(model, part)
        for name, model in parts.items()
        if isinstance(part := content.get(name), dict)
    }
    try:
        request = Request.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise DeskProblem(f"The practice file is not valid: {error_sentence(error)}.") from None
    except RecursionError:
        raise DeskProblem("The practice file is nested too deeply; see the example in the README.") from None
    practice_calendar(request, date(2000, 1, 1), years=0)
    return request


def practice_calendar(request: Request, first_day: date, years: int = 2) -> Calendar:
    """The working days of the practice's place. Raises `DeskProblem` for a place that does not exist."""
    practice = request.practice
    try:
        return calendar_for(practice.time_zone, practice.country, practice.state, first_day=first_day, years=years)
    except UnknownPlace as error:
        raise DeskProblem(f"practice: {error}") from None


def request_of_row(given: dict[str, str]) -> Request:
    """A request from the columns of a CSV file. Raises `DeskProblem`, which speaks of columns."""
    practice: dict[str, Any] = {name: given[name] for name in COLUMNS[:7] if name in given}
    practice["id"] = _id_of_row(given)
    contact = {name.removeprefix("contact_"): given[name] for name in COLUMNS[7:10] if name in given}
    if "client_count" in practice and practice["client_count"].isdecimal():
        practice["client_count"] = int(practice["client_count"])
    content: dict[str, Any] = {"practice": practice, "primary_contact": contact}
    content |= {name: given[name] for name in ("requested_at", "assignee") if name in given}
    try:
        return request_of(content)
    except DeskProblem as problem:
        raise DeskProblem(_by_column(str(problem))) from None


def read_many(data: bytes) -> Iterator[Taken | Refusal]:
    """The rows of a CSV file, each a request or the reason why not. Raises `DeskProblem` for a file that is no such
    CSV."""
    if len(data) > SIZE_LIMIT:
        raise DeskProblem(f"The file is larger than {SIZE_LIMIT // 1_000_000} MB; split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeskProblem("The file is not UTF-8; save it as CSV UTF-8 and try again.") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows.fieldnames = columns_of(rows.fieldnames or [])
        _check_columns(list(rows.fieldnames))
    except csv.Error as error:
        raise DeskProblem(f"The first line of the file is not valid CSV ({error}); save it as CSV UTF-8.") from None
    taken: dict[str, int] = {}
    line = 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refusal(rows.line_num, "", f"The line is not valid CSV ({error}); the rest of the file is not read.")
            return
        line = rows.line_num
        yield _read_row(row, line, taken)


def _check_columns(found: list[str]) -> None:
    if len(found) == 1 and (other := next((each for each in (";", "\t", "|") if each in found[0]), None)):
        what = "tabs" if other == "\t" else f"'{other}'"
        raise DeskProblem(f"The CSV's fields are separated by {what}: separate them by commas and try again.")
    missing = [name for name in NEEDED if name not in found]
    unknown = [name for name in found if name not in (*COLUMNS, REASON)]
    twice = [name for name in dict.fromkeys(found) if found.count(name) > 1]
    if missing or unknown or twice:
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(twice)} more than once"
        if unknown:
            what = f"has unknown columns: {', '.join(unknown)}"
        raise DeskProblem(f"The CSV's first line {what}; it may have {', '.join(COLUMNS)}.")


def _read_row(row: dict[str | Any, Any], line: int, taken: dict[str, int]) -> Taken | Refusal:
    if None in row or None in row.values():
        there = {name: value for name, value in row.items() if name in COLUMNS and isinstance(value, str)}
        why = "The row does not have the same number of fields as the first line."
        return Refusal(line, _id_of_row(there), why, there)
    given = {name: unguarded(value).strip() for name, value in row.items() if name != REASON and value.strip()}
    name = _id_of_row(given)
    if name in taken:
        why = f"The practice is already in line {taken[name]}."
        if "id" not in given:
            why = f"Its name makes the same ID as that of line {taken[name]}: give each of them an ID."
        return Refusal(line, name, why, given)
    try:
        request = request_of_row(given)
    except DeskProblem as problem:
        return Refusal(line, name, str(problem), given)
    taken[name] = line
    return Taken(line, request, given)


def slug(name: str) -> str:
    """A practice's ID made of its name: `Riverside Veterinary Clinic` is `riverside-veterinary-clinic`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")


def _id_of_row(given: Mapping[str, str]) -> str:
    return given.get("id") or slug(given.get("name", ""))


def _by_column(complaint: str) -> str:
    """A complaint about a practice file, with the names that the CSV file's columns have."""
    text = complaint.removeprefix("The practice file is not valid: ").removeprefix("practice: ")
    return text.replace("primary_contact.", "contact_").replace("practice.", "")
