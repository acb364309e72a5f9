"""Money in JSON: a text such as `"20.00"`; inside, whole cents."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

MAX_CENTS = 10_000_000


_AMOUNT = r"^[0-9]{1,7}(\.[0-9]{2})?$"


def _text(price: Any) -> Any:
    if not isinstance(price, str):
        raise ValueError("must be text, for example 20.00")
    if re.match(r"^-[0-9]", price):
        raise ValueError("must not be negative")
    if re.match(r"^[0-9]{8,}(\.[0-9]{2})?$", price):
        raise ValueError(f"must be at most {amount(MAX_CENTS)}")
    if not re.match(_AMOUNT, price):
        raise ValueError("must be an amount such as 20.00")
    return price


def _price(text: str) -> str:
    if cents(text) > MAX_CENTS:
        raise ValueError(f"must be at most {amount(MAX_CENTS)}")
    return text


Price = Annotated[
    str,
    Field(pattern=_AMOUNT, description="For example 20.00.", examples=["20.00"]),
    BeforeValidator(_text),
    AfterValidator(_price),
]


def cents(price: str) -> int:
    whole, _, rest = price.partition(".")
    return int(whole) * 100 + int(rest or 0)


def amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
