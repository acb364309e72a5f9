"""A practice with data: started as people start it, its feeds handed in as they hand them in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk import imports
from pharmacy import journal
from pharmacy.records import watching
from tests.records.clinics import client, ndjson, patient
from tests.system.world import Practice, eventually

__all__ = ["DataPractice", "client", "ndjson", "patient"]


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
        """An export of these rows."""
        self.days += 1
        return ndjson(rows, made_at=f"2026-10-{self.days:02}T12:00:00Z", **manifest)

    async def takes(self, *rows: dict[str, Any], **manifest: Any) -> watching.Feed:
        """A feed of these rows, handed in and followed to its end, or to its question."""
        path = self.folder / f"{self.id}.ndjson"
        path.write_bytes(self.export(*rows, **manifest))
        arrival = await imports.hand_in(self.desk, self.id, path, path.name, self.by)
        return await self.feed(arrival.number)

    async def feed(self, number: int, asks: bool = True) -> watching.Feed:
        """A feed, once it is over or asks."""
        return await eventually(
            lambda: watching.feed(self.desk.database, self.id, number),
            lambda feed: feed.is_over or (asks and feed.state == "asking"),
            60,
        )
