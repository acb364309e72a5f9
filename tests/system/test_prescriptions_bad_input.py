"""Orders that cannot be: each is refused in one sentence, and nothing is entered (RX, issue's list of bad input)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import insert

from desk.prescribing import ItemOrder, PrescriptionOrder, open_prescription
from pharmacy.prescriptions import register
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.tables import clients, patients, practices
from playbooks.engine.transition import Refused
from playbooks.engine.validation import error_sentence
from tests.system.harness import Practice
from tests.system.prescribing import CARPROFEN, VET, item
from web.api.prescriptions import NewPrescription

KETAMINE = Product(reference="ketamine", name="Ketamine", kind="controlled", price_cents=900)
GOOD: dict[str, Any] = {"product": "carprofen-75", "qty": 1, "refills": 0, "price_cents": 100}


@pytest.fixture
async def ready(practice: Practice) -> Practice:
    """A practice with a living patient 6 and a dead patient 9."""
    practice.playbook = "ezyvet"
    await practice.start()
    fed: dict[str, Any] = {"practice": practice.id, "feed": 1, "fed": 1}
    async with practice.desk.database.begin() as connection:
        await connection.execute(insert(practices).values(id=practice.id, name=practice.id))
        await connection.execute(insert(clients).values(id="5", given_name="Dana", surname="Reyes", **fed))
        for id, name, dead in (("6", "Biscuit", False), ("9", "Otis", True)):
            await connection.execute(insert(patients).values(id=id, client="5", name=name, deceased=dead, **fed))
    for product in (CARPROFEN, KETAMINE):
        await catalogue.store(practice.desk.database, product)
    return practice


def order(practice: str, **changed: Any) -> PrescriptionOrder:
    given = {"practice": practice, "patient": "6", "prescriber": VET, "origin": "vet", "items": [GOOD]}
    return PrescriptionOrder.model_validate({**given, **changed})


async def test_what_cannot_be_prescribed_is_refused_in_one_sentence(ready: Practice) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"patient": "777"}, "has no patient 777: import the practice's feed, or correct the id."),
        ({"patient": "9"}, "Otis has died: nothing can be prescribed."),
        ({"items": [GOOD, GOOD]}, "carprofen-75 is on it twice; put it on one line with the whole quantity."),
        ({"items": [{**GOOD, "product": "aspirin"}]}, "There is no product 'aspirin'"),
        ({"items": [{**GOOD, "product": "ketamine"}]}, "Ketamine is a controlled substance"),
        ({"items": [{**GOOD, "refills": 1000}]}, "has 1000 refills, but can have at most 52: correct the number."),
        ({"months": 13}, "It can be valid for at most 12 months; you gave 13."),
        ({"practice": "nowhere"}, "nowhere"),
    ]
    for changed, sentence in cases:
        with pytest.raises(Refused) as refused:
            await open_prescription(ready.desk, order(**{"practice": ready.id, **changed}), "pharmacy")
        assert sentence in str(refused.value)
    assert await register.listing(ready.desk.database, practice=ready.id) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"price": "-1.00"}, "items.0.price must not be negative"),
        ({"price": "9999999.00"}, "items.0.price must be at most 100000.00"),
        ({"price": 9.99}, "items.0.price must be text, for example 20.00"),
        ({"qty": 0}, "items.0.qty must be more than 0"),
        ({"qty": -3}, "items.0.qty must be more than 0"),
        ({"qty": 10**7}, "items.0.qty must be at most 100000"),
        ({"qty": "NaN"}, "items.0.qty must be a number"),
        ({"qty": 0.0001}, "items.0.qty must have at most 3 decimals"),
        ({"refills": -1}, "items.0.refills must be at least 0"),
        ({"instructions": "x" * 1001}, "items.0.instructions must have at most 1000 characters"),
    ],
)
def test_numbers_that_cannot_be_are_said_in_one_sentence(wrong: dict[str, Any], sentence: str) -> None:
    item = {"product": "carprofen-75", "qty": 1, "refills": 0, "price": "20.00", **wrong}
    with pytest.raises(ValidationError) as refused:
        NewPrescription.model_validate(
            {"practice": "elm", "patient": "6", "prescriber": VET, "origin": "vet", "items": [item]}
        )
    assert error_sentence(refused.value) == sentence


@pytest.mark.parametrize("wrong", [{"price_cents": -1}, {"price_cents": 10**9}, {"price_cents": 9.99}])
def test_a_price_that_cannot_be_is_no_item(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ItemOrder.model_validate({**GOOD, **wrong})


@pytest.mark.parametrize("count", [0, 201])
def test_an_order_has_between_one_and_two_hundred_items(count: int) -> None:
    with pytest.raises(ValidationError) as refused:
        order("elm-street", items=[{**GOOD, "product": f"p-{number}"} for number in range(count)])
    assert [error["loc"] for error in refused.value.errors()] == [("items",)]


async def test_a_key_gives_one_prescription_for_each_practice_and_never_another(ready: Practice) -> None:
    mine = order(ready.id, items=[item(CARPROFEN, 3)])
    first = await open_prescription(ready.desk, mine, "pharmacy", "key")
    assert (await open_prescription(ready.desk, mine, "pharmacy", "key")).id == first.id
    other = order(ready.id, items=[item(CARPROFEN, 4)])
    assert other.items[0].qty == Decimal(4)
    with pytest.raises(Refused, match="use a new key for each"):
        await open_prescription(ready.desk, other, "pharmacy", "key")
    assert [each.id for each in await register.listing(ready.desk.database, practice=ready.id)] == [first.id]
