"""Finds how a file writes dates and numbers, from all of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from re import findall
from typing import TypeVar

from pharmacy.feeds.dates import DateOrder, order_of, without_words
from pharmacy.feeds.numbers import NUMBER, Decimal, decimal_of

T = TypeVar("T")
DATES = ("birth_date", "deceased_on", "deceased", "status")
WEIGHTS = ("weight", "weight_kg", "weight_lb", "weight_oz", "weight_g")


MIXED_SHARE = 0.01
"""Of the proofs, how many may speak against: slips of the pen."""


class Styles:
    """What the rows of a file prove. They are read once more, and only if something in them is ambiguous."""

    def __init__(self, rows: Callable[[], Iterable[dict[str, str]]]) -> None:
        self._rows = rows

    def date_order(self, column: str) -> DateOrder | None:
        """Returns what stands first in a column's dates: proven by it, or else by the file's others."""
        orders, _ = self._proofs
        return _proven(orders.get(column) or sum(orders.values(), Counter()))

    @property
    def decimal(self) -> Decimal | None:
        """Returns the decimal mark of the weights; None if no weight proves one, or if they contradict each other."""
        return _proven(self._proofs[1])

    @cached_property
    def _proofs(self) -> tuple[dict[str, Counter[DateOrder]], Counter[Decimal]]:
        orders: dict[str, Counter[DateOrder]] = {}
        decimals: Counter[Decimal] = Counter()
        for cells in self._rows():
            for column in DATES:
                if (cell := cells.get(column)) and (order := order_of(without_words(cell))):
                    orders.setdefault(column, Counter())[order] += 1
            for column in WEIGHTS:
                if (cell := cells.get(column)) and ("." in cell or "," in cell):
                    decimals.update(mark for number in findall(NUMBER, cell) if (mark := decimal_of(number)))
        return orders, decimals


def _proven(proofs: Counter[T]) -> T | None:
    for most, count in proofs.most_common(1):
        return most if proofs.total() - count <= MIXED_SHARE * proofs.total() else None
    return None
