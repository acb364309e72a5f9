"""Forms made from the payload of a fact: one input for each field, of the kind that its value needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from desk.calendar_due import parse_time
from desk.problem import DeskProblem
from playbooks.engine.model import Details, FactType, label_of, schema_of
from playbooks.engine.validation import at_place, errors_of, sentence_of
from store.telephone import has_number

Kind = Literal[
    "text", "email", "tel", "number", "date", "datetime-local", "checkbox", "lines", "long", "choice", "password"
]

PREFIX = "d_"
"""Prefix of a fact's fields in a form, so that none collides with the form's own."""
LONG = 500
"""Longer texts get several lines."""


@dataclass(frozen=True)
class Field:
    """One input. `options` belong to a choice; `minimum`, `maximum` and `whole` (an integer) to a number. `hint` is the
    field's description in the playbook. `usual` are values to choose from, which `suggest` says where to find."""

    name: str
    label: str
    kind: Kind
    required: bool
    value: str = ""
    options: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    whole: bool = False
    hint: str = ""
    suggest: Literal["", "contacts", "recorded"] = ""
    usual: tuple[str, ...] = ()


def fields_of(payload: type[Details], given: Mapping[str, Any] | None = None) -> list[Field]:
    content = schema_of(payload)
    needed, definitions = content.get("required", ()), content.get("$defs", {})
    return [
        _field(name, _resolved(found, definitions), label_of(payload, name), name in needed, (given or {}).get(name))
        for name, found in content.get("properties", {}).items()
    ]


def details_from(payload: type[Details], form: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Returns the values of such inputs, times in `zone`; empty ones are left out. The playbook validates them.

    Raises `DeskProblem` for an invalid time, and for a telephone without a number, with all else that is wrong.
    """
    details: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields_of(payload):
        typed = form.get(PREFIX + field.name, "").replace("\r\n", "\n").strip()
        if field.kind == "checkbox":
            details[field.name] = typed == "yes"
        elif typed:
            try:
                details[field.name] = _typed(field, typed, zone)
            except DeskProblem as problem:
                wrong[field.name] = str(problem).removesuffix(".")
    if wrong:
        raise DeskProblem(f"{'; '.join([*wrong.values(), *other_problems(payload, details, wrong)])}.")
    return details


def phone_from(label: str, text: str) -> str:
    """Returns what was typed as a telephone, with words beside it or not. Raises `DeskProblem` without a number."""
    if wrong := phone_problem(text):
        raise DeskProblem(f"{label}: {wrong}.")
    return text


def phone_problem(text: str) -> str:
    """Returns what is wrong with what was typed as a telephone; empty for a number, or for nothing."""
    if not text or has_number(text):
        return ""
    return f"'{text[:60]}' has no telephone number; write one, as in 312 555 0100, or leave it empty"


def needs_details(fact: FactType) -> bool:
    return any(field.required for field in fields_of(fact.payload))


def other_problems(model: type[BaseModel], given: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Returns what else is wrong with a form's values than the fields in `known`."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        others = [each for each in errors_of(error) if each["loc"] and each["loc"][0] not in known]
        return [at_place(label_of(model, str(each["loc"][0])), sentence_of(each)) for each in others]
    return []


def _typed(field: Field, text: str, zone: ZoneInfo) -> Any:
    match field.kind:
        case "lines":
            return [line for line in text.split("\n") if line.strip()]
        case "tel":
            return phone_from(field.label, text)
        case "datetime-local":
            try:
                return parse_time(text, zone).isoformat()
            except ValueError as error:
                raise DeskProblem(f"{field.label}: {error}") from None
    return text


def _resolved(found: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Returns the merged schema of a field's value, without null and references."""
    schema: dict[str, Any] = {}
    for each in (found, *(each for each in found.get("anyOf", ()) if each.get("type") != "null")):
        schema |= each
        if "$ref" in each:
            schema |= definitions[each["$ref"].rpartition("/")[2]]
    return schema


def _field(name: str, schema: dict[str, Any], label: str, required: bool, value: Any) -> Field:
    kind = _kind(name, schema)
    return Field(
        name=name,
        label=label,
        kind=kind,
        required=required and kind != "checkbox",
        value=_as_text(value),
        options=tuple(str(option) for option in schema.get("enum", ())),
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        max_length=schema.get("maxLength"),
        whole=schema.get("type") == "integer",
        hint=schema.get("description", "") if "$ref" not in schema else "",
        suggest=schema.get("suggest", ""),
    )


def _kind(name: str, schema: dict[str, Any]) -> Kind:
    if "enum" in schema:
        return "choice"
    match schema.get("type"):
        case "integer" | "number":
            return "number"
        case "boolean":
            return "checkbox"
        case "array":
            return "lines"
    if schema.get("format") == "password":
        return "password"
    if schema.get("format") in ("date", "date-time"):
        return "date" if schema["format"] == "date" else "datetime-local"
    if schema.get("maxLength", 0) > LONG:
        return "long"
    if schema.get("format") == "email" or name.endswith("email"):
        return "email"
    return "tel" if name.endswith("phone") else "text"


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else ""
        case list() | tuple():
            return "\n".join(str(each) for each in value)
    return str(value)
