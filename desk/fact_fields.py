"""Forms made from what a playbook says a fact is told with: one field each, of the kind that the value needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from playbooks.engine.model import Details, FactType

Kind = Literal["text", "email", "tel", "number", "date", "datetime-local", "checkbox", "lines", "long", "choice"]

PREFIX = "d_"
"""Before the names of a fact's own fields in a form, so that none is taken for one of the form's."""
LONG = 500
"""From so many characters on, a text is given several lines."""


@dataclass(frozen=True)
class Field:
    """One input. `options` belong to a choice; `least` and `most` to a number, `longest` to a text."""

    name: str
    label: str
    kind: Kind
    required: bool
    value: str = ""
    options: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    longest: int | None = None


def fields_of(payload: type[Details], given: Mapping[str, Any] | None = None) -> list[Field]:
    """The inputs for a payload, filled with what is given."""
    schema = payload.model_json_schema()
    needed = schema.get("required", ())
    return [
        _field(name, found, name in needed, (given or {}).get(name))
        for name, found in schema.get("properties", {}).items()
    ]


def details_from(payload: type[Details], form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed into such inputs; empty ones are left out, and judged by the playbook alone."""
    details: dict[str, Any] = {}
    for field in fields_of(payload):
        typed = form.get(PREFIX + field.name, "").replace("\r\n", "\n").strip()
        if field.kind == "checkbox":
            details[field.name] = typed == "yes"
        elif typed:
            details[field.name] = typed.split("\n") if field.kind == "lines" else typed
    return details


def needs_details(fact: FactType) -> bool:
    """Whether a fact cannot be told without any details."""
    return any(field.required for field in fields_of(fact.payload))


def _field(name: str, found: dict[str, Any], required: bool, value: Any) -> Field:
    kinds = [found, *(each for each in found.get("anyOf", ()) if each.get("type") != "null")]
    said: dict[str, Any] = {}
    for each in kinds:
        said |= each
    kind = _kind(name, said)
    return Field(
        name=name,
        label=name.replace("_", " ").capitalize(),
        kind=kind,
        required=required and kind != "checkbox",
        value=_shown(value),
        options=tuple(str(option) for option in said.get("enum", ())),
        least=said.get("minimum"),
        most=said.get("maximum"),
        longest=said.get("maxLength"),
    )


def _kind(name: str, said: dict[str, Any]) -> Kind:
    if "enum" in said:
        return "choice"
    match said.get("type"):
        case "integer" | "number":
            return "number"
        case "boolean":
            return "checkbox"
        case "array":
            return "lines"
    if said.get("format") in ("date", "date-time"):
        return "date" if said["format"] == "date" else "datetime-local"
    if said.get("maxLength", 0) > LONG:
        return "long"
    if name.endswith("email"):
        return "email"
    return "tel" if name.endswith("phone") else "text"


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else ""
        case list() | tuple():
            return "\n".join(str(each) for each in value)
    return str(value)
