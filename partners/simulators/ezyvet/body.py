"""The body of POST and PATCH /v1/externalprescription: which fields there are, and what each may hold."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from partners.simulators.ezyvet.errors import Invalid, Refused

LAST_SECOND = 4_102_444_800
"""The year 2100: a time beyond it is one in milliseconds."""
MAX_ERRORS = 5
ON_CREATE = (
    *("animal_id", "contact_id", "prescribing_vet_user_id", "date_of_prescription", "external_reference"),
    *("total_price", "external_prescription_item_list"),
)
ON_CREATE_ITEM = ("external_product_name", "price", "qty", "remaining")


def _id(value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be an integer from 1")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("must be a number")
    if not 0 <= value < 10**9:
        raise ValueError("must be a number from 0")
    return Decimal(value)


def _quantity(value: object) -> object:
    if _number(value) == 0:
        raise ValueError("must be a number above 0")
    return _number(value)


def _money(value: object) -> object:
    amount = _number(value)
    assert isinstance(amount, Decimal)
    if amount != round(amount, 2):
        raise ValueError("must be a number with at most two decimals")
    return round(amount, 2)


def _epoch(value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < LAST_SECOND:
        raise ValueError("must be an integer of epoch seconds")
    return value


def _item_epoch(value: object) -> object:
    return _epoch(int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value)


Identity = Annotated[int, BeforeValidator(_id)]
Epoch = Annotated[int, BeforeValidator(_epoch)]
ItemEpoch = Annotated[int, BeforeValidator(_item_epoch)]
"""An integer, or the text of one, as the example of the API's reference shows it (OFFICIAL, section 3)."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Item(_Body):
    external_product_reference: Name
    external_product_name: Name | None = None
    external_link: Link | None = None
    instructions: str | None = None
    date_of_lastdispense: ItemEpoch | None = None
    price: Annotated[Decimal, BeforeValidator(_money)] | None = None
    qty: Annotated[Decimal, BeforeValidator(_quantity)] | None = None
    remaining: Annotated[Decimal, BeforeValidator(_number)] | None = None
    status: str | None = None
    status_date: Any = None


class Body(_Body):
    animal_id: Identity | None = None
    consult_id: Identity | None = None
    contact_id: Identity | None = None
    prescribing_vet_user_id: Identity | None = None
    date_of_prescription: Epoch | None = None
    date_of_lastdispense: Epoch | None = None
    external_reference: Name | None = None
    total_price: Annotated[Decimal, BeforeValidator(_money)] | None = None
    external_prescription_item_list: Annotated[tuple[Item, ...], Field(strict=False)] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return self.external_prescription_item_list


def read_json(content: bytes) -> dict[str, Any]:
    """Raises Refused if it is not a JSON object."""
    try:
        value = json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except ValueError:
        raise Refused("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise Refused("The body must be a JSON object.")
    return value


def read_body(value: dict[str, Any]) -> Body:
    """Raises Invalid for an unknown field, a wrong value, or two items with one reference."""
    try:
        body = Body.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_ERRORS]
        fields = {
            ".".join(str(step) for step in each["loc"]): each["msg"].removeprefix("Value error, ") for each in details
        }
        raise Invalid("; ".join(f"{name}: {text}" for name, text in fields.items()), **fields) from None
    references = [item.external_product_reference for item in body.items]
    if twice := {reference for reference in references if references.count(reference) > 1}:
        text = f"external_product_reference must be unique within a prescription: {', '.join(sorted(twice))}."
        raise Invalid(text, external_product_reference="not unique")
    return body


def check_complete(body: Body) -> None:
    """What a new prescription must have (GUESS: no page marks what is required). Raises Invalid."""
    missing = [name for name in ON_CREATE if getattr(body, name) in (None, ())]
    for number, item in enumerate(body.items):
        where = f"external_prescription_item_list.{number}"
        missing += [f"{where}.{name}" for name in ON_CREATE_ITEM if getattr(item, name) is None]
    if missing:
        raise Invalid(f"Missing: {', '.join(missing)}.", **dict.fromkeys(missing, "missing"))


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
