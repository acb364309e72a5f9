"""Rows of NDJSON: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from pharmacy.feeds.table import ROW_LETTERS, Broken


def objects(text: TextIO) -> Iterator[tuple[int, dict[str, str], str] | Broken]:
    """Each object with its line and raw text, its values as they would stand in a table; or what is broken."""
    number = 0
    while line := text.readline(ROW_LETTERS):
        number += 1
        if not line.strip():
            continue
        if len(line) == ROW_LETTERS:
            while not line.endswith("\n") and (line := text.readline(ROW_LETTERS)):
                pass
            yield Broken(number, f"The line is longer than {ROW_LETTERS // 1_000_000} million letters.", "")
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield Broken(number, "The line is not JSON.", line)
            continue
        if not isinstance(found, dict):
            yield Broken(number, "The line is not a JSON object.", line)
        elif nested := next((name for name, value in found.items() if isinstance(value, dict | list)), None):
            yield Broken(number, f"'{told(nested)[:40]}' holds more than one value; give each a name of its own.", line)
        else:
            yield number, {told(name): told(value) for name, value in found.items()}, line


def told(value: Any) -> str:
    """A value of JSON as it would stand in a table, without what no database keeps."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # A lone surrogate can stand in JSON and nowhere else.
    return str(value).replace("\0", "").encode(errors="replace").decode()
