"""What ezyVet does not take, or not from us: one sentence that says what to do, and nothing is half done."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.sites import read_site
from pharmacy.prescriptions.life.calls import Accepted, CreatedItem, Stuck, Waiting
from tests.ezyvet.test_delivery import Case, case
from tests.simulators.ezyvet.running import RunningEzyvet

__all__ = ["case"]
NASTY = 'Give "1" tab\'s <b>daily</b> & rest 🐕‍🦺;\n{"qty": 9} \\ — ¼ täglich'


def an_item(number: int, instructions: str = "") -> CreatedItem:
    return CreatedItem(
        product=f"product-{number}",
        product_name=f"Product {number}",
        link="",
        instructions=instructions,
        price_cents=1,
        qty=Decimal(1),
        remaining=Decimal(0),
    )


async def test_two_hundred_items_with_quotes_and_emoji_arrive_as_they_are(case: Case) -> None:
    items = tuple(an_item(number, NASTY) for number in range(200))
    call = case.create.model_copy(update={"items": items, "total_cents": 200})
    assert isinstance(await case.sender.deliver(case.order(call)), Accepted)
    [held] = await case.held()
    assert [each["external_product_reference"] for each in held["items"]] == [each.product for each in items]
    assert {each["instructions"] for each in held["items"]} == {NASTY}


@pytest.mark.parametrize(
    ("resource", "id", "changed", "reason"),
    [
        ("consult", 15, {"animal_id": "8"}, "Consult 15 is not animal 6's"),
        ("user", 10, {"active": "0"}, "User 10 is disabled"),
        ("animal", 6, {"is_dead": "1"}, "Biscuit (animal 6) has died, by ezyVet; ask the practice."),
        ("animal", 6, {"active": "0"}, "Biscuit (animal 6) is switched off in ezyVet, or merged."),
        ("animal", 6, {"contact_id": "7"}, None),
    ],
)
async def test_what_ezyvet_does_not_take_goes_to_a_person(
    case: Case, resource: str, id: int, changed: dict[str, str], reason: str | None
) -> None:
    """An animal that a person has chosen is prescribed for whoever owns it."""
    await case.ezyvet.control("POST", f"/sites/{case.practice}/{resource}/{id}", changed)
    call = case.create.model_copy(update={"clinical_record": 15})
    outcome = await case.sender.deliver(case.order(call))
    if reason is None:
        assert isinstance(outcome, Accepted)
        return
    assert isinstance(outcome, Stuck) and not outcome.unproven
    assert reason in outcome.reason
    assert await case.held() == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "revoked", "end_token": True}, "give"),
        ({"state": "expired", "end_token": True}, "if it was a trial, it has expired"),
        ({"state": "expired"}, "if it was a trial, it has expired"),
    ],
)
async def test_a_site_that_does_not_let_us_in_waits(
    case: Case, engine: AsyncEngine, changed: dict[str, object], reason: str
) -> None:
    await case.ezyvet.control("POST", f"/sites/{case.practice}", changed)
    order = case.order()
    outcome = await case.sender.deliver(order)
    assert isinstance(outcome, Waiting) and outcome.waiting_on == "practice"
    assert outcome.reason == "The practice's ezyVet no longer gives the pharmacy access."
    site = await read_site(engine, case.practice)
    assert site.state == "revoked" and site.reason and reason in site.reason and site.reason.count(".") <= 2
    calls = len(await case.ezyvet.calls(case.practice))
    again = await case.sender.deliver(case.order())
    assert again == outcome
    assert len(await case.ezyvet.calls(case.practice)) == calls, "ezyVet is left alone"
    assert await case.held() == []


async def test_wrong_credentials_wait(case: Case, engine: AsyncEngine, ezyvet: RunningEzyvet) -> None:
    await ezyvet.seed(case.practice, client_secret="another")
    await case.ezyvet.control("POST", f"/sites/{case.practice}", {"end_token": True})
    outcome = await case.sender.deliver(case.order())
    assert isinstance(outcome, Waiting)
    reason = (await read_site(engine, case.practice)).reason or ""
    assert "check client_id, client_secret and site_uid" in reason and "another" not in reason
