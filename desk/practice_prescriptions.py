"""Prescriptions as a practice's people read and decide them: only their own practice's, in the name of a vet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk import prescriptions
from desk.problem import NotFound
from desk.service import Desk
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.delivery import delivery_state
from pharmacy.prescriptions.life.endings import held_until
from pharmacy.prescriptions.life.events import Event, Report
from pharmacy.prescriptions.life.position import Position, position_of
from pharmacy.prescriptions.life.story import HistoryStep, Story, history, story
from pharmacy.prescriptions.life.timers import lapses_at
from pharmacy.prescriptions.life.values import DeliveryState, Prescription
from playbooks.engine.transition import Refused
from store.accounts.members import Member, vets_decided_for_at

MOST_REQUESTS = 200
"""Requests shown at once; the oldest come first, so that none is forgotten."""


@dataclass(frozen=True)
class PracticeView:
    """A prescription with what follows from it at `now`."""

    prescription: Prescription
    position: Position
    story: Story
    delivery: DeliveryState
    history: tuple[HistoryStep, ...]
    now: datetime

    @property
    def valid_until(self) -> datetime | None:
        """A time on the last day of its validity, which ends with that day."""
        ends = self.position.expires_at
        return ends and ends - timedelta(seconds=1)

    @property
    def waits(self) -> bool:
        """Whether a call to the practice's system is put off; the story's `by` is then the next try."""
        return self.prescription.delivery.waiting is not None

    @property
    def dispensed_meanwhile(self) -> bool:
        """Whether it can be dispensed although a call to the practice's system is put off."""
        position = self.position
        return self.waits and position.due_at is not None and bool(position.open_items) and not position.over

    @property
    def lapses_at(self) -> datetime:
        return lapses_at(self.prescription)

    @property
    def waits_for_approval(self) -> bool:
        return self.position.approval is None and self.story.waiting_on == "vet"

    @property
    def undo_until(self) -> datetime | None:
        """Until when the last decline or cancel can be taken back; None if none can."""
        ends = [item.end for item in self.position.items if item.end]
        held = [held_until(self.prescription, end.recorded) for end in ends]
        return max((each for each in held if each > self.now), default=None)

    def in_name_of(self, vets: Collection[str]) -> bool:
        """Whether somebody who decides for these vets decides about it."""
        return self.position.prescriber in vets


def view(prescription: Prescription, now: datetime) -> PracticeView:
    return PracticeView(
        prescription,
        position_of(prescription),
        story(prescription, now),
        delivery_state(prescription),
        history(prescription),
        now,
    )


async def load(desk: Desk, practice: str, id: str, now: datetime) -> PracticeView:
    """Raises `NotFound` also for another practice's prescription."""
    prescription = await prescriptions.load(desk, id)
    if prescription.practice != practice:
        raise NotFound(f"There is no prescription {id[:64]}.")
    return view(prescription, now)


async def renewal_of(desk: Desk, renewed: PracticeView) -> PracticeView | None:
    """Returns the last prescription that renews this one; None if none does."""
    its = renewed.prescription
    row = await register.find_renewal(desk.database, its.practice, its.patient, its.id)
    return view(prescriptions.prescription_of(row), renewed.now) if row else None


async def requests(desk: Desk, practices: Collection[str], now: datetime) -> list[PracticeView]:
    """Returns what waits for a vet's approval at these practices, the oldest first."""
    rows = await register.waiting_on(desk.database, practices, "vet", MOST_REQUESTS)
    found = (view(prescriptions.prescription_of(row), now) for row in rows)
    return [each for each in found if each.waits_for_approval]


async def requests_for(desk: Desk, memberships: Collection[Member], now: datetime) -> list[PracticeView]:
    """Returns the requests that one person decides about, at any of their practices (RS9)."""
    vets = await vets_decided_for_at(desk.database, memberships)
    practices = [practice for practice, named in vets.items() if named]
    found = await requests(desk, practices, now) if practices else []
    return [each for each in found if each.in_name_of(vets[each.prescription.practice])]


def refusal(prescription: Prescription, event: Event, by: str, now: datetime) -> str | None:
    """Returns why an event would be refused now, in a sentence; None if it would not."""
    try:
        steps.record(prescription, Report(event=event, by=by), now)
    except Refused as problem:
        return str(problem)
    return None
