"""Money in JSON: a text such as `"20.00"`; inside, whole cents."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

MAX_CENTS = 10_000_000


def _price(text: str) -> str:
    if cents(text) > MAX_CENTS:
        raise ValueError(f"must be at most {amount(MAX_CENTS)}")
    return text


Price = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,7}(\.[0-9]{2})?$", description="Such as 20.00.", examples=["20.00"]),
    AfterValidator(_price),
]


def cents(price: str) -> int:
    whole, _, rest = price.partition(".")
    return int(whole) * 100 + int(rest or 0)


def amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
