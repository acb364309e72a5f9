"""A prescription as tests drive it: events, time that passes, and calls that are carried out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.calls import Accepted, Call, Create, End, Outcome, Update
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.delivery import acknowledged, delivery_state, next_call
from pharmacy.prescriptions.life.events import Report, parse_event
from pharmacy.prescriptions.life.position import ItemPosition, items_of
from pharmacy.prescriptions.life.values import (
    DeliveryState,
    Item,
    Kind,
    NewPrescription,
    Notice,
    Prescription,
    Receipt,
    Result,
    Rules,
)
from playbooks.engine.onboarding import Entry
from playbooks.engine.transition import Refused

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
"""Noon in Chicago."""
UNDO = timedelta(minutes=15)
UID = "rx-uid-1"


def an_item(product: str = "A", kind: Kind = "prescription", **fields: Any) -> Item:
    given: dict[str, Any] = {"qty": 3, "refills": 2, "price_cents": 2000, "instructions": "Once a day", **fields}
    return Item(product=product, name=f"Product {product}", kind=kind, link=f"https://rx.test/{product}", **given)


def a_prescription(*items: Item, **fields: Any) -> NewPrescription:
    given: dict[str, Any] = {
        "id": "RX-1",
        "practice": "riverside-vet",
        "time_zone": "America/Chicago",
        "patient": "P1",
        "patient_name": "Rex",
        "owner": "C1",
        "prescriber": "lee",
        "origin": "vet",
        **fields,
    }
    return NewPrescription(items=items or (an_item(),), **given)


class Life:
    """One prescription. Every step also checks that its state survives JSON, as it travels through the workflow."""

    def __init__(self, *items: Item, rules: Rules | None = None, now: datetime = NOON, **fields: Any) -> None:
        self.now = now
        self.calls: list[Call] = []
        self.entries: list[Entry] = []
        self.notices: list[Notice] = []
        self.prescription: Prescription
        opened = steps.open(a_prescription(*items, **fields), "lee", now, rules or Rules())
        self._take(opened)

    def _take(self, result: Result) -> Result:
        self.prescription = Prescription.model_validate_json(result.prescription.model_dump_json())
        assert self.prescription == result.prescription
        self.entries += result.entries
        self.notices += result.notices
        return result

    def do(self, name: str, *, key: str | None = None, by: Any = None, **body: Any) -> Receipt:
        """Records an event; `by` is part of the body where the event has one."""
        given = {**body, "by": by} if by else body
        report = Report(event=parse_event(name, given), by="someone", key=key)
        receipt = self._take(steps.record(self.prescription, report, self.now)).receipt
        assert receipt
        return receipt

    def refused(self, name: str, **body: Any) -> str:
        """Records an event that is refused, and returns the sentence; nothing changes."""
        with pytest.raises(Refused) as refusal:
            self.do(name, **body)
        sentence = str(refusal.value)
        assert sentence.endswith(".")
        return sentence

    def repeated(self, name: str, **body: Any) -> str:
        """Records an event that is known already, and returns the sentence."""
        before = self.prescription
        receipt = self.do(name, **body)
        assert (receipt.outcome, self.prescription) == ("already_known", before)
        return receipt.text

    def later(self, **time: float) -> Life:
        """Lets time pass; wakes when it is time to."""
        end = self.now + timedelta(**time)
        while (at := steps.next_wakeup(self.prescription)) and at <= end:
            self.now = max(self.now, at)
            self._take(steps.wake(self.prescription, self.now))
        self.now = end
        return self

    def answer(self, outcome: Outcome) -> Call:
        """Answers the next call."""
        call = next_call(self.prescription, self.now)
        assert call
        self.calls.append(call)
        self._take(acknowledged(self.prescription, call, outcome, self.now))
        return call

    def settle(self, outcome: Outcome) -> None:
        """Gives the outcome of the call that is in doubt, once it was looked up."""
        problem = self.prescription.delivery.problem
        assert problem
        self._take(acknowledged(self.prescription, problem.call, outcome, self.now))

    def sent(self) -> list[Call]:
        """Returns the calls that go out now, each of which is accepted."""
        before = len(self.calls)
        while call := next_call(self.prescription, self.now):
            assert len(self.calls) < before + 20, "it never falls quiet"
            self.answer(Accepted(uid=UID if isinstance(call, Create) else None))
        return self.calls[before:]

    def item(self, product: str = "A") -> ItemPosition:
        return next(each for each in items_of(self.prescription) if each.item.product == product)

    @property
    def statuses(self) -> dict[str, str | None]:
        return {each.item.product: each.status for each in items_of(self.prescription)}

    @property
    def state(self) -> DeliveryState:
        return delivery_state(self.prescription)

    @property
    def concerns(self) -> list[str]:
        return [concern.text for concern in concerns(self.prescription)]


def approved(*items: Item, **fields: Any) -> Life:
    """Returns a vet's prescription that is approved and shown."""
    life = Life(*items, **fields)
    life.do("approve", by="lee")
    life.sent()
    return life


def dispensed(*items: Item, **fields: Any) -> Life:
    """Returns one whose first item is dispensed, and shown so."""
    life = approved(*items, **fields)
    life.do("dispense", product="A", qty=3, remaining=2)
    life.sent()
    return life


def ended(life: Life) -> list[str]:
    """Returns the words that go out now."""
    return [
        item.status for call in life.sent() if isinstance(call, Update) for item in call.items if isinstance(item, End)
    ]
