"""Reads clients from a CSV file, as `onboard match` takes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from pharmacy.merge.people import Patient, Person

COLUMNS = ("id", "given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
_PATIENT = re.compile(r"^(?P<name>[^()]*?)\s*(?:\((?P<species>[^,()]*)(?:,(?P<breed>[^()]*))?\))?$")
MAX_FIELD_LENGTH = 10_000


class InvalidFile(Exception):
    """The file cannot be read; the message is one sentence that says what to do."""


def read_people(path: Path) -> Iterator[Person]:
    """Yields the clients of a CSV file. Raises `InvalidFile`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(path, csv.reader(file, delimiter=_delimiter(path), strict=True))
    except FileNotFoundError:
        raise InvalidFile(f"There is no file {path}; name one that exists.") from None
    except IsADirectoryError:
        raise InvalidFile(f"{path} is a directory; name a CSV file in it.") from None
    except UnicodeDecodeError:
        raise InvalidFile(f"{path} is not text in UTF-8; save it as CSV in UTF-8 and try again.") from None
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read ({error.strerror}); check who may read it.") from None


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(MAX_FIELD_LENGTH)
    return max(",;\t", key=head.count)


def _rows(path: Path, rows: Iterator[list[str]]) -> Iterator[Person]:
    positions: list[int | None] = []
    width = 0
    ids: set[str] = set()
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            if row and len(max(row, key=len)) > MAX_FIELD_LENGTH:
                # The limit of `csv` is for the whole process, and reading feeds raises it.
                raise csv.Error(f"a cell has more than {MAX_FIELD_LENGTH:,} characters")
            if not positions:
                positions = _read_header(path, row)
                width = len(row)
            elif any(row):
                if len(row) > width and any(row[width:]):
                    raise InvalidFile(
                        f"Row {number} of {path} has {len(row)} cells for {width} columns; put quotes around commas."
                    )
                person = _person(row, positions)
                if not person.id:
                    raise InvalidFile(f"Row {number} of {path} has no id; give every client one.")
                if person.id in ids:
                    raise InvalidFile(f"Row {number} of {path} has the id {person.id!r} again; each id is one client.")
                ids.add(person.id)
                yield person
    except csv.Error as error:
        raise InvalidFile(
            f"{path} is no CSV file ({error}, after row {number}); save it as CSV and try again."
        ) from None
    if not positions:
        raise InvalidFile(f"{path} is empty; its first row must name the columns: {','.join(COLUMNS)}.")


def _read_header(path: Path, row: list[str]) -> list[int | None]:
    """Returns the positions of `COLUMNS` and of the patients; None for a column that is missing."""
    found = {name.strip().lower(): position for position, name in enumerate(row)}
    if "id" not in found:
        have = ", ".join(name for name in found if name)[:200] or "nothing"
        raise InvalidFile(f"{path} has no column 'id' (found: {have}); its first row must name the columns.")
    columns = (*COLUMNS, "patients")
    if len(found.keys() & set(columns)) < 2:
        raise InvalidFile(f"{path} has no column besides 'id' that is known: {', '.join(columns[1:])}.")
    return [found.get(name) for name in columns]


def _person(row: list[str], positions: list[int | None]) -> Person:
    cells = (row[position].strip() if position is not None and position < len(row) else "" for position in positions)
    identity, given_name, surname, street, city, state, postcode, phone, email, patients = cells
    return Person(identity, given_name, surname, street, city, state, postcode, phone, email, parse_patients(patients))


def parse_patients(text: str) -> tuple[Patient, ...]:
    """Splits patients joined by semicolons: "Bella; Max (dog); Luna (cat, Maine Coon)"."""
    patients = []
    for part in text[:MAX_FIELD_LENGTH].split(";"):
        found = _PATIENT.match(part.strip())
        if found is None:
            patients.append(Patient(part.strip()))
        elif found["name"]:
            patients.append(Patient(found["name"], (found["species"] or "").strip(), (found["breed"] or "").strip()))
    return tuple(patients)
