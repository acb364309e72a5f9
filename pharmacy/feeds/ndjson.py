"""Reads rows of NDJSON, one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from pharmacy.feeds.csv_table import MAX_ROW_LENGTH, BrokenRow


def read_objects(text: TextIO) -> Iterator[tuple[int, dict[str, str], str] | BrokenRow]:
    """Yields for each object its line number, its values as table cells, and its raw text; or the broken row."""
    number = 0
    while line := text.readline(MAX_ROW_LENGTH):
        number += 1
        if not line.strip():
            continue
        if len(line) == MAX_ROW_LENGTH:
            while not line.endswith("\n") and (line := text.readline(MAX_ROW_LENGTH)):
                pass
            yield BrokenRow(number, f"The line is longer than {MAX_ROW_LENGTH // 1_000_000} million letters.", "")
            continue
        try:
            # A number keeps the digits that it has there, an id of 20 of them too.
            value = json.loads(line, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            yield BrokenRow(number, "The line is not JSON.", line)
            continue
        if not isinstance(value, dict):
            yield BrokenRow(number, "The line is not a JSON object.", line)
        elif nested := next((name for name, each in value.items() if isinstance(each, dict | list)), None):
            yield BrokenRow(
                number, f"'{as_cell(nested)[:40]}' holds more than one value; give each a name of its own.", line
            )
        else:
            yield number, {as_cell(name): as_cell(each) for name, each in value.items()}, line


def as_cell(value: Any) -> str:
    """Returns a JSON value as a table's cell would have it, without what PostgreSQL cannot store."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # JSON may have a lone surrogate, which cannot be encoded.
    return str(value).replace("\0", "").encode(errors="replace").decode()
