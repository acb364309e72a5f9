"""A prescription's writes: none is made twice, whichever process dies or stops, and nothing that was done is lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.ezyvet import EzyvetCalls
from integrations.ezyvet import attempts, patients, prescribers
from integrations.ezyvet.bodies import Ids, create_body, update_body
from integrations.ezyvet.delivery import Sender, withdraw
from integrations.ezyvet.doubt import LookAgain
from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.limits import Wait
from integrations.ezyvet.single import keep_one
from integrations.ezyvet.tables import attempts as table
from partners.ezyvet.records import User
from pharmacy.prescriptions.life.calls import (
    Accepted,
    Call,
    Checked,
    Create,
    CreatedItem,
    Disable,
    End,
    Observed,
    Stuck,
    Unsure,
    Update,
)
from tests.ezyvet.test_gateway import connected
from tests.simulators.ezyvet.running import RunningEzyvet
from workflows.prescription_contracts import Delivery

START = datetime(2026, 7, 1, tzinfo=UTC)
POSTS = {"endpoint": "externalprescription", "method": "POST"}
names = count()


class Case:
    """One prescription of a practice of its own."""

    def __init__(self, engine: AsyncEngine, ezyvet: RunningEzyvet, practice: str, gateway: Gateway) -> None:
        self.engine, self.ezyvet, self.practice, self.gateway = engine, ezyvet, practice, gateway
        self.sender = Sender(engine, gateway.at(practice))
        self.asked = count(1)

    def order(self, call: Call | None = None, maybe_twice: bool = False) -> Delivery:
        asked_at = START + timedelta(seconds=next(self.asked))
        return Delivery(
            prescription=f"rx-{self.practice}",
            practice=self.practice,
            patient="6",
            call=call or self.create,
            due=START,
            asked_at=asked_at,
            maybe_twice=maybe_twice,
        )

    @property
    def create(self) -> Create:
        item = CreatedItem(
            product="carprofen-75",
            product_name="Carprofen 75 mg",
            link="",
            instructions="",
            price_cents=2000,
            qty=Decimal(3),
            remaining=Decimal(2),
        )
        return Create(
            reference=f"rx-{self.practice}",
            patient="6",
            owner="5",
            prescriber="dr-okafor",
            clinical_record=None,
            written=1782000000,
            total_cents=2000,
            items=(item,),
        )

    async def calls(self, method: str = "POST") -> int:
        return len(await self.ezyvet.calls(self.practice, endpoint="externalprescription", method=method))

    async def held(self) -> list[dict[str, Any]]:
        return list((await self.ezyvet.control("GET", f"/sites/{self.practice}"))["prescriptions"])

    async def created(self) -> str:
        outcome = await self.sender.deliver(self.order())
        assert isinstance(outcome, Accepted) and outcome.uid
        return outcome.uid

    async def later(self, seconds: float) -> None:
        """Lets the write be as much older."""
        back = timedelta(seconds=seconds)
        async with self.engine.begin() as connection:
            moved = {"sent_at": table.c.sent_at - back, "first_at": table.c.first_at - back}
            await connection.execute(update(table).where(table.c.prescription == f"rx-{self.practice}").values(moved))

    async def fault(self, do: str, **fields: Any) -> None:
        await self.ezyvet.fault(do, **{"site": self.practice, "next": 1, **POSTS, **fields})


@pytest.fixture
async def case(engine: AsyncEngine, ezyvet: RunningEzyvet) -> Case:
    practice = f"delivery-{next(names)}"
    gateway = await connected(engine, ezyvet, practice)
    vet = User(id=10, first_name="Vera", last_name="Okafor", is_vet=True)
    await prescribers.choose_users(engine, practice, {"dr-okafor": vet}, "sam")
    await patients.choose_animal(engine, gateway.at(practice), practice, "6", 6, "sam")
    return Case(engine, ezyvet, practice, gateway)


async def test_rx1_an_answer_that_the_workflow_never_heard_is_given_again(case: Case) -> None:
    """As when the worker dies after it has recorded the answer."""
    order = case.order()
    first = await case.sender.deliver(order)
    assert await case.sender.deliver(order) == first
    assert isinstance(first, Accepted) and [each["uid"] for each in await case.held()] == [first.uid]
    assert await case.calls() == 1
    disable = case.order(Disable(uid=first.uid or ""))
    assert await case.sender.deliver(disable) == await case.sender.deliver(disable) == Accepted()
    assert await case.calls("DELETE") == 1


async def test_rx1_a_process_that_was_stopped_sends_nothing_that_another_has_sent(case: Case) -> None:
    order = case.order()
    await asyncio.gather(case.sender.deliver(order), case.sender.deliver(order))
    assert await case.calls() == len(await case.held()) == 1
    await case.sender.deliver(case.order(Disable(uid=(await case.held())[0]["uid"])))
    assert isinstance(await case.sender.deliver(order), Unsure)
    assert await case.calls() == 1


async def test_rx1_a_withdrawn_call_is_never_made_and_one_that_was_begun_is_not_forgotten(case: Case) -> None:
    withdrawn, begun, done = case.order(), case.order(), case.order()
    assert await withdraw(case.engine, withdrawn) is None
    await case.sender.deliver(withdrawn)
    assert await case.calls() == 0
    await attempts.begin(case.engine, begun.prescription, begun.asked_at)
    assert isinstance(await withdraw(case.engine, begun), Unsure)
    await attempts.settle(case.engine, begun.prescription, begun.asked_at, "not_done")
    outcome = await case.sender.deliver(done)
    assert await withdraw(case.engine, done) == outcome


async def test_rx1_a_call_that_is_withdrawn_while_it_is_made_is_made_to_its_end(case: Case) -> None:
    await case.fault("hold")
    calls, environment = EzyvetCalls(case.engine, case.gateway), ActivityEnvironment()
    making = asyncio.create_task(environment.run(calls.deliver, case.order()))
    await case.ezyvet.calls(case.practice, at_least=1, **POSTS)
    environment.cancel()
    await case.ezyvet.http.post("/control/release")
    outcome = await making
    assert outcome == Accepted(uid=(await case.held())[0]["uid"])


async def test_rx1_an_error_that_says_nothing_of_the_outcome_leaves_it_in_doubt(case: Case) -> None:
    async def broken(body: Any) -> str:
        await type(case.sender.ezyvet).create(case.sender.ezyvet, body)
        raise ArithmeticError

    case.sender.ezyvet.create = broken  # type: ignore[method-assign]
    order = case.order()
    with pytest.raises(ArithmeticError):
        await case.sender.deliver(order)
    assert isinstance(await case.sender.deliver(order), Unsure)
    assert isinstance(await case.sender.look_up(order), Observed)
    assert await case.calls() == 1


@pytest.mark.parametrize("accepted", [False, True])
async def test_rx1_a_person_can_have_a_create_sent_again_that_could_not_be_proved(case: Case, accepted: bool) -> None:
    await case.fault("cut", when="after" if accepted else "before")
    order = case.order()
    await case.sender.deliver(order)
    await attempts.settle(case.engine, order.prescription, order.asked_at, "timed_out")
    await case.later(60)
    if not accepted:
        stuck = await case.sender.look_up(order)
        assert isinstance(stuck, Stuck) and stuck.unproven
    outcome = await case.sender.deliver(case.order(maybe_twice=True))
    assert isinstance(outcome, Observed if accepted else Accepted)
    assert len(await case.held()) == 1


async def not_found(case: Case) -> None:
    """A create that was begun, never answered, and does not show."""
    order = case.order()
    await attempts.begin(case.engine, order.prescription, order.asked_at, 6)
    await case.later(46)
    assert await case.sender.look_up(order) == Observed(uid=None)


async def arrives_late(case: Case) -> str:
    """ezyVet carries that create out after all."""
    return await case.sender.ezyvet.create(create_body(case.create, Ids(animal=6, contact=5, user=10)))


async def active(case: Case) -> list[str]:
    return [each["uid"] for each in await case.held() if each["active"] == "1"]


async def test_rx1_a_create_that_shows_just_before_it_is_sent_again_is_not_sent_again(case: Case) -> None:
    await not_found(case)
    late = await arrives_late(case)
    outcome = await case.sender.deliver(case.order(maybe_twice=True))
    assert isinstance(outcome, Observed) and outcome.uid == late
    assert await active(case) == [late]


async def test_rx1_a_create_that_ezyvet_carries_out_after_it_was_sent_again_is_disabled(case: Case) -> None:
    await not_found(case)
    own = await case.sender.deliver(case.order(maybe_twice=True))
    assert isinstance(own, Accepted)
    about = case.sender.ezyvet, f"rx-{case.practice}", own.uid
    with pytest.raises(LookAgain) as later:
        await keep_one(*about, since=0)
    assert later.value.seconds == 60
    late = await arrives_late(case)
    assert await keep_one(*about, since=60) == Checked(disabled=(late,))
    assert await active(case) == [own.uid]
    assert await keep_one(*about, since=1000) == Checked()


async def test_rx1_a_create_that_is_not_wanted_any_more_is_found_when_it_comes_late(case: Case) -> None:
    await not_found(case)
    late = await arrives_late(case)
    found = await keep_one(case.sender.ezyvet, f"rx-{case.practice}", None, since=0)
    assert isinstance(found, Observed) and (found.uid, found.active) == (late, True)


async def test_rx1_one_that_is_there_twice_is_read_back_as_ours(case: Case) -> None:
    own = await case.created()
    other = await arrives_late(case)
    end = End(product="carprofen-75", status="DECLINED_DR", status_date=1782000000)
    order = case.order(Update(uid=own, items=(end,)))
    await case.fault("cut", when="after", method="PATCH")
    assert isinstance(await case.sender.deliver(order), Unsure)
    found = await case.sender.look_up(order)
    assert isinstance(found, Observed) and (found.uid, found.twice) == (own, True)
    assert await keep_one(case.sender.ezyvet, order.prescription, own, since=0) == Checked(disabled=(other,))
    await case.fault("cut", when="after", method="PATCH")
    again = case.order(Update(uid=own, items=(end,)))
    await attempts.begin(case.engine, again.prescription, again.asked_at)
    found = await case.sender.look_up(again)
    assert isinstance(found, Observed) and (found.uid, found.twice) == (own, False)


async def test_rx1_without_a_call_that_disables_a_person_is_told_what_is_there_twice(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.ezyvet.single.CAN_DISABLE", False)
    own, late = await case.created(), await arrives_late(case)
    found = await keep_one(case.sender.ezyvet, f"rx-{case.practice}", own, since=0)
    assert found == Stuck(reason=f"ezyVet has it 2 times: disable {late} there, and keep {own}.")


async def test_rx1_a_create_that_never_arrived_is_sent_again_however_late_that_is_found(case: Case) -> None:
    """As when a worker is killed, and the next one starts after an hour."""
    order = case.order()
    await attempts.begin(case.engine, order.prescription, order.asked_at, 6)
    with pytest.raises(LookAgain):
        await case.sender.look_up(order)
    await case.later(3600)
    assert await case.sender.look_up(order) == Observed(uid=None)
    await case.created()
    assert await case.calls() == 1


async def test_rx1_a_create_of_a_process_that_died_is_not_sent_again_while_ezyvet_may_be_at_it(case: Case) -> None:
    order = case.order()
    await attempts.begin(case.engine, order.prescription, order.asked_at, 6)
    await case.later(44)
    with pytest.raises(LookAgain):
        await case.sender.look_up(order)
    await case.later(2)
    assert await case.sender.look_up(order) == Observed(uid=None)


async def test_rx1_a_create_at_which_ezyvets_gateway_timed_out_goes_to_a_person(case: Case) -> None:
    await case.fault("500", status=504)
    order = case.order()
    assert isinstance(await case.sender.deliver(order), Unsure)
    await case.later(6)
    with pytest.raises(LookAgain):
        await case.sender.look_up(order)
    await case.later(45)
    outcome = await case.sender.look_up(order)
    assert isinstance(outcome, Stuck) and outcome.unproven


async def test_rx1_a_create_that_keeps_failing_goes_to_a_person(case: Case) -> None:
    await case.fault("500", next=100)
    for _ in range(8):
        order = case.order()
        assert isinstance(await case.sender.deliver(order), Unsure)
        await case.later(6)
        outcome = await case.sender.look_up(order)
        if isinstance(outcome, Stuck):
            break
    attempt = await attempts.find(case.engine, order.prescription)
    assert attempt and attempt.total > 45
    assert isinstance(outcome, Stuck) and not outcome.unproven
    assert await case.held() == []


@pytest.mark.parametrize("seconds", [50, 3600])
async def test_rx1_a_create_that_cannot_be_looked_up_soon_goes_to_a_person(case: Case, seconds: int) -> None:
    await case.fault("cut")
    order = case.order()
    await case.sender.deliver(order)
    await case.fault("429", endpoint="prescription", method="GET", seconds=seconds)
    if seconds < 60:
        with pytest.raises(Wait):
            await case.sender.look_up(order)
    else:
        outcome = await case.sender.look_up(order)
        assert isinstance(outcome, Stuck) and outcome.unproven


async def test_rx6_an_update_that_does_not_show_yet_is_waited_for(case: Case) -> None:
    """It may still be made; sent again, it would end what has ended."""
    uid = await case.created()
    end = End(product="carprofen-75", status="DECLINED_DR", status_date=1782000000)
    call = Update(uid=uid, items=(end,))
    order = case.order(call)
    await case.fault("cut", method="PATCH")
    assert isinstance(await case.sender.deliver(order), Unsure)
    with pytest.raises(LookAgain):
        await case.sender.look_up(order)
    # As if ezyVet had carried it out late.
    await case.sender.ezyvet.update(uid, update_body(call, None))
    observed = await case.sender.look_up(order)
    assert isinstance(observed, Observed) and observed.items[0].status == "DECLINED_DR"


async def test_rx4_a_create_is_looked_up_with_the_animal_that_it_was_sent_with(case: Case) -> None:
    await case.fault("cut", when="after")
    order = case.order()
    await case.sender.deliver(order)
    async with case.engine.begin() as connection:
        await connection.execute(text("UPDATE ezyvet_animals SET animal = 7 WHERE practice = :p"), {"p": case.practice})
    assert isinstance(await case.sender.look_up(order), Observed)


async def test_without_a_way_to_ezyvet_a_doubtful_call_is_looked_up_later_and_not_at_once(case: Case) -> None:
    calls = EzyvetCalls(case.engine, None)
    with pytest.raises(ApplicationError, match="not set up here") as caught:
        await ActivityEnvironment().run(calls.look_up, case.order())
    assert caught.value.next_retry_delay == timedelta(minutes=1)
