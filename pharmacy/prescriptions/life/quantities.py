"""Quantities and prices, as their fields accept them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

MOST = 100_000
"""The largest quantity that is believed; more is a slip of the keyboard."""
DECIMALS = 3
MOST_CENTS = 100_000_00
Number = int | float


def number(quantity: Decimal) -> Number:
    """Returns a JSON number, an integer where it is whole."""
    return int(quantity) if quantity == int(quantity) else float(quantity)


def _read(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    # Strict validation of a number in JSON would insist on a Decimal; by its text, 0.1 is a tenth.
    return Decimal(str(value)) if isinstance(value, int | float) else value


def _plain(quantity: Decimal) -> Decimal:
    # 3, 3.0 and 3.000 are one quantity, and look alike wherever one is shown or compared.
    return Decimal(int(quantity)) if quantity == int(quantity) else quantity.normalize()


_Amount = Annotated[
    Decimal,
    BeforeValidator(_read),
    Field(le=MOST, decimal_places=DECIMALS, allow_inf_nan=False),
    AfterValidator(_plain),
    PlainSerializer(number, return_type=Number, when_used="json"),
]
Quantity = Annotated[_Amount, Field(gt=0)]
"""More than 0, at most `MOST`, with up to three decimals; a JSON number."""
Remaining = Annotated[_Amount, Field(ge=0)]
"""As a quantity, or 0."""
Cents = Annotated[int, Field(ge=0, le=MOST_CENTS)]
"""Money in cents."""
