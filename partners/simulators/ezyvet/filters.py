"""Filters and paging of lists: `field=value`, or `field={"comparator": value}` (OFFICIAL, section 2)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from partners.simulators.ezyvet.errors import Refused
from partners.simulators.ezyvet.resources import FIELDS, TIMES, write_value

COMPARISONS = {"neq": "<>", "gt": ">", "lt": "<", "gte": ">=", "lte": "<="}
DEFAULT_LIMIT = 10
MAX_LIMIT = 200


@dataclass(frozen=True)
class Query:
    """`conditions` are of SQL, with their values. `page` begins at 1."""

    conditions: tuple[tuple[str, tuple[Any, ...]], ...]
    page: int
    limit: int


def read_query(resource: str, parameters: Iterable[tuple[str, str]], most_rows: int = MAX_LIMIT) -> Query:
    """Raises Refused for an unknown field or comparator, a field that is named twice, or a page that cannot be."""
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            raise Refused(f"The parameter {name} is given twice.", **{name: "given twice"})
        given[name] = value
    page = _number(given, "page", 1)
    limit = _number(given, "limit", DEFAULT_LIMIT)
    if limit > MAX_LIMIT:
        raise Refused(f"limit must be at most {MAX_LIMIT}.", limit="too large")
    fields = (*FIELDS[resource], *TIMES)
    conditions: list[tuple[str, tuple[Any, ...]]] = []
    for name, value in given.items():
        if name not in fields:
            raise Refused(f"{name} is not a field that {resource} can be filtered by.", **{name: "unknown"})
        conditions += _conditions(name, value)
    return Query(tuple(conditions), page, min(limit, most_rows))


def _number(given: dict[str, str], name: str, default: int) -> int:
    text = given.pop(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise Refused(f"{name} must be a whole number from 1.", **{name: "not a number from 1"})
    return int(text)


def _conditions(name: str, value: str) -> list[tuple[str, tuple[Any, ...]]]:
    if not value.startswith("{"):
        return [_compare(name, "eq", value)]
    try:
        comparators = json.loads(value)
    except ValueError:
        raise Refused(f"The filter of {name} is not JSON.", **{name: "not JSON"}) from None
    if not comparators:
        raise Refused(f"The filter of {name} has no comparator.", **{name: "empty"})
    return [_compare(name, comparator, operand) for comparator, operand in comparators.items()]


def _compare(name: str, comparator: str, operand: object) -> tuple[str, tuple[Any, ...]]:
    column = "CAST(id AS TEXT)" if name == "id" else f"value ->> '$.{name}'"
    match comparator, operand:
        case "in", list() if operand and all(isinstance(each, (str, int)) for each in operand):
            return _one_of(name, column, [write_value(each) for each in operand])
        case "like", str():
            return f"{column} LIKE ?", (operand,)
        case (("gt" | "lt" | "gte" | "lte"), (str() | int() | float())) if _is_number(operand):
            return f"CAST({column} AS REAL) {COMPARISONS[comparator]} ?", (float(operand),)
        case "eq", (str() | int() | float()):
            return _one_of(name, column, [write_value(operand)])
        case (("neq" | "gt" | "lt" | "gte" | "lte"), (str() | int() | float())):
            return f"{column} {COMPARISONS[comparator]} ?", (write_value(operand),)
    raise Refused(f"{name} cannot be compared so: {comparator}.", **{name: "unknown comparison"})


def _one_of(name: str, column: str, values: list[str]) -> tuple[str, tuple[Any, ...]]:
    marks = ", ".join("?" * len(values))
    if name == "id":
        # Without a cast, so that the index serves.
        return f"id IN ({marks})", tuple(int(each) if each.isascii() and each.isdigit() else -1 for each in values)
    return f"{column} IN ({marks})", tuple(values)


def _is_number(operand: object) -> bool:
    try:
        float(str(operand))
    except ValueError:
        return False
    return not isinstance(operand, bool)
