"""A practice with data: started as people start it, its feeds handed in as they hand them in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from desk import feed_imports
from desk.service import Desk
from pharmacy.records import feed_progress
from pharmacy.records.clinic import clinic_transaction as of_practice
from store.journal import journal
from tests.records import clinics
from tests.records.clinics import ndjson, patient
from tests.system.harness import Mailbox, Practice, eventually
from tests.web.browser import next_number

__all__ = ["DataPractice", "client", "clinic", "ndjson", "patient"]


def client(number: int, **more: Any) -> dict[str, Any]:
    """A client whose names tell the number."""
    told = {"given_name": "Ann", "surname": f"Lee-{number}", "email": f"ann{number}@mail.example"}
    return clinics.client(number, **(told | more))


@dataclass
class DataPractice(Practice):
    """`folder` is where its exports lie; each feed is made a day after the one before it."""

    folder: Path = Path()
    days: int = 0

    @property
    def pages(self) -> str:
        return f"/practices/{self.id}"

    async def is_known(self) -> None:
        """Waits until the journal has it."""
        await eventually(lambda: journal.find(self.desk.database, self.identity), bool)

    def export(self, *rows: dict[str, Any], **manifest: Any) -> bytes:
        """An export of these rows; after the first one, of what changed."""
        self.days += 1
        manifest = {"scope": "full" if self.days == 1 else "changes", **manifest}
        return ndjson(rows, made_at=f"2026-10-{self.days:02}T12:00:00Z", **manifest)

    async def import_rows(self, *rows: dict[str, Any], **manifest: Any) -> feed_progress.Feed:
        """A feed of these rows, handed in and followed to its end, or to its question."""
        path = self.folder / f"{self.id}.ndjson"
        path.write_bytes(self.export(*rows, **manifest))
        arrival = await feed_imports.hand_in(self.desk, self.id, path, path.name, self.by)
        return await self.feed(arrival.number)

    async def rows(self, query: str, **given: Any) -> list[dict[str, Any]]:
        """Rows of the practice's own."""
        async with of_practice(self.desk.database, self.id) as connection:
            return [dict(row) for row in (await connection.execute(text(query), given)).mappings()]

    async def feed(self, number: int, asks: bool = True) -> feed_progress.Feed:
        """A feed, once it is over or asks."""
        return await eventually(
            lambda: feed_progress.load_feed(self.desk.database, self.id, number),
            lambda feed: feed.is_over or (asks and feed.state == "asking"),
            60,
        )


@pytest.fixture
async def clinic(desk: Desk, mailbox: tuple[Mailbox, int], tmp_path: Path) -> AsyncIterator[DataPractice]:
    """A practice that waits for its first data."""
    one = DataPractice(desk, mailbox[0], f"data-{next_number()}", folder=tmp_path)
    await one.start()
    await one.is_known()
    yield one
