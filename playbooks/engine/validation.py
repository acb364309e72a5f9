"""What people and systems send in, read; and what is wrong with it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from playbooks.engine.model import FactType, Playbook
from playbooks.engine.transition import Refused

SHOWN = 5
LENGTH = 300
A_TIME = "must be a time such as 2026-11-24T15:00-06:00"
A_NUMBER = "must be a whole number"
SENTENCES = {
    "extra_forbidden": "is not a field that is known here",
    "missing": "is missing",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "int_type": A_NUMBER,
    "int_parsing": A_NUMBER,
    "int_from_float": A_NUMBER,
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "datetime_type": A_TIME,
    "datetime_parsing": A_TIME,
    "datetime_from_date_parsing": A_TIME,
    "timezone_aware": "must say its time zone, as in 2026-11-24T15:00-06:00",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
    "dict_type": "must be an object with fields",
}


def validate_fact(playbook: Playbook, name: str, data: dict[str, Any]) -> tuple[FactType, dict[str, Any]]:
    """The fact's type and its payload, validated. Raises `Refused` naming what is wrong."""
    try:
        kind = playbook.fact(name)
    except KeyError:
        names = ", ".join(fact.name for fact in playbook.facts)
        raise Refused(f"'{_cut(name)}' is no fact of the {playbook.title} playbook; it knows {names}.") from None
    try:
        return kind, kind.payload.model_validate(data).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        advice = ""
        if any(problem["type"] == "extra_forbidden" for problem in error.errors()):
            fields = ", ".join(kind.payload.model_fields)
            advice = f"; its fields are {fields}" if fields else "; it has no fields"
        raise Refused(f"{name}: {error_sentence(error)}{advice}.") from None


def error_sentence(error: ValidationError, labels: Mapping[str, str] | None = None) -> str:
    """What is wrong with some input, field by field, in words; of very many problems the first few.

    `labels` are what fields are called for the reader, where that is not by their names.
    """
    problems = error.errors(include_url=False, include_input=False)
    parts = [_problem(problem, labels or {}) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        parts.append(f"and {len(problems) - SHOWN} more")
    return "; ".join(parts)


def _problem(problem: ErrorDetails, labels: Mapping[str, str]) -> str:
    place = ".".join(labels.get(str(step), str(step)[:60]) for step in problem["loc"])
    if problem["type"] in SENTENCES:
        sentence = SENTENCES[problem["type"]].format_map(problem.get("ctx", {}))
    else:
        sentence = _cut(problem["msg"].removeprefix("Value error, ").rstrip("."))
    if not place:
        return sentence
    return f"{place} {sentence}" if sentence.startswith(("is ", "must ")) else f"{place}: {sentence}"


def _cut(text: str) -> str:
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
