"""What has become of each item of an order, in the words of a parcel's way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from desk.practice_prescriptions import PracticeView
from pharmacy.prescriptions.life.events import Ship
from pharmacy.prescriptions.life.fills import refill_held_until
from pharmacy.prescriptions.life.position import ItemPosition

State = Literal["good", "calm", "quiet", "warn", "bad"]


@dataclass(frozen=True)
class Line:
    """An item: `state` and `title` say where it is since `at`; `carrier` is who brings it.

    `held_until` is from when a refill can be sent that was asked for early.
    """

    position: ItemPosition
    state: State
    title: str
    at: datetime | None
    carrier: str | None = None
    held_until: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.position.end is not None


def lines(view: PracticeView) -> list[Line]:
    return [
        replace(_line(view, each), held_until=refill_held_until(view.prescription, each, view.now))
        for each in view.position.items
    ]


def _line(view: PracticeView, item: ItemPosition) -> Line:
    if item.end:
        verb = "Came back" if item.ledger.all_returned else "Declined" if not item.ledger.fills else "Stopped"
        if not item.ledger.fills and item.void:
            verb = "Cancelled"
        return Line(item, "quiet", verb, item.end.at)
    if item.delivered:
        return Line(item, "good", "Delivered", item.delivered.at)
    if item.shipped:
        carrier = item.shipped.event.carrier if isinstance(item.shipped.event, Ship) else None
        return Line(item, "calm", "On its way", item.shipped.at, carrier)
    if item.ledger.last:
        return Line(item, "calm", "Being packed", item.ledger.last.at)
    position = view.position
    if position.over:
        return Line(item, "quiet", "Not dispensed", position.over.at)
    if position.due_at:
        return Line(item, "calm", "Ordered", position.due_at)
    if position.approval:
        return Line(item, "warn", "Waits for the owner's payment", position.approval.at)
    return Line(item, "warn", "Waits for the vet's approval", view.prescription.opened_at)
