"""A clinic whose feeds are generated and imported step by step, as the import does it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from migrations.tables import metadata
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.records import feed_progress, feeds, linking, plausibility, staging
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.tables import practices

Cells = dict[str, Any]
GIVEN = ["Ingrid", "Ann", "Tobias", "Wanda", "Quentin", "Olga", "Percival"]
SURNAMES = ["Zimmermann", "Abbott", "Castillo", "Dubois", "Eriksson", "Fitzgerald", "Haddad", "Okonkwo", "Petrov"]
STREETS = ["Vine Rd", "Main St", "Harbor Blvd", "Quarry Ln", "Jefferson Ave"]
FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
DUMPED = {
    "clients": "id, given_name, surname, street, city, state, postcode, phone, email, feed",
    "patients": "id, client, name, species, breed, birth_date, age_months, age_on, weight_grams, deceased, "
    "deceased_on, feed",
    "changes": "kind, id, field, old, new, source, feed, by, why",
    "differences": "kind, id, field, ours, theirs, first_feed, last_feed, state, by, why",
    "client_links": "client, home_client, state, feed, reasons",
    "set_aside": "feed, kind, line, field, id, reason",
    "feeds": "number, scope, state, why, rows_read, unchanged_clients, unchanged_patients, new_clients, new_patients, "
    "updated_clients, updated_patients, set_aside, values_set_aside, differing, missing",
}


def client(number: int, **more: Any) -> Cells:
    return {
        "kind": "client",
        "id": f"C{number}",
        "given_name": GIVEN[number % 7],
        "surname": SURNAMES[number % 9],
        "street": f"{number} {STREETS[number % 5]}",
        "city": "Springfield",
        "state": "IL",
        "postcode": "62701",
        "phone": f"555-01{number:02}",
        "email": f"c{number}@mail.example",
        **more,
    }


def patient(number: int, owner: int, **more: Any) -> Cells:
    return {
        "kind": "patient",
        "id": f"P{number}",
        "client_id": f"C{owner}",
        "name": f"Rex-{number}",
        "species": "dog",
        "breed": "Beagle",
        "birth_date": "2019-05-01",
        "weight_kg": 12.5,
        "deceased": False,
        **more,
    }


def ndjson(rows: Iterable[Cells], **manifest: Any) -> bytes:
    return "\n".join(json.dumps(row) for row in [{"kind": "feed", **manifest}, *rows]).encode()


@dataclass
class Clinic:
    engine: AsyncEngine
    id: str
    folder: Path
    made: Any = field(default_factory=lambda: itertools.count().__next__)

    async def create(self) -> Clinic:
        async with self.engine.begin() as connection:
            await connection.execute(insert(practices).values(id=self.id, name=self.id.title()))
        return self

    async def receive(self, content: bytes, name: str = "feed.ndjson", made_at: datetime | None = None) -> int:
        path = self.folder / f"{self.id}-{name}"
        path.write_bytes(content)
        made_at = made_at or FIRST + timedelta(days=2 * self.made())
        return (await feeds.receive_feed(self.engine, self.id, path, name, "ana", made_at)).number

    async def import_feed(self, number: int, size: int = 1_000) -> None:
        """Runs all steps of the import, from wherever it was interrupted."""
        try:
            await staging.stage_feed(self.engine, self.id, number, no_heartbeat, size)
            await plausibility.check_plausibility(self.engine, self.id, number)
        except InvalidFeed as problem:
            await feeds.refuse_feed(self.engine, self.id, number, str(problem))
        await linking.apply_and_link(self.engine, self.id, number, no_heartbeat, size)

    async def import_rows(self, *rows: Cells, size: int = 1_000, **manifest: Any) -> feed_progress.Feed:
        """Receives and imports a feed of these rows."""
        number = await self.receive(ndjson(rows, **manifest))
        await self.import_feed(number, size)
        return await feed_progress.load_feed(self.engine, self.id, number)

    async def rows(self, query: str, **given: Any) -> list[dict[str, Any]]:
        async with clinic_transaction(self.engine, self.id) as connection:
            return [dict(row) for row in (await connection.execute(text(query), given)).mappings()]

    async def value(self, kind: str, id: str, column: str) -> Any:
        (row,) = await self.rows(f"SELECT {column} FROM {kind}s WHERE id = :id", id=id)
        return row[column]

    async def differences(self) -> list[tuple[str, str, str]]:
        """Returns id, field and state of each difference."""
        rows = await self.rows("SELECT id, field, state FROM differences ORDER BY id, field")
        return [(row["id"], row["field"], row["state"]) for row in rows]

    async def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Returns everything that feeds have written of the clinic's records, without times."""
        async with clinic_transaction(self.engine, self.id) as connection:
            return {
                table: [
                    tuple(row)
                    for row in await connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {columns}"))
                ]
                for table, columns in DUMPED.items()
            }


def no_heartbeat(*progress: Any) -> None:
    """Ignores progress."""


async def links(clinic: Clinic) -> list[tuple[str, str, str]]:
    found = await clinic.rows("SELECT client, home_client, state FROM client_links ORDER BY client, home_client")
    return [(row["client"], row["home_client"], row["state"]) for row in found]


WALLED = sorted(
    name
    for name, table in metadata.tables.items()
    if "practice" in table.c and name not in ("onboardings", "batch_rows", "watched_feeds", "practice_links")
)
"""Tables of clinics: all that name a practice and belong to this database."""
