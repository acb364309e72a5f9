"""The life of a prescription as a state machine: whatever happens in whatever order, nothing illegal is ever sent.

Calls are accepted, lost on the way, carried out without an answer, refused, put off, and crossed by other events. The
oracle judges each one; once all is quiet, what it shows is what our rules say.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pharmacy.prescriptions.life import steps
from pharmacy.prescriptions.life.calls import (
    Accepted,
    Call,
    Create,
    Disable,
    End,
    Observed,
    Outcome,
    Stuck,
    Unsure,
    Update,
    Waiting,
)
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.delivery import acknowledged, delivery_state, next_call
from pharmacy.prescriptions.life.difference import wanted
from pharmacy.prescriptions.life.events import Cancel, Decline, Undo
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.story import history, story
from pharmacy.prescriptions.life.values import Rules
from playbooks.engine.transition import Refused
from tests.prescriptions.life import Life, an_item
from tests.prescriptions.oracle import CANCELLED, DECLINED, EzyVet

PRODUCTS = ("A", "B", "C")
SOME = st.none() | st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=2, unique=True)
AGO = st.none() | st.sampled_from([1, 10, 60, 1440, 5000])
WHO = st.sampled_from(["vet", "owner"])
QTY = st.sampled_from([1, 3, 4.5])
FINAL = DECLINED | CANCELLED


class Machine(RuleBasedStateMachine):
    life: Life

    @initialize(
        origin=st.sampled_from(["vet", "owner"]),
        undo=st.sampled_from([0, 15]),
        can_disable=st.booleans(),
        start=st.sampled_from(["new", "shown", "filled"]),
        kinds=st.tuples(*[st.sampled_from(["prescription", "prescription", "over_the_counter", "free"])] * 2),
    )
    def open(self, origin: str, undo: int, can_disable: bool, start: str, kinds: tuple[Any, Any]) -> None:
        items = [an_item("A"), an_item("B", kinds[0]), an_item("C", kinds[1])]
        rules = Rules(undo=timedelta(minutes=undo), can_disable=can_disable)
        self.life = Life(*items, origin=origin, rules=rules)
        self.ezyvet = EzyVet()
        self.under_way: Call | None = None
        self.seen_final: dict[str, str] = {}
        self.origin, self.undo_time = origin, timedelta(minutes=undo)
        self.free = {item.product for item in items if item.kind == "free"}
        self.recorded: list[tuple[str, dict[str, Any]]] = []
        self.ended: dict[str, datetime] = {}
        if start != "new":
            self.happen("approve", by="lee")
            self.happen("pay")
        if start == "filled":
            self.happen("dispense", product="A", qty=3, remaining=2)
        self.all_is_sent()

    def happen(self, name: str, ago: int | None = None, **body: Any) -> None:
        if ago is not None:
            body["at"] = (self.life.now - timedelta(minutes=ago)).isoformat()
        before = self.life.prescription
        body["key"] = f"key {len(self.recorded)}"
        try:
            receipt = self.life.do(name, **body)
        except Refused as refusal:
            assert str(refusal).endswith(".")
            assert self.life.prescription == before
            return
        if receipt.outcome == "already_known":
            assert self.life.prescription == before
            return
        self.recorded.append((name, body))
        event = self.life.prescription.events[-1].event
        if isinstance(event, Decline | Cancel):
            self.ended |= dict.fromkeys(event.items or (), self.life.now)
        if isinstance(event, Undo):
            self.ended = {product: at for product, at in self.ended.items() if product not in (event.items or ())}

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def it_is_reported_again(self, data: st.DataObject) -> None:
        name, body = data.draw(st.sampled_from(self.recorded))
        self.life.repeated(name, **body)

    @rule(name=st.sampled_from(["approve", "pay"]), ago=AGO)
    def approve_or_pay(self, name: str, ago: int | None) -> None:
        self.happen(name, ago, **({"by": "lee"} if name == "approve" else {}))

    @rule(name=st.sampled_from(["decline", "cancel"]), by=WHO, items=SOME, ago=AGO)
    def end(self, name: str, by: str, items: list[str] | None, ago: int | None) -> None:
        self.happen(name, ago, by=by, reason="for a reason", items=items)

    @rule(items=SOME)
    def undo(self, items: list[str] | None) -> None:
        self.happen("undo", items=items)

    @rule(product=st.sampled_from(PRODUCTS), qty=QTY, remaining=st.sampled_from([0, 1, 2, 7]), ago=AGO)
    def dispense(self, product: str, qty: float, remaining: int, ago: int | None) -> None:
        self.happen("dispense", ago, product=product, qty=qty, remaining=remaining)

    @rule(product=st.sampled_from(PRODUCTS), qty=st.none() | QTY, ago=AGO)
    def take_back(self, product: str, qty: float | None, ago: int | None) -> None:
        self.happen("return", ago, product=product, qty=qty)

    @rule(name=st.sampled_from(["ship", "deliver", "patient_died", "patient_alive", "Rex", "Max"]))
    def patient_or_parcel(self, name: str) -> None:
        self.happen("patient_renamed", patient_name=name) if name in ("Rex", "Max") else self.happen(name)

    @rule(vet=st.sampled_from(["lee", "kim", None]))
    def prescriber(self, vet: str | None) -> None:
        if vet:
            self.ezyvet.disabled_users.discard(vet)
            self.happen("prescriber_replaced", prescriber=vet)
        elif self.under_way is None:
            self.happen("prescriber_disabled")
            self.ezyvet.disabled_users.add(position_of(self.life.prescription).prescriber)

    @rule(minutes=st.sampled_from([1, 14, 15, 1440, 46 * 1440, 370 * 1440]))
    def time_passes(self, minutes: int) -> None:
        self.life.later(minutes=minutes)

    @precondition(lambda self: self.under_way is None)
    @rule()
    def all_is_sent(self) -> None:
        for _ in range(8):
            self.begin_call()
            if self.under_way is None:
                return
            self.call_is_accepted()
        raise AssertionError("It never falls quiet.")

    @precondition(lambda self: self.under_way is None)
    @rule()
    def begin_call(self) -> None:
        self.under_way = next_call(self.life.prescription, self.life.now)

    def settle(self, call: Call, outcome: Outcome) -> None:
        self.under_way = None
        self.life._take(acknowledged(self.life.prescription, call, outcome, self.life.now))

    @precondition(lambda self: self.under_way is not None)
    @rule()
    def call_is_accepted(self) -> None:
        call = self.under_way
        assert call
        self.settle(call, Accepted(uid=self.ezyvet.take(call.model_dump(mode="json"))))

    @precondition(lambda self: self.under_way is not None)
    @rule(carried_out=st.booleans())
    def answer_is_lost(self, carried_out: bool) -> None:
        call = self.under_way
        assert call
        if carried_out:
            self.ezyvet.take(call.model_dump(mode="json"))
        self.settle(call, Unsure(reason="The connection was cut."))
        assert next_call(self.life.prescription, self.life.now) is None

    @precondition(lambda self: self.under_way is not None)
    @rule(outcome=st.sampled_from([Waiting(reason="Not live."), Stuck(reason="Unknown animal.")]))
    def call_is_not_carried_out(self, outcome: Outcome) -> None:
        call = self.under_way
        assert call
        self.settle(call, outcome)

    def problem(self) -> Call | None:
        problem = self.life.prescription.delivery.problem
        return problem.call if problem else None

    @precondition(lambda self: self.problem() is not None)
    @rule()
    def it_is_looked_up(self) -> None:
        call = self.problem()
        assert call
        shown = self.ezyvet.shown()
        self.settle(call, Observed.model_validate({name: shown[name] for name in ("uid", "active", "items")}))

    @precondition(lambda self: self.problem() is not None)
    @rule()
    def a_person_settles_it(self) -> None:
        call, shown = self.problem(), self.ezyvet.shown()
        assert call
        there = _is_done(call.model_dump(mode="json"), shown)
        uid = shown["uid"] if there and call.kind == "create" else None
        self.happen("resolve", decision="there" if there else "send", uid=uid)

    @invariant()
    def what_would_be_sent_is_legal(self) -> None:
        call = None if self.under_way else next_call(self.life.prescription, self.life.now)
        if call is None:
            return
        deepcopy(self.ezyvet).take(call.model_dump(mode="json"))
        held = {product for product, at in self.ended.items() if self.life.now < at + self.undo_time}
        match call:
            case Create(items=items):
                needed = {"approve"} if self.origin == "vet" else {"approve", "pay"}
                assert needed <= {name for name, _ in self.recorded}
                assert self.free.isdisjoint(item.product for item in items)
                assert held <= self.free, "nothing can be added to a creation later"
            case Update(items=changes):
                assert held.isdisjoint(item.product for item in changes if isinstance(item, End))
            case Disable():
                assert held.isdisjoint(self.ezyvet.rows)

    @invariant()
    def it_can_be_told(self) -> None:
        life = self.life
        told, state = story(life.prescription, life.now), delivery_state(life.prescription)
        assert told.where.endswith(".") and told.next.endswith(".") and state.reason.endswith(".")
        assert len(history(life.prescription)) == len(life.prescription.events) + 1
        assert [entry.number for entry in life.entries] == list(range(1, life.prescription.entry_count + 1))

    @invariant()
    def what_is_shown_as_final_stays(self) -> None:
        for item in self.life.prescription.delivery.items:
            known = self.seen_final.setdefault(item.product, item.status) if item.status in FINAL else None
            assert known in (None, item.status)
            assert item.product not in self.seen_final or self.seen_final[item.product] == item.status

    @invariant()
    def timers_lie_ahead(self) -> None:
        at = steps.next_wakeup(self.life.prescription)
        assert at is None or at > self.life.now

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        self.quieten()
        life, shown = self.life, self.ezyvet.shown()
        prescription = life.prescription
        delivery, state = prescription.delivery, delivery_state(prescription)
        position = position_of(prescription)
        assert state.state in ("not_due", "sent", "disabled") or position.prescriber_disabled
        assert delivery.uid == shown["uid"]
        assert (state.state == "disabled") == (shown["uid"] is not None and not shown["active"])
        assert {item.product: item.model_dump(mode="json") for item in delivery.items} == {
            item["product"]: item for item in shown["items"]
        }
        if shown["uid"] is None:
            assert not wanted(position) or position.prescriber_disabled
        elif shown["active"]:
            self.agrees(shown)

    def quieten(self) -> None:
        """Lets everything happen that is on its way, without a fault."""
        if self.under_way:
            self.call_is_accepted()
        if self.problem():
            self.it_is_looked_up()
        self.life.later(minutes=16)
        self.all_is_sent()

    def agrees(self, shown: dict[str, Any]) -> None:
        position = position_of(self.life.prescription)
        rows = {item["product"]: item for item in shown["items"]}
        keys = {concern.key for concern in concerns(self.life.prescription)}
        for item in position.items:
            row = rows.get(item.item.product)
            if row is None:
                missing = f"missing/{item.item.product}" in keys
                ended = (item.end and not item.ledger.last) or item.ledger.all_returned
                assert item.item.kind == "free" or ended or item.status is None or missing
                continue
            assert (item.status, item.status_at) == (row["status"], row["status_date"])
            if row["status"] not in FINAL:
                assert row["last_dispensed"] == item.last_dispensed_at
                assert (row["qty"], row["remaining"]) == (item.qty, item.remaining)
        if any(row["status"] == "CURRENT" for row in rows.values()) and not position.prescriber_disabled:
            assert self.ezyvet.prescriber == position.prescriber


def _is_done(call: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Whether a call was carried out, as a person sees who looks there."""
    if call["kind"] == "check":
        return True
    if call["kind"] == "create":
        return shown["uid"] is not None
    if call["kind"] == "disable":
        return not shown["active"]
    rows = {item["product"]: item for item in shown["items"]}
    return call["prescriber"] in (None, shown["prescriber"]) and all(
        rows[item["product"]][name] == value
        for item in call["items"]
        for name, value in item.items()
        if name not in ("kind", "product")
    )


Machine.TestCase.settings = settings(
    stateful_step_count=25,
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestMachine = Machine.TestCase
