"""Forms made from the payload of a fact: one input for each field, of the kind that its value needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.calendar_due import parse_time
from desk.problem import DeskProblem
from playbooks.engine.model import Details, FactType

Kind = Literal["text", "email", "tel", "number", "date", "datetime-local", "checkbox", "lines", "long", "choice"]

PREFIX = "d_"
"""Before the names of a fact's own fields in a form, so that none is taken for one of the form's."""
LONG = 500
"""From so many characters on, a text is given several lines."""


@dataclass(frozen=True)
class Field:
    """One input. `options` belong to a choice; `least` and `most` to a number, `whole` if it has no decimals; `longest`
    to a text. `hint` is the field's description in the playbook, if it has one."""

    name: str
    label: str
    kind: Kind
    required: bool
    value: str = ""
    options: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    whole: bool = False
    hint: str = ""


def fields_of(payload: type[Details], given: Mapping[str, Any] | None = None) -> list[Field]:
    """The inputs for a payload, filled with what is given."""
    schema = payload.model_json_schema()
    needed, definitions = schema.get("required", ()), schema.get("$defs", {})
    return [
        _field(name, _resolved(found, definitions), label_of(payload, name), name in needed, (given or {}).get(name))
        for name, found in schema.get("properties", {}).items()
    ]


def label_of(payload: type[Details], name: str) -> str:
    """What a field is called in a form: its title in the playbook, or its name in words."""
    found = payload.model_fields.get(name)
    return (found.title if found else None) or name.replace("_", " ").capitalize()


def details_from(payload: type[Details], form: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """What was typed into such inputs, times by the clocks of `zone`; empty ones are left out. Whether it is right is
    for the playbook to say. Raises `DeskProblem` for what is no time at all."""
    details: dict[str, Any] = {}
    for field in fields_of(payload):
        typed = form.get(PREFIX + field.name, "").replace("\r\n", "\n").strip()
        if field.kind == "checkbox":
            details[field.name] = typed == "yes"
        elif typed:
            details[field.name] = _typed(field, typed, zone)
    return details


def needs_details(fact: FactType) -> bool:
    """Whether a fact cannot be told without any details."""
    return any(field.required for field in fields_of(fact.payload))


def _typed(field: Field, text: str, zone: ZoneInfo) -> Any:
    match field.kind:
        case "lines":
            return [line for line in text.split("\n") if line.strip()]
        case "datetime-local":
            try:
                return parse_time(text, zone).isoformat()
            except ValueError as error:
                raise DeskProblem(f"{field.label}: {error}") from None
    return text


def _resolved(found: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """All that the schema says of a field's value, whether it may be left out or not."""
    said: dict[str, Any] = {}
    for each in (found, *(each for each in found.get("anyOf", ()) if each.get("type") != "null")):
        said |= each
        if "$ref" in each:
            said |= definitions[each["$ref"].rpartition("/")[2]]
    return said


def _field(name: str, said: dict[str, Any], label: str, required: bool, value: Any) -> Field:
    kind = _kind(name, said)
    return Field(
        name=name,
        label=label,
        kind=kind,
        required=required and kind != "checkbox",
        value=_shown(value),
        options=tuple(str(option) for option in said.get("enum", ())),
        least=said.get("minimum"),
        most=said.get("maximum"),
        longest=said.get("maxLength"),
        whole=said.get("type") == "integer",
        hint=said.get("description", "") if "$ref" not in said else "",
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
    if said.get("format") == "email" or name.endswith("email"):
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
