"""A step in progress: the prescription as changed so far, its history entries, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.values import Notice, Prescription, Receipt, Result
from playbooks.engine.fields import utc
from playbooks.engine.model import CLOCK
from playbooks.engine.onboarding import Entry


@dataclass
class Step:
    prescription: Prescription
    now: datetime
    entries: list[Entry] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = utc(self.now)
        self._before = self.prescription

    def change(self, **fields: Any) -> None:
        self.prescription = self.prescription.model_copy(update=fields)

    def add_entry(
        self,
        kind: Literal["fact", "command", "clock", "alert"],
        name: str,
        text: str,
        by: str,
        *,
        at: datetime | None = None,
        why: str | None = None,
    ) -> None:
        number = self._before.entry_count + len(self.entries) + 1
        self.entries.append(
            Entry(
                number=number, kind=kind, name=name, text=text, by=by, why=why, at=at or self.now, recorded_at=self.now
            )
        )

    def tell(self, kind: Any, to: Literal["owner", "vet", "team"], text: str) -> None:
        self.notices.append(Notice(kind=kind, to=to, at=self.now, text=text))

    def result(self, receipt: Receipt | None = None) -> Result:
        """Returns the result; a concern that is new is an entry, and the team is told."""
        known = {concern.key for concern in concerns(self._before)}
        for concern in concerns(self.prescription):
            if concern.key not in known:
                self.add_entry("alert", "concern", concern.text, CLOCK)
                self.tell("concern", "team", concern.text)
        if self.prescription is not self._before:
            self.change(version=self._before.version + 1, entry_count=self._before.entry_count + len(self.entries))
        return Result(self.prescription, tuple(self.entries), tuple(self.notices), receipt)
