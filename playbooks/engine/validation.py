"""Validates payloads of facts, and turns validation errors into sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from playbooks.engine.model import FactType, Playbook, labels_of
from playbooks.engine.transition import Refused

MAX_ERRORS = 5
MAX_LENGTH = 300
A_TIME = "must be a time, for example 2026-11-24T15:00-06:00"
A_NUMBER = "must be a whole number"
SENTENCES = {
    "extra_forbidden": "is not a known field",
    "missing": "is missing",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "int_type": A_NUMBER,
    "int_parsing": A_NUMBER,
    "int_from_float": A_NUMBER,
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "finite_number": "must be a number",
    "decimal_max_places": "must have at most {decimal_places} decimals",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
    "datetime_type": A_TIME,
    "datetime_parsing": A_TIME,
    "datetime_from_date_parsing": A_TIME,
    "timezone_aware": "needs a time zone, as in 2026-11-24T15:00-06:00",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
    "dict_type": "must be an object with fields",
}

PATTERNS = {
    r"^[\w.-]{1,64}$": "may have letters, digits, . - and _ only, at most 64",
    r"^[a-z0-9][a-z0-9._-]{0,63}$": "may have small letters, digits, . - and _ only, at most 64, the first no sign",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": "may have letters, digits, . - and _ only, at most 64, the first no sign",
}
"""What a text must be like that has to match a pattern."""


def validate_fact(playbook: Playbook, name: str, data: dict[str, Any]) -> tuple[FactType, dict[str, Any]]:
    """Returns the fact's type and its validated payload. Raises `Refused` if it is unknown or invalid."""
    try:
        kind = playbook.fact(name)
    except KeyError:
        names = ", ".join(fact.name for fact in playbook.facts)
        raise Refused(
            f"'{_cut(name)}' is not a fact of the {playbook.title} playbook; its facts are {names}."
        ) from None
    try:
        return kind, kind.payload.model_validate(without_blanks(kind.payload, data)).model_dump(
            mode="json", exclude_none=True
        )
    except ValidationError as error:
        advice = ""
        if any(problem["type"] == "extra_forbidden" for problem in error.errors()):
            fields = ", ".join(kind.payload.model_fields)
            advice = f"; its fields are {fields}" if fields else "; it has no fields"
        raise invalid(name, error, kind.payload, advice) from None


def invalid(what: str, error: ValidationError, model: type[BaseModel], advice: str = "") -> Refused:
    """Returns the refusal of a fact's or a command's values, which at a form calls the fields as the form does."""
    plain = f"{error_sentence(error, labels_of(model))}."
    return Refused(f"{what}: {error_sentence(error)}{advice}.", plain=plain)


def without_blanks(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields without blank values of optional ones, as many programs send them for none."""
    optional = {name for name, field in model.model_fields.items() if not field.is_required()}
    return {
        name: value
        for name, value in given.items()
        if not (name in optional and isinstance(value, str) and not value.strip())
    }


def errors_of(error: ValidationError) -> list[ErrorDetails]:
    """Returns the errors without those that only follow from another: a list is not too short for its invalid items.

    Nothing where something is needed, as a form sends for blanks, is missing rather than of a wrong type.
    """
    errors = error.errors(include_url=False)
    for each in errors:
        if each["loc"] and each["input"] is None and each["type"].endswith("_type"):
            each["type"] = "missing"
    inside = {each["loc"][:length] for each in errors for length in range(len(each["loc"]))}
    return [each for each in errors if each["type"] != "too_short" or each["loc"] not in inside]


def error_sentence(error: ValidationError, labels: Mapping[str, str] | None = None) -> str:
    """Describes the first few errors of some input, field by field. `labels` replace the names of fields."""
    problems = errors_of(error)
    parts = [_problem(problem, labels or {}) for problem in problems[:MAX_ERRORS]]
    if len(problems) > MAX_ERRORS:
        parts.append(f"and {len(problems) - MAX_ERRORS} more")
    return "; ".join(parts)


def sentence_of(problem: ErrorDetails) -> str:
    """Returns what is wrong, without saying where."""
    if problem["type"] in SENTENCES:
        return SENTENCES[problem["type"]].format_map(problem.get("ctx", {}))
    if problem["type"] == "string_pattern_mismatch" and (words := PATTERNS.get(problem["ctx"]["pattern"])):
        return words if problem["input"] else SENTENCES["string_too_short"]
    return _cut(problem["msg"].removeprefix("Value error, ").rstrip("."))


def at_place(place: str, sentence: str) -> str:
    """Joins the two: `email is missing`, or `email: 'nowhere' is not an e-mail address`."""
    if not place:
        return sentence
    return f"{place} {sentence}" if sentence.startswith(("is ", "may ", "must ", "needs ")) else f"{place}: {sentence}"


def _problem(problem: ErrorDetails, labels: Mapping[str, str]) -> str:
    place = ".".join(labels.get(str(step), str(step)[:60]) for step in problem["loc"])
    return at_place(place, sentence_of(problem))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"
