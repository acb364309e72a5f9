"""Reads clients for a dry run of merging, from any file that can be a feed; their patients may stand in a column."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.reader import open_feed
from pharmacy.feeds.rows import Row
from pharmacy.feeds.source import Cells
from pharmacy.merge.people import Patient, Person

COLUMNS = ("id", "given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
_PATIENT = re.compile(r"^(?P<name>[^()]*?)\s*(?:\((?P<species>[^,()]*)(?:,(?P<breed>[^()]*))?\))?$")
MAX_PATIENTS_LENGTH = 10_000


class PeopleFile:
    """The clients of a file; `report` says what was set aside, once they were read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.report: list[str] = []

    def __iter__(self) -> Iterator[Person]:
        """Yields the clients. Raises `InvalidFeed`."""
        try:
            yield from self._read()
        except FileNotFoundError:
            raise InvalidFeed(f"There is no file {self._path}; name one that exists.") from None
        except IsADirectoryError:
            raise InvalidFeed(f"{self._path} is a directory; name a CSV file in it.") from None
        except OSError as error:
            raise InvalidFeed(f"{self._path} cannot be read ({error.strerror}); check who may read it.") from None

    def _read(self) -> list[Person]:
        feed = open_feed(self._path, self._path.name)
        people: list[Person] = []
        patients: dict[str, list[Patient]] = defaultdict(list)
        for source, parse in feed.parsers(datetime.now(UTC).date()):
            for cells in source.rows():
                *_, row = parse(cells)
                if isinstance(row, Row) and row.kind == "client" and isinstance(cells, Cells):
                    pets = parse_patients(cells.cells.get("patients", ""))
                    texts = {name: value or "" for name, value in zip(COLUMNS[1:], row.values, strict=True)}
                    people.append(Person(row.id, **texts, patients=pets))
                elif isinstance(row, Row):
                    owner, name, species, breed = row.values[:4]
                    if name:
                        patients[owner].append(Patient(name, species or "", breed or ""))
        self.report = feed.findings.sentences()
        if patients:
            people = [replace(each, patients=(*each.patients, *patients.get(each.id, ()))) for each in people]
        return people


def parse_patients(text: str) -> tuple[Patient, ...]:
    """Splits patients joined by semicolons: "Bella; Max (dog); Luna (cat, Maine Coon)"."""
    patients = []
    for part in text[:MAX_PATIENTS_LENGTH].split(";"):
        found = _PATIENT.match(part.strip())
        if found is None:
            patients.append(Patient(part.strip()))
        elif found["name"]:
            patients.append(Patient(found["name"], (found["species"] or "").strip(), (found["breed"] or "").strip()))
    return tuple(patients)
