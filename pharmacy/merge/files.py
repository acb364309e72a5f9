"""Clients in a CSV file, as `onboard match` reads them (the contract's columns)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from pharmacy.merge.people import Animal, Person

COLUMNS = ("id", "given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
_ANIMAL = re.compile(r"^(?P<name>[^()]*?)\s*(?:\((?P<species>[^,()]*)(?:,(?P<breed>[^()]*))?\))?$")
LONGEST_FIELD = 10_000


class FileProblem(Exception):
    """A file that cannot be read; `str(problem)` is one sentence that says what to do."""


def read_people(path: Path) -> Iterator[Person]:
    """The clients of a CSV file, one after the other. Raises `FileProblem`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(path, csv.reader(file, delimiter=_delimiter(path), strict=True))
    except FileNotFoundError:
        raise FileProblem(f"There is no file {path}; name one that exists.") from None
    except IsADirectoryError:
        raise FileProblem(f"{path} is a directory; name a CSV file in it.") from None
    except UnicodeDecodeError:
        raise FileProblem(f"{path} is not text in UTF-8; save it as CSV in UTF-8 and try again.") from None
    except OSError as error:
        raise FileProblem(f"{path} cannot be read ({error.strerror}); check who may read it.") from None


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(LONGEST_FIELD)
    return max(",;\t", key=head.count)


def _rows(path: Path, rows: Iterator[list[str]]) -> Iterator[Person]:
    places: list[int | None] = []
    patients: int | None = None
    width = 0
    seen: set[str] = set()
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            if row and len(max(row, key=len)) > LONGEST_FIELD:
                # The reader's own limit is one for the whole process, and others may have raised it.
                raise csv.Error(f"a cell has more than {LONGEST_FIELD:,} characters")
            if not places:
                places, patients = _head(path, row)
                width = len(row)
            elif any(row):
                if len(row) > width and any(row[width:]):
                    raise FileProblem(
                        f"Row {number} of {path} has {len(row)} cells for {width} columns; put quotes around commas."
                    )
                person = _person(row, places, patients)
                if not person.id:
                    raise FileProblem(f"Row {number} of {path} has no id; give every client one.")
                if person.id in seen:
                    raise FileProblem(f"Row {number} of {path} has the id {person.id!r} again; each id is one client.")
                seen.add(person.id)
                yield person
    except csv.Error as error:
        raise FileProblem(
            f"{path} is no CSV file ({error}, after row {number}); save it as CSV and try again."
        ) from None
    if not places:
        raise FileProblem(f"{path} is empty; its first row must name the columns: {','.join(COLUMNS)}.")


def _head(path: Path, row: list[str]) -> tuple[list[int | None], int | None]:
    found = {name.strip().lower(): place for place, name in enumerate(row)}
    if "id" not in found:
        have = ", ".join(name for name in found if name)[:200] or "nothing"
        raise FileProblem(f"{path} has no column 'id' (found: {have}); its first row must name the columns.")
    if len(found.keys() & {*COLUMNS, "patients"}) < 2:
        raise FileProblem(f"{path} has no column besides 'id' that is known: {', '.join(COLUMNS[1:])}, patients.")
    return [found.get(name) for name in COLUMNS], found.get("patients")


def _person(row: list[str], places: list[int | None], patients: int | None) -> Person:
    cells = (row[place].strip() if place is not None and place < len(row) else "" for place in places)
    identity, given, surname, street, city, state, postcode, phone, email = cells
    named = row[patients] if patients is not None and patients < len(row) else ""
    animals = read_animals(named) if named else ()
    return Person(identity, given, surname, street, city, state, postcode, phone, email, animals)


def read_animals(text: str) -> tuple[Animal, ...]:
    """Animals joined by semicolons: "Bella; Max (dog); Luna (cat, Maine Coon)"."""
    animals = []
    for part in text[:LONGEST_FIELD].split(";"):
        found = _ANIMAL.match(part.strip())
        if found is None:
            animals.append(Animal(part.strip()))
        elif found["name"]:
            animals.append(Animal(found["name"], (found["species"] or "").strip(), (found["breed"] or "").strip()))
    return tuple(animals)
